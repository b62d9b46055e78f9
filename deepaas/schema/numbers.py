"""Lists of numbers, validated in one step.

marshmallow looks at each item of a list by itself, which takes longer than all the rest of a
prediction where the list is a picture or a signal. A list that holds plain numbers only is
recognised as a whole here; anything else goes the usual way, so the same values are accepted and
refused, with the same messages.
"""

from __future__ import annotations

import copy
import marshal
import math
from typing import Any

import marshmallow as ma

# How `marshal` (version 2, without references) writes a list of one type of number: five bytes
# for the list, then a type code and the value for each item. If every n-th byte is the type
# code, and the length is right, then all items are of that type.
MARSHAL_VERSION = 2
LIST_HEADER = 5
FLOAT_ITEM = (b"g", 9)
INT_ITEM = (b"i", 5)


class PackedList(list[Any]):
    """A list of numbers that pickles in one piece and unpickles as a plain list.

    Args:
        values: the numbers.
        packed: the same list as ``marshal`` writes it.
    """

    def __init__(self, values: list[Any], packed: bytes) -> None:
        super().__init__(values)
        self._packed = packed

    def __reduce_ex__(self, protocol: Any) -> Any:
        return marshal.loads, (self._packed,)


class NumberList(ma.fields.List):
    """A list field whose items are plain numbers, without validators of their own."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if type(value) is list and value:
            packed = _floats(value) if isinstance(self.inner, ma.fields.Float) else _ints(value)
            if packed is not None:
                return packed
        return super()._deserialize(value, attr, data, **kwargs)


def fast_list(field: ma.fields.Field) -> ma.fields.Field:
    """Return a field that does the same, in one step if it is a list of plain numbers.

    Args:
        field: any field; it is not changed.
    """
    if type(field) is not ma.fields.List:
        return field
    inner = field.inner
    if type(inner) not in (ma.fields.Float, ma.fields.Integer):
        return field
    if inner.validators or inner.allow_none:
        return field
    fast = copy.copy(field)
    fast.__class__ = NumberList
    return fast


def _floats(values: list[Any]) -> list[Any] | None:
    packed = _pack(values, *FLOAT_ITEM)
    if packed is None:
        if not set(map(type, values)) <= {float, int}:
            return None
        try:
            values = list(map(float, values))
        except OverflowError:
            return None
        packed = _pack(values, *FLOAT_ITEM)
        assert packed is not None  # noqa: S101 - all of them are floats now
    # The sum of finite numbers can overflow; then the slow way tells.
    return PackedList(values, packed) if math.isfinite(sum(values)) else None


def _ints(values: list[Any]) -> list[Any] | None:
    packed = _pack(values, *INT_ITEM)
    return None if packed is None else PackedList(values, packed)


def _pack(values: list[Any], code: bytes, size: int) -> bytes | None:
    if type(values[0]) is not (float if code == b"g" else int):
        return None
    try:
        packed = marshal.dumps(values, MARSHAL_VERSION)
    except ValueError:
        return None
    count = len(values)
    if len(packed) != LIST_HEADER + size * count or packed[LIST_HEADER::size] != code * count:
        return None
    return packed
