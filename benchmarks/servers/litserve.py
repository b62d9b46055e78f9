"""LitServe, a worker process behind its queue, as it comes."""

from pathlib import Path

from servers.base import Launch, Server
from wire import Request, file_request, json_request
from workloads import Workload


class LitServe(Server):
    name = "litserve"
    title = "LitServe"
    environment = "litserve"
    requirements = ("litserve", "python-multipart", "numpy")
    workloads = frozenset({"tiny", "tensor", "file", "sleepy", "mlp"})

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        module = [str(binaries / "python"), "-m", "bench_models.apps.litserve_app"]
        return Launch([*module, workload.name, str(port), str(workers)])

    def request(self, workload: Workload) -> Request:
        if workload.upload is not None:
            return file_request("/predict", workload.upload)
        return json_request("/predict", workload.arguments)
