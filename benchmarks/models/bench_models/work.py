"""What the models compute, shared by all servers so that they differ in nothing but serving."""

import hashlib
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

NAP_SECONDS = 0.005
MODES = ("plain", "double", "negate")


def tiny(number: int, factor: float, mode: str) -> dict[str, Any]:
    """Combine three scalars; next to no work, so that serving is what is measured."""
    scale = {"plain": 1.0, "double": 2.0, "negate": -1.0}[mode]
    return {"value": number * factor * scale, "mode": mode}


def tensor(values: Sequence[float]) -> dict[str, Any]:
    """Reduce a long list of numbers to three."""
    total = sum(values)
    return {"count": len(values), "sum": total, "mean": total / len(values)}


def digest(stream: BinaryIO) -> dict[str, Any]:
    """The SHA-256 of what is left in a binary stream."""
    return {"sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def sleepy() -> dict[str, Any]:
    """Hold the worker for five milliseconds without using the processor."""
    time.sleep(NAP_SECONDS)
    return {"slept": NAP_SECONDS}


def burn(seconds: float) -> dict[str, Any]:
    """Keep one core busy for a number of seconds, as a training would."""
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        for number in range(10_000):
            rounds += number & 1
    return {"rounds": rounds}
