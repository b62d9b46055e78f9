"""FastAPI on uvicorn, without batching, which it has none of."""

from pathlib import Path

from servers.base import Launch, Server
from wire import Request, json_request
from workloads import Workload


class FastAPI(Server):
    name = "fastapi"
    title = "FastAPI, in-process"
    environment = "fastapi"
    requirements = ("fastapi", "uvicorn", "httptools", "numpy")
    workloads = frozenset({"mlp"})

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        module = [str(binaries / "python"), "-m", "bench_models.apps.fastapi_app"]
        return Launch([*module, str(port)])

    def request(self, workload: Workload) -> Request:
        return json_request(f"/{workload.name}", workload.arguments)
