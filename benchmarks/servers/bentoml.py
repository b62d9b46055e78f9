"""BentoML, a service class with worker processes."""

import json
from pathlib import Path
from typing import Any

from servers.base import Launch, Server
from wire import Request, file_request, json_request
from workloads import Workload


class BentoML(Server):
    name = "bentoml"
    title = "BentoML"
    environment = "bentoml"
    requirements = ("bentoml", "numpy")
    workloads = frozenset({"tiny", "tensor", "file", "sleepy", "mlp"})

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        module = "bentoml_mlp" if workload.name == "mlp" else "bentoml_app"
        service = f"bench_models.apps.{module}:Bench"
        listen = ["--host", "127.0.0.1", "--port", str(port)]
        environment = {"BENCH_WORKERS": str(workers), "BENTOML_DO_NOT_TRACK": "True"}
        return Launch([str(binaries / "bentoml"), "serve", service, *listen], environment)

    def request(self, workload: Workload) -> Request:
        path = f"/{workload.name}"
        if workload.upload is not None:
            return file_request(path, workload.upload)
        if workload.name == "mlp":
            # Requests bring batches, which are put together to larger ones.
            return json_request(path, {"values": [workload.arguments["values"]]})
        return json_request(path, workload.arguments)

    def result(self, body: bytes) -> Any:
        answer = json.loads(body)
        return {"scores": answer[0]} if isinstance(answer, list) else answer
