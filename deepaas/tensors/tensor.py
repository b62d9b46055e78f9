"""A tensor, and the forms in which its elements come."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from deepaas.exceptions import MalformedRequest
from deepaas.tensors.datatypes import BOOL, BYTES, FP64, Datatype

LENGTH = struct.Struct("<I")
# Up to this, each whole number is a float of its own.
EXACT = 1 << 53
# As many as NumPy has at least.
MOST_DIMENSIONS = 32
# Lists without elements take memory, too.
MOST_OF_NOTHING = 65536
MOST_TENSORS = 10_000
Parameters = Mapping[str, Any]


@dataclass(slots=True)
class Tensor:
    """A tensor.

    Args:
        name: of the argument that it is for, or of the part of an answer.
        datatype: what its elements are.
        shape: its dimensions.
        data: its elements: in a flat list; packed, as the protocol has them in binary; or a flat
            array of NumPy. Those of BYTES are bytes, or text where they came as such.
        parameters: what is said of it beside.
        numbers: those of a list, packed, where they have been already.
    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    data: Any
    parameters: Parameters = field(default_factory=dict)
    numbers: bytearray | None = None

    @property
    def is_packed(self) -> bool:
        """Whether its elements are packed."""
        return isinstance(self.data, bytes | bytearray | memoryview)

    def values(self) -> list[Any]:
        """Return its elements as a flat list."""
        if self.datatype is BYTES:
            return unpack_bytes(self) if self.is_packed else self.data
        packed = self.data if self.is_packed else None
        if packed is None and self.datatype.is_float and self.datatype.size < FP64.size:
            # Rounded as the same tensor would be that comes packed.
            packed = self.numbers
        if packed is not None:
            return list(struct.unpack(f"<{math.prod(self.shape)}{self.datatype.code}", packed))
        return self.data if isinstance(self.data, list) else self.data.tolist()

    def nested(self) -> Any:
        """Return its elements in nested lists; the only one by itself if it has no dimensions."""
        return _nested(self.values(), self.shape)

    def array(self) -> Any:
        """Return its numbers as an array of NumPy, which may share the memory of what came."""
        import numpy

        packed = self.data if self.is_packed else self.numbers
        if packed is None:
            return numpy.array(self.data, self.datatype.dtype).reshape(self.shape)
        return numpy.frombuffer(packed, self.datatype.dtype).reshape(self.shape)

    def packed(self) -> bytes | memoryview:
        """Return its elements as the protocol has them in binary."""
        if self.is_packed:
            return self.data  # type: ignore[no-any-return]
        if self.datatype is BYTES:
            return pack_bytes(self.data)
        if isinstance(self.data, list):
            return struct.pack(f"<{len(self.data)}{self.datatype.code}", *self.data)
        return self.data.astype(self.datatype.dtype, copy=False).tobytes()  # type: ignore[no-any-return]


def check_shape(name: str, shape: Any) -> tuple[int, ...]:
    """Return a shape that was sent.

    Args:
        name: of the tensor.
        shape: what came.

    Raises:
        MalformedRequest: it is no list of lengths.
    """
    if not isinstance(shape, list | tuple) or not all(
        type(one) is int and 0 <= one < 1 << 63 for one in shape
    ):
        raise MalformedRequest(f"input {name!r}: its shape must be a list of numbers from 0 on")
    if len(shape) > MOST_DIMENSIONS or (
        0 in shape and math.prod(filter(None, shape)) > MOST_OF_NOTHING
    ):
        raise MalformedRequest(f"input {name!r}: its shape is beyond all measure")
    return tuple(shape)


def check_number(inputs: Sequence[Any]) -> None:
    """Refuse more inputs than any model has arguments, before memory is taken for each.

    Raises:
        MalformedRequest: there are.
    """
    if len(inputs) > MOST_TENSORS:
        raise MalformedRequest(f"more than {MOST_TENSORS} inputs in a request")


def check_packed(tensor: Tensor) -> Tensor:
    """Return a tensor whose elements came packed, if there are as many as its shape says.

    Raises:
        MalformedRequest: there are not.
    """
    count, given = math.prod(tensor.shape), len(tensor.data)
    if tensor.datatype is BYTES:
        unpack_bytes(tensor)
    elif given != count * tensor.datatype.size:
        raise MalformedRequest(
            f"input {tensor.name!r}: {given} bytes of data for shape {list(tensor.shape)} of "
            f"{tensor.datatype.name}, which takes {count * tensor.datatype.size}"
        )
    return tensor


def check_values(tensor: Tensor, switches: bool = False) -> Tensor:
    """Return a tensor whose elements came as a flat list, if they are what its datatype says.

    Args:
        tensor: the tensor; its numbers are packed.
        switches: whether there may be true and false among them, which pass for numbers in Python.

    Raises:
        MalformedRequest: they are something else, or not as many as its shape says.
    """
    name, datatype, data = tensor.name, tensor.datatype, tensor.data
    count = math.prod(tensor.shape)
    if len(data) != count:
        raise MalformedRequest(
            f"input {name!r}: {len(data)} elements for shape {list(tensor.shape)}, which takes "
            f"{count}"
        )
    if datatype is BOOL and set(map(type, data)) == {float} and set(data) <= _SWITCHED:
        # Some clients make floats of them, as of all numbers.
        tensor.data = list(map(bool, data))
    if switches or not datatype.is_number:
        _check_types(tensor)
    if datatype.is_number:
        packed = bytearray(count * datatype.size)
        try:
            # It looks at each of them, in half the time that looking at their types takes.
            struct.pack_into(f"<{count}{datatype.code}", packed, 0, *data)
        except (struct.error, OverflowError):
            if (whole := _whole(tensor)) is not None:
                tensor.data = whole
                return check_values(tensor)
            _check_types(tensor)
            raise _too_large(tensor) from None
        tensor.numbers = packed
    return tensor


