"""KServe's Python server with a custom model, which runs in the server's own process."""

import json
from pathlib import Path
from typing import Any

import oip
from servers.base import Launch, Server
from wire import Request, json_request
from workloads import Workload


class KServe(Server):
    name = "kserve"
    title = "KServe, in-process"
    environment = "kserve"
    requirements = ("kserve",)
    workloads = frozenset({"tiny", "tensor"}) | oip.WORKLOADS

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        module = [str(binaries / "python"), "-m", "bench_models.apps.kserve_app", model(workload)]
        options = ["--http_port", str(port), "--enable_grpc", "false", "--workers", str(workers)]
        return Launch([*module, *options])

    def request(self, workload: Workload) -> Request:
        if workload.name in oip.WORKLOADS:
            return oip.request(workload, oip.MODEL)
        instance = workload.arguments.get("values", workload.arguments)
        return json_request(f"/v1/models/{workload.name}:predict", {"instances": [instance]})

    def result(self, workload: Workload, body: bytes) -> Any:
        if workload.name in oip.WORKLOADS:
            return oip.result(workload, body)
        return json.loads(body)["predictions"][0]


def model(workload: Workload) -> str:
    return oip.MODEL if workload.name in oip.WORKLOADS else workload.name
