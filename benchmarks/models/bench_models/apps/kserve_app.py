"""The models for KServe's Python server, over its v1 protocol.

Usage: python -m bench_models.apps.kserve_app WORKLOAD --http_port PORT [KServe's options]
"""

import sys
from collections.abc import Callable
from typing import Any

from kserve import Model, ModelServer

from bench_models import work


class Bench(Model):
    """Applies one function to each instance of a v1 request."""

    def __init__(self, workload: str, compute: Callable[[Any], dict[str, Any]]) -> None:
        super().__init__(workload)
        self.compute = compute
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": [self.compute(instance) for instance in payload["instances"]]}


def tiny(instance: dict[str, Any]) -> dict[str, Any]:
    return work.tiny(int(instance["number"]), float(instance["factor"]), str(instance["mode"]))


def main() -> None:
    compute = {"tiny": tiny, "tensor": work.tensor, "sleepy": lambda _: work.sleepy()}
    ModelServer().start([Bench(sys.argv[1], compute[sys.argv[1]])])


if __name__ == "__main__":
    main()
