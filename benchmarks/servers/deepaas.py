"""DEEPaaS: the server in this checkout, and the release that it succeeds."""

import json
from pathlib import Path
from typing import Any

import oip
from servers.base import Launch, Server
from wire import Request, file_request, json_request, query_request
from workloads import Workload

CHECKOUT = Path(__file__).resolve().parents[2]


class Deepaas(Server):
    name = "deepaas"
    title = "this server"
    environment = "deepaas"
    requirements = (CHECKOUT, "numpy")
    workloads = oip.WORKLOADS | {"tiny", "tensor", "file", "sleepy", "training", "upload", "mlp"}
    options: tuple[str, ...] = ()

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        options = {
            "--listen-ip": "127.0.0.1",
            "--listen-port": port,
            "--model-name": self.model(workload),
            "--workers": workers,
        }
        arguments = [str(part) for option in options.items() for part in option]
        return Launch([str(binaries / "deepaas-run"), *arguments, *self.options])

    def model(self, workload: Workload) -> str:
        return f"bench-{oip.MODEL if workload.name in oip.WORKLOADS else workload.name}"

    def path(self, workload: Workload, method: str) -> str:
        return f"/v2/models/{self.model(workload)}/{method}/"

    def request(self, workload: Workload) -> Request:
        if workload.name in oip.WORKLOADS:
            return oip.request(workload, self.model(workload))
        path = self.path(workload, "predict")
        if workload.upload is not None:
            return file_request(path, workload.upload)
        if workload.name in ("tensor", "mlp"):
            return json_request(path, workload.arguments)
        return query_request(path, workload.arguments)

    def train_request(self, workload: Workload, seconds: float) -> Request:
        """A request that starts a training which burns a core for so long."""
        return query_request(self.path(workload, "train"), {"seconds": seconds})

    def result(self, workload: Workload, body: bytes) -> Any:
        if workload.name in oip.WORKLOADS:
            return oip.result(workload, body)
        return json.loads(body)["predictions"]


class DeepaasBatching(Deepaas):
    name = "deepaas-batching"
    title = "this server, batching"
    workloads = frozenset({"mlp"})

    def model(self, workload: Workload) -> str:
        return f"bench-{workload.name}-batching"


class Deepaas26(Deepaas):
    name = "deepaas26"
    title = "DEEPaaS 2.6.0"
    environment = "deepaas26"
    requirements = ("deepaas==2.6.0", "setuptools<81", "numpy")  # it imports pkg_resources
    workloads = Deepaas.workloads - oip.WORKLOADS
