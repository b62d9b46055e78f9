"""MLServer, speaking the Open Inference Protocol: with worker processes, and without."""

import json
from pathlib import Path
from typing import Any

from servers.base import Launch, Server
from wire import Request, free_port, json_request
from workloads import Workload

DATATYPES = {int: "INT64", float: "FP64", str: "BYTES"}


class MLServer(Server):
    name = "mlserver"
    title = "MLServer, in-process"
    environment = "mlserver"
    requirements = ("mlserver", "uvloop<0.22", "numpy")  # its workers do not start with later ones
    workloads = frozenset({"tiny", "tensor", "mlp"})
    parallel = False

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        runtime = f"bench_models.apps.mlserver_app.{workload.name.capitalize()}"
        environment = {
            "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_HTTP_PORT": port,
            "MLSERVER_GRPC_PORT": free_port(),
            "MLSERVER_METRICS_PORT": free_port(),
            "MLSERVER_PARALLEL_WORKERS": workers if self.parallel else 0,
            "MLSERVER_MODEL_NAME": workload.name,
            "MLSERVER_MODEL_IMPLEMENTATION": runtime,
        }
        if workload.name == "mlp":
            # Adaptive batching is theirs, so it is on, with the bounds that all have.
            environment["MLSERVER_MODEL_MAX_BATCH_SIZE"] = 32
            environment["MLSERVER_MODEL_MAX_BATCH_TIME"] = 0.005
        # Without a file of settings in its working folder it takes them from the environment.
        command = [str(binaries / "mlserver"), "start", "."]
        return Launch(command, {key: str(value) for key, value in environment.items()})

    def request(self, workload: Workload) -> Request:
        if workload.name == "mlp":
            sample = workload.arguments["values"]
            shape = [1, len(sample)]
            values = {"name": "values", "shape": shape, "datatype": "FP32", "data": sample}
            return json_request("/v2/models/mlp/infer", {"inputs": [values]})
        inputs = [encode(name, value) for name, value in workload.arguments.items()]
        return json_request(f"/v2/models/{workload.name}/infer", {"inputs": inputs})

    def result(self, body: bytes) -> Any:
        return {
            output["name"]: output["data"] if len(output["data"]) > 1 else output["data"][0]
            for output in json.loads(body)["outputs"]
        }


class MLServerWorkers(MLServer):
    name = "mlserver-workers"
    title = "MLServer, worker process"
    workloads = frozenset({"tiny", "tensor", "sleepy", "mlp"})
    parallel = True


def encode(name: str, value: Any) -> dict[str, Any]:
    data = value if isinstance(value, list) else [value]
    return {
        "name": name,
        "shape": [len(data)],
        "datatype": DATATYPES[type(data[0])],
        "data": data,
    }
