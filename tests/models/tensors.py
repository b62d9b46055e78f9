"""Models for tensors: ``deepaas-run tests/models/tensors.py`` serves them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

import numpy as np

import deepaas
from deepaas.types import Dtype, File, Shape


class Summed(TypedDict):
    """What ``total`` answers."""

    total: float
    count: int
    values: list[float]


@deepaas.served()
def total(values: list[float], scale: float = 1.0, name: str = "a") -> Summed:
    """Sum numbers up."""
    scaled = [scale * one for one in values]
    return {"total": sum(scaled), "count": len(values), "values": scaled}


@deepaas.served()
def doubled(
    image: Annotated[np.ndarray, Dtype("float32"), Shape(None, 2)],
) -> Annotated[np.ndarray, Dtype("float32"), Shape(None, 2)]:
    """Double an array, in its own memory."""
    image *= 2
    return image


@dataclass
class Scored:
    """What ``scored`` answers."""

    scores: Annotated[np.ndarray, Dtype("float32"), Shape(None, 2)]
    label: str
    certain: float | None = None


@deepaas.served()
def scored(lists: bool = False, certain: float | None = None) -> Scored:
    """Answer an array that is not of the type that is said, or lists of numbers for it."""
    scores = np.full((2, 2), 0.5)
    return Scored(scores.tolist() if lists else scores, "cat", certain)


@deepaas.served()
def kinds(array: np.ndarray) -> dict[str, Any]:
    """Answer an array, and of what kind it is."""
    return {"array": array, "dtype": str(array.dtype), "shape": np.array(array.shape)}


@deepaas.served()
def odd(case: Literal["nan", "nested", "bytes", "empty", "raises", "array", "wide"]) -> Any:
    """Answer what is out of the ordinary."""
    if case == "raises":
        raise RuntimeError("out of luck")
    return {
        "nan": {"floats": np.array([1, np.nan, np.inf]), "number": float("nan")},
        "nested": {"a": {"b": [1, None]}},
        "bytes": b"\xff\x00",
        "empty": {},
        "array": np.arange(6, dtype=np.int16).reshape(2, 3).T,
        "wide": {"values": np.zeros(200_000)},
    }[case]


@deepaas.served()
def read(file: File, more: list[File] | None = None) -> dict[str, Any]:
    """Answer what is in files."""
    return {
        "text": file.read().decode(),
        "name": file.original_filename,
        "type": file.content_type,
        "more": "".join(one.read().decode() for one in more or ()),
    }


@deepaas.served()
def count(to: int) -> Iterator[dict[str, int]]:
    """Count, one after the other."""
    for number in range(to):
        yield {"number": number}


@deepaas.served()
async def later(to: int) -> AsyncIterator[int]:
    """Count in an event loop."""
    for number in range(to):
        yield number


@deepaas.served()
async def soon(text: str) -> dict[str, str]:
    """Answer in an event loop."""
    return {"text": text.upper()}


@deepaas.served()
@deepaas.predict(largest_batch=4)
def together(numbers: list[float]) -> list[dict[str, float]]:
    """Answer several calls at once."""
    return [{"twice": 2 * one, "calls": 1.0} for one in numbers]
