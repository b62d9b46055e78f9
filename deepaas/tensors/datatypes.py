"""The datatypes of the Open Inference Protocol."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Datatype:
    """What the elements of a tensor are.

    Args:
        name: as the protocol calls it, such as ``FP32``.
        size: bytes of an element; 0 where each says itself how long it is.
        code: as ``struct`` calls it; empty for BYTES.
        dtype: as NumPy calls it, little-endian; empty for BYTES.
        lowest: the lowest of whole numbers.
        highest: the highest of them.
    """

    name: str
    size: int
    code: str = ""
    dtype: str = ""
    lowest: int = 0
    highest: int = 0

    @property
    def is_integer(self) -> bool:
        """Whether it holds whole numbers."""
        return self.code in _INTEGERS

    @property
    def is_float(self) -> bool:
        """Whether it holds numbers with fractions."""
        return self.code in _FLOATS

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.is_integer or self.is_float


_INTEGERS = frozenset("bhiqBHIQ")
_FLOATS = frozenset("efd")


def _integer(bits: int, code: str, signed: bool) -> Datatype:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    name, kind = ("INT", "i") if signed else ("UINT", "u")
    return Datatype(f"{name}{bits}", bits // 8, code, f"<{kind}{bits // 8}", low, high)


def _float(bits: int, code: str) -> Datatype:
    return Datatype(f"FP{bits}", bits // 8, code, f"<f{bits // 8}")


BYTES = Datatype("BYTES", 0)
BOOL = Datatype("BOOL", 1, "?", "?")
INT64 = _integer(64, "q", signed=True)
UINT64 = _integer(64, "Q", signed=False)
FP64 = _float(64, "d")
DATATYPES: dict[str, Datatype] = {
    one.name: one
    for one in (
        BOOL,
        *(_integer(8 << place, code, signed=True) for place, code in enumerate("bhi")),
        INT64,
        *(_integer(8 << place, code, signed=False) for place, code in enumerate("BHI")),
        UINT64,
        _float(16, "e"),
        _float(32, "f"),
        FP64,
        BYTES,
    )
}
_BY_DTYPE = {one.dtype.lstrip("<"): one for one in DATATYPES.values() if one.dtype}


def of_dtype(kind: str, size: int) -> Datatype | None:
    """Return the datatype of an array; None if there is none for it.

    Args:
        kind: the letter by which NumPy calls its kind.
        size: bytes of an element.
    """
    return BOOL if kind == "b" else _BY_DTYPE.get(f"{kind}{size}")