def _whole(tensor: Tensor) -> list[int] | None:
    """Return whole numbers that came as floats, which some clients make of all numbers, or None."""
    if not tensor.datatype.is_integer or not {float} <= set(map(type, tensor.data)) <= _NUMBERS:
        return None
    if not all(abs(one) <= EXACT and one == int(one) for one in tensor.data):
        return None
    return list(map(int, tensor.data))


def _check_types(tensor: Tensor) -> None:
    if other := set(map(type, tensor.data)) - _types(tensor.datatype):
        others = ", ".join(sorted(_JSON_NAMES.get(one, one.__name__) for one in other))
        raise MalformedRequest(
            f"input {tensor.name!r}: {tensor.datatype.name} cannot hold {others}"
        )


def _too_large(tensor: Tensor) -> MalformedRequest:
    datatype, data = tensor.datatype, tensor.data
    if datatype.is_integer:
        value = next(one for one in data if not datatype.lowest <= one <= datatype.highest)
    else:
        # Infinities can be sent, though not in JSON; what only becomes one is too large.
        value = max(filter(math.isfinite, data), key=abs)
    return MalformedRequest(f"input {tensor.name!r}: {datatype.name} cannot hold {value}")


def _types(datatype: Datatype) -> frozenset[type]:
    if datatype is BYTES:
        return _TEXTS
    if datatype is BOOL:
        return _SWITCHES
    return _WHOLE if datatype.is_integer else _NUMBERS


_TEXTS = frozenset({str, bytes})
_SWITCHES = frozenset({bool})
_SWITCHED = frozenset({0.0, 1.0})
_WHOLE = frozenset({int})
_NUMBERS = frozenset({int, float})
_JSON_NAMES: dict[type, str] = {
    type(None): "null",
    dict: "objects",
    list: "lists of different depth",
    str: "text",
    bool: "true and false",
    float: "numbers with fractions",
    int: "numbers",
}


def flat(name: str, data: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Return data that may be nested, in the order of rows, as a flat list.

    Args:
        name: of the tensor.
        data: a list, or lists in lists.
        shape: the dimensions of the tensor.

    Raises:
        MalformedRequest: they are not nested as the shape says.
    """
    lengths: list[int] = []
    while data and type(data[0]) is list:
        if set(map(type, data)) != {list} or len(set(map(len, data))) > 1:
            raise MalformedRequest(f"input {name!r}: its data are lists of different lengths")
        lengths = [*(lengths or [len(data)]), len(data[0])]
        data = list(chain.from_iterable(data))
    if lengths != list(shape[: len(lengths)]):
        raise MalformedRequest(
            f"input {name!r}: its data are nested as {lengths}, not as its shape {list(shape)}"
        )
    return data


def _nested(values: list[Any], shape: Sequence[int]) -> Any:
    if not shape:
        return values[0]
    for length in reversed(shape[1:]):
        if length == 0:
            return _empty(shape)
        values = [values[start : start + length] for start in range(0, len(values), length)]
    return values


def _empty(shape: Sequence[int]) -> list[Any]:
    return [_empty(shape[1:]) for _ in range(shape[0])] if shape else []


def unpack_bytes(tensor: Tensor) -> list[bytes]:
    """Return the elements of a packed tensor of BYTES.

    Raises:
        MalformedRequest: it is cut short, or has not as many as its shape says.
    """
    data, count, at = memoryview(tensor.data), math.prod(tensor.shape), 0
    found: list[bytes] = []
    while at < len(data):
        if len(found) == count:
            raise MalformedRequest(
                f"input {tensor.name!r}: {len(data) - at} bytes of data are left over after the "
                f"{count} elements of shape {list(tensor.shape)}"
            )
        begin = at + LENGTH.size
        end = begin + (LENGTH.unpack_from(data, at)[0] if begin <= len(data) else 0)
        if begin > len(data) or end > len(data):
            raise MalformedRequest(
                f"input {tensor.name!r}: its data end within element {len(found)}"
            )
        found.append(bytes(data[begin:end]))
        at = end
    if len(found) != count:
        raise MalformedRequest(
            f"input {tensor.name!r}: {len(found)} elements for shape {list(tensor.shape)}, which "
            f"takes {count}"
        )
    return found


def pack_bytes(elements: Sequence[bytes | str]) -> bytes:
    """Return elements of BYTES as the protocol has them in binary.

    Args:
        elements: each of them.
    """
    parts = []
    for one in elements:
        raw = one.encode() if isinstance(one, str) else one
        parts += [LENGTH.pack(len(raw)), raw]
    return b"".join(parts)
