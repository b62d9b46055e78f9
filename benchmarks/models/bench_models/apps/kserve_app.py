"""The models for KServe's Python server, over its v1 protocol, and over v2 for arrays.

Usage: python -m bench_models.apps.kserve_app WORKLOAD --http_port PORT [KServe's options]
"""

import sys
from collections.abc import Callable
from typing import Any

from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

from bench_models import work


class Bench(Model):
    """Applies one function to each instance of a v1 request."""

    def __init__(self, workload: str, compute: Callable[[Any], dict[str, Any]]) -> None:
        super().__init__(workload)
        self.compute = compute
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": [self.compute(instance) for instance in payload["instances"]]}


class Floats(Model):
    """Reduces the only tensor of a v2 request."""

    def __init__(self) -> None:
        super().__init__("floats")
        self.ready = True

    async def get_input_types(self):
        return [{"name": "values", "datatype": "FP32", "shape": [-1]}]

    async def get_output_types(self):
        return [{"name": name, "datatype": "FP64", "shape": [1]} for name in ("mean", "largest")]

    def predict(self, payload: InferRequest, headers=None, response_headers=None):
        from bench_models.floats import floats

        outputs = [
            InferOutput(name=name, shape=[1], datatype="FP64", data=[value])
            for name, value in floats(payload.inputs[0].as_numpy()).items()
        ]
        return InferResponse(payload.id, self.name, outputs)


def tiny(instance: dict[str, Any]) -> dict[str, Any]:
    return work.tiny(int(instance["number"]), float(instance["factor"]), str(instance["mode"]))


def main() -> None:
    compute = {"tiny": tiny, "tensor": work.tensor, "sleepy": lambda _: work.sleepy()}
    name = sys.argv[1]
    ModelServer().start([Floats() if name == "floats" else Bench(name, compute[name])])


if __name__ == "__main__":
    main()
