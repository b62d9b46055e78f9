"""Which tensors stand for an argument, or for a part of an answer."""

from __future__ import annotations

import enum
from typing import NamedTuple

import marshmallow as ma

from deepaas.schema.description import Argument
from deepaas.schema.numbers import Array
from deepaas.tensors.datatypes import BOOL, BYTES, FP64, INT64, Datatype, of_dtype

ANY = -1


class Kind(enum.Enum):
    """What becomes of a tensor's elements."""

    SCALAR = enum.auto()
    LIST = enum.auto()
    ARRAY = enum.auto()
    FILE = enum.auto()
    FILES = enum.auto()
    DOCUMENT = enum.auto()
    FREE = enum.auto()


class Slot(NamedTuple):
    """The tensor that stands for something.

    Args:
        kind: what becomes of its elements.
        datatype: that which is published; others that convert without loss will do as well.
        shape: its dimensions, -1 for any length.
        declared: whether an author has said the datatype of an array.
    """

    kind: Kind
    datatype: Datatype
    shape: tuple[int, ...] = (1,)
    declared: bool = False


FILE = Slot(Kind.FILE, BYTES)
FILES = Slot(Kind.FILES, BYTES, (ANY,))
DOCUMENT = Slot(Kind.DOCUMENT, BYTES)
# What is anything to its field.
FREE = Slot(Kind.FREE, BYTES)


def slot_of(argument: Argument) -> Slot:
    """Return the tensor that stands for an argument.

    Args:
        argument: of the description.
    """
    if argument.is_file:
        return FILES if argument.is_list else FILE
    return slot_of_field(argument.field)


def slot_of_field(field: ma.fields.Field) -> Slot:
    """Return the tensor that stands for what a field takes.

    Args:
        field: any but that of a file.
    """
    if isinstance(field, Array):
        return Slot(Kind.ARRAY, _of_array(field), _shape(field), bool(field.dtype))
    if isinstance(field, ma.fields.List) and not getattr(field, "delimiter", None):
        inner = slot_of_field(field.inner)
        return Slot(Kind.LIST, inner.datatype, (ANY,)) if inner.kind is Kind.SCALAR else DOCUMENT
    if isinstance(field, ma.fields.Tuple | ma.fields.Mapping | ma.fields.Nested):
        return DOCUMENT
    if isinstance(field, ma.fields.Boolean):
        return Slot(Kind.SCALAR, BOOL)
    if isinstance(field, ma.fields.Integer):
        return Slot(Kind.SCALAR, INT64)
    if isinstance(field, ma.fields.Number | ma.fields.TimeDelta):
        return Slot(Kind.SCALAR, FP64)
    if type(field) in (ma.fields.Field, ma.fields.Raw):
        return FREE
    return Slot(Kind.SCALAR, BYTES)


def _of_array(field: Array) -> Datatype:
    kind, size = field.dtype.lstrip("<>|=")[:1], field.dtype.lstrip("<>|=")[1:]
    return (field.dtype and of_dtype(kind, int(size))) or FP64


def _shape(field: Array) -> tuple[int, ...]:
    if field.lengths is None:
        return (ANY,)
    return tuple(ANY if one is None else one for one in field.lengths)
