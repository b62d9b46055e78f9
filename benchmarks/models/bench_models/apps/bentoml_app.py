"""The models for BentoML: a service class whose methods are the workloads."""

import os
from pathlib import Path
from typing import Any, Literal

import bentoml

from bench_models import work


@bentoml.service(workers=int(os.environ.get("BENCH_WORKERS", "1")))
class Bench:
    @bentoml.api
    def tiny(
        self, number: int, factor: float = 1.0, mode: Literal["plain", "double", "negate"] = "plain"
    ) -> dict[str, Any]:
        return work.tiny(number, factor, mode)

    @bentoml.api
    def tensor(self, values: list[float]) -> dict[str, Any]:
        return work.tensor(values)

    @bentoml.api
    def file(self, data: Path) -> dict[str, Any]:
        with open(data, "rb") as stream:
            return work.digest(stream)

    @bentoml.api
    def sleepy(self) -> dict[str, Any]:
        return work.sleepy()
