"""What models answer becomes tensors."""

from __future__ import annotations

import contextlib
import datetime
import enum
import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from deepaas.tensors.datatypes import BOOL, BYTES, FP64, INT64, UINT64, Datatype, of_dtype
from deepaas.tensors.fields import Kind, Slot
from deepaas.tensors.tensor import Tensor

# The one output of models whose answers have no names in them.
PREDICTIONS = "predictions"
# What stands for a text, or for a number, in JSON.
TEXTUAL = (enum.Enum, datetime.date, datetime.time, uuid.UUID)


def tensors_of(result: Any, slots: Mapping[str, Slot]) -> list[Tensor] | None:
    """Return a tensor for each key of a dict of arrays, scalars and lists of scalars.

    An array by itself is one tensor. What is known to be answered, but is None, is left out.

    Args:
        result: what a model returned.
        slots: what it is known to answer, by name.

    Returns:
        None where it is something else, or holds anything else.
    """
    if _is_array(result):
        tensor = _of_array(PREDICTIONS, result)
        return None if tensor is None else [_as_declared(tensor, slots.get(PREDICTIONS))]
    if not isinstance(result, Mapping) or not result:
        return None
    found = []
    for name, value in result.items():
        slot = slots.get(name)
        if value is None and slot is not None:
            continue
        tensor = _tensor(name, value, slot) if isinstance(name, str) else None
        if tensor is None:
            return None
        found.append(_as_declared(tensor, slot))
    return found or None


def document(encoded: bytes) -> Tensor:
    """Return the tensor of an answer that has no other form.

    Args:
        encoded: the answer as JSON.
    """
    return Tensor(PREDICTIONS, BYTES, (1,), [encoded.decode()], {"content_type": "json"})


def file(content: bytes, content_type: str, filename: str = "") -> Tensor:
    """Return the tensor of an answer that is a file.

    Args:
        content: what is in it.
        content_type: its MIME type.
        filename: the base name under which a client may save it; empty if it has none.
    """
    parameters = {"content_type": content_type} | ({"filename": filename} if filename else {})
    return Tensor(PREDICTIONS, BYTES, (1,), [content], parameters)


def _tensor(name: str, value: Any, slot: Slot | None) -> Tensor | None:
    if _is_array(value):
        return _of_array(name, value)
    is_list = isinstance(value, list | tuple)
    if is_list and slot is not None and slot.kind is Kind.ARRAY:
        return _of_lists(name, value, slot)
    values = [_plain(one) for one in value] if is_list else [_plain(value)]
    datatype = _of_values(values)
    if datatype is None:
        return None
    if datatype is FP64:
        values = list(map(float, values))
    return Tensor(name, datatype, (len(values),), values)


def _as_declared(tensor: Tensor, slot: Slot | None) -> Tensor:
    """Return a tensor in the datatype that is published, where whole numbers stand for floats.

    Arrays become what their author has said, unless more than digits would be lost.
    """
    if slot is None or slot.datatype is tensor.datatype:
        return tensor
    if not isinstance(tensor.data, list):
        if slot.declared:
            with contextlib.suppress(TypeError):
                tensor.data = tensor.data.astype(slot.datatype.dtype, casting="same_kind")
                tensor.datatype = slot.datatype
        return tensor
    if slot.datatype is FP64 and tensor.datatype.is_integer:
        tensor.data = list(map(float, tensor.data))
    elif tensor.data:
        return tensor
    tensor.datatype = slot.datatype
    return tensor


def _of_values(values: list[Any]) -> Datatype | None:
    """Return what holds all values; None if nothing does."""
    kinds = set(map(type, values))
    if kinds <= {str}:
        return BYTES
    if kinds == {bool}:
        return BOOL
    if kinds == {float} or kinds == {float, int}:
        return FP64
    if kinds != {int}:
        return None
    low, high = min(values), max(values)
    return next((one for one in (INT64, UINT64) if one.lowest <= low and high <= one.highest), None)


def _plain(value: Any) -> Any:
    if isinstance(value, TEXTUAL):
        return orjson.loads(orjson.dumps(value))
    if getattr(value, "shape", None) == () and hasattr(value, "tolist"):
        return value.tolist()
    for kind in (str, int, float):
        # Of kinds of these, such as those of NumPy, too.
        if isinstance(value, kind) and not isinstance(value, bool):
            return kind(value)
    return value


def _is_array(value: Any) -> bool:
    # Scalars of NumPy look like arrays, but are none.
    return hasattr(value, "__array_interface__") and hasattr(value, "dtype") and value.shape != ()


def _of_array(name: str, array: Any) -> Tensor | None:
    datatype = of_dtype(array.dtype.kind, array.dtype.itemsize)
    if datatype is None:
        return _of_texts(name, array) if array.dtype.kind in "UO" else None
    # One piece of memory, in the order of this machine's bytes, as orjson wants it.
    flat = array.reshape(-1).astype(array.dtype.newbyteorder("="), order="C", copy=False)
    return Tensor(name, datatype, tuple(array.shape), flat)


def _of_lists(name: str, values: Any, slot: Slot) -> Tensor | None:
    """Return the tensor of an array that a model gives as lists."""
    import numpy

    try:
        return _of_array(name, numpy.array(values, slot.datatype.dtype))
    except (TypeError, ValueError, OverflowError):
        return None


def _of_texts(name: str, array: Any) -> Tensor | None:
    values = array.reshape(-1).tolist()
    return Tensor(name, BYTES, tuple(array.shape), values) if _of_values(values) is BYTES else None
