"""What is asked of every server: the arguments, and the answer that proves the work was done."""

import hashlib
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAP_SECONDS = 0.005  # what the sleepy models sleep


@dataclass(frozen=True)
class Workload:
    """One kind of prediction.

    Attributes:
        name: what the servers call it.
        arguments: plain values to send.
        upload: bytes to send as the file ``data``, if any.
        expected: the model's answer.
        clients: the numbers of simultaneous clients to measure it with.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    upload: bytes | None = None
    expected: Mapping[str, Any] = field(default_factory=dict)
    clients: tuple[int, ...] = (1, 32)

    def accepts(self, answer: Any) -> bool:
        """Whether an answer is the expected one, floats compared to nine digits."""
        return (
            isinstance(answer, dict)
            and answer.keys() == self.expected.keys()
            and all(same(answer[key], value) for key, value in self.expected.items())
        )


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=1e-9)
    return bool(found == expected)


def tensor_values() -> list[float]:
    """The pixels of a 64 by 64 colour picture, scaled to [0, 1), in full precision."""
    numbers = random.Random(1)
    return [numbers.random() for _ in range(64 * 64 * 3)]


def workloads() -> dict[str, Workload]:
    """All workloads by name."""
    values = tensor_values()
    total = sum(values)
    data = random.Random(2).randbytes(1 << 20)
    tiny = {"number": 7, "factor": 1.5, "mode": "double"}
    doubled = {"value": 21.0, "mode": "double"}
    every = [
        Workload("tiny", tiny, expected=doubled, clients=(1, 32, 128)),
        Workload(
            "tensor",
            {"values": values},
            expected={"count": len(values), "sum": total, "mean": total / len(values)},
            clients=(1, 8, 32),
        ),
        Workload(
            "file",
            upload=data,
            expected={"sha256": hashlib.sha256(data).hexdigest()},
            clients=(1, 8, 32),
        ),
        Workload("sleepy", expected={"slept": NAP_SECONDS}, clients=(8, 32)),
        Workload("training", tiny, expected=doubled, clients=(1,)),
        Workload("upload", expected={"size": 0}, clients=(1,)),
    ]
    return {workload.name: workload for workload in every}
