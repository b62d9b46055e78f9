"""BentoML, a service class with worker processes."""

from pathlib import Path

from servers.base import Launch, Server
from wire import Request, file_request, json_request
from workloads import Workload


class BentoML(Server):
    name = "bentoml"
    title = "BentoML"
    environment = "bentoml"
    requirements = ("bentoml",)
    workloads = frozenset({"tiny", "tensor", "file", "sleepy"})

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        service = "bench_models.apps.bentoml_app:Bench"
        listen = ["--host", "127.0.0.1", "--port", str(port)]
        environment = {"BENCH_WORKERS": str(workers), "BENTOML_DO_NOT_TRACK": "True"}
        return Launch([str(binaries / "bentoml"), "serve", service, *listen], environment)

    def request(self, workload: Workload) -> Request:
        path = f"/{workload.name}"
        if workload.upload is not None:
            return file_request(path, workload.upload)
        return json_request(path, workload.arguments)
