"""What is asked of every server: the arguments, and the answer that proves the work was done."""

import hashlib
import math
import random
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
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
        tolerance: by which part of it a number in an answer may differ.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    upload: bytes | None = None
    expected: Mapping[str, Any] = field(default_factory=dict)
    clients: tuple[int, ...] = (1, 32)
    tolerance: float = 1e-9

    def accepts(self, answer: Any) -> bool:
        """Whether an answer is the expected one, floats but for the tolerance."""
        return (
            isinstance(answer, dict)
            and answer.keys() == self.expected.keys()
            and all(
                same(answer[key], value, self.tolerance) for key, value in self.expected.items()
            )
        )


def same(found: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=tolerance)
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        return all(same(*pair, tolerance) for pair in zip(found, expected, strict=True))
    return bool(found == expected)


def tensor_values() -> list[float]:
    """The pixels of a 64 by 64 colour picture, scaled to [0, 1), in full precision."""
    numbers = random.Random(1)
    return [numbers.random() for _ in range(64 * 64 * 3)]


def sample() -> list[float]:
    """The pixels of a grey picture of 28 by 28, scaled to [0, 1), in full precision."""
    numbers = random.Random(3)
    return [numbers.random() for _ in range(28 * 28)]


def scores(values: list[float]) -> list[float]:
    """What ``bench_models.mlp`` answers, whose weights repeat themselves."""
    sizes, period = (784, 2048, 2048, 10), 13
    for rows, columns in pairwise(sizes):
        sums = [sum(values[first::period]) for first in range(period)]
        units = [
            sum(
                each * ((row * 31 + column * 17) % period - 5) / rows
                for row, each in enumerate(sums)
            )
            for column in range(min(period, columns))
        ]
        last = columns == sizes[-1]
        values = [units[at % period] for at in range(columns)]
        values = values if last else [max(0.0, one) for one in values]
    return values


def workloads() -> dict[str, Workload]:
    """All workloads by name."""
    values = tensor_values()
    total = sum(values)
    singles = array("f", values).tolist()  # in single precision, as clients write them in JSON
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
        Workload(
            "mlp",
            {"values": sample()},
            expected={"scores": scores(sample())},
            clients=(64,),
            tolerance=1e-3,
        ),
        *(
            Workload(
                name,
                {"values": singles},
                expected={"mean": sum(singles) / len(singles), "largest": max(singles)},
                clients=(8,),
                tolerance=1e-6,
            )
            for name in ("oip-binary", "oip-json")
        ),
        Workload("oip-metadata", expected={"inputs": ["values"]}, clients=(8,)),
        Workload("training", tiny, expected=doubled, clients=(1,)),
        Workload("upload", expected={"size": 0}, clients=(1,)),
    ]
    return {workload.name: workload for workload in every}
