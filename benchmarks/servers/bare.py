"""The floor: bare aiohttp handlers."""

from pathlib import Path

from servers.base import Launch, Server
from wire import Request, file_request, json_request, query_request
from workloads import Workload


class Bare(Server):
    name = "bare"
    title = "bare aiohttp"
    environment = "bare"
    requirements = ("aiohttp", "numpy")
    workloads = frozenset({"tiny", "tensor", "file", "upload", "mlp"})

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        module = [str(binaries / "python"), "-m", "bench_models.apps.bare_app"]
        return Launch([*module, workload.name, str(port)])

    def request(self, workload: Workload) -> Request:
        path = f"/{workload.name}"
        if workload.upload is not None:
            return file_request(path, workload.upload)
        if workload.name in ("tensor", "mlp"):
            return json_request(path, workload.arguments)
        return query_request(path, workload.arguments)


class BareBatching(Bare):
    name = "bare-batching"
    title = "bare aiohttp, batching"
    workloads = frozenset({"mlp"})

    def request(self, workload: Workload) -> Request:
        return json_request("/mlp_batching", workload.arguments)
