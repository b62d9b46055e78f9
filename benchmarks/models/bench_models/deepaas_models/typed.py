"""The tiny model as a typed function."""

from typing import Literal

from bench_models import work


def predict(number: int, factor: float = 1.0, mode: Literal["plain", "double", "negate"] = "plain"):
    return work.tiny(number, factor, mode)
