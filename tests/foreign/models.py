"""Typed models that the clients of others ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np

import deepaas
from deepaas.types import Dtype, Shape


@deepaas.predict(model="greet")
def greet(name: str, times: int = 1, style: Literal["plain", "loud"] = "plain") -> str:
    """Greet somebody."""
    text = " ".join(["hello", *[name] * times])
    return text.upper() if style == "loud" else text


@deepaas.predict(model="scale")
def scale(
    image: Annotated[np.ndarray, Dtype("float32"), Shape(None, 3)], factor: float = 2.0
) -> dict[str, Any]:
    """Scale an image."""
    scaled = image * np.float32(factor)
    return {"scaled": scaled, "mean": float(scaled.mean()), "bright": bool(scaled.mean() > 1)}


@deepaas.predict(model="count")
def count(items: int) -> Iterator[dict[str, int]]:
    """Count."""
    for number in range(items):
        yield {"number": number}


@deepaas.predict(model="fail")
def fail(text: str) -> str:
    """Fail."""
    raise ValueError(text)
