"""MLServer, speaking the Open Inference Protocol: with worker processes, and without."""

import json
from pathlib import Path
from typing import Any

import oip
from servers.base import Launch, Server
from wire import Request, free_port, json_request
from workloads import Workload

# It does not read tensors as bytes over REST.
OIP = oip.WORKLOADS - {"oip-binary"}
DATATYPES = {int: "INT64", float: "FP64", str: "BYTES"}


class MLServer(Server):
    name = "mlserver"
    title = "MLServer, in-process"
    environment = "mlserver"
    requirements = ("mlserver", "uvloop<0.22", "numpy")  # its workers do not start with later ones
    workloads = frozenset({"tiny", "tensor", "mlp"}) | OIP
    parallel = False

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        model = oip.MODEL if workload.name in OIP else workload.name
        runtime = f"bench_models.apps.mlserver_app.{model.capitalize()}"
        environment = {
            "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_HTTP_PORT": port,
            "MLSERVER_GRPC_PORT": free_port(),
            "MLSERVER_METRICS_PORT": free_port(),
            "MLSERVER_PARALLEL_WORKERS": workers if self.parallel else 0,
            "MLSERVER_MODEL_NAME": model,
            "MLSERVER_MODEL_IMPLEMENTATION": runtime,
        }
        if model == oip.MODEL:
            inputs = [{"name": "values", "datatype": "FP32", "shape": [-1]}]
            environment["MLSERVER_MODEL_INPUTS"] = json.dumps(inputs)
        if workload.name == "mlp":
            # Adaptive batching is theirs, so it is on, with the bounds that all have.
            environment["MLSERVER_MODEL_MAX_BATCH_SIZE"] = 32
            environment["MLSERVER_MODEL_MAX_BATCH_TIME"] = 0.005
        # Without a file of settings in its working folder it takes them from the environment.
        command = [str(binaries / "mlserver"), "start", "."]
        return Launch(command, {key: str(value) for key, value in environment.items()})

    def request(self, workload: Workload) -> Request:
        if workload.name in OIP:
            return oip.request(workload, oip.MODEL)
        if workload.name == "mlp":
            sample = workload.arguments["values"]
            shape = [1, len(sample)]
            values = {"name": "values", "shape": shape, "datatype": "FP32", "data": sample}
            return json_request("/v2/models/mlp/infer", {"inputs": [values]})
        inputs = [encode(name, value) for name, value in workload.arguments.items()]
        return json_request(f"/v2/models/{workload.name}/infer", {"inputs": inputs})

    def result(self, workload: Workload, body: bytes) -> Any:
        if workload.name in OIP:
            return oip.result(workload, body)
        return {
            output["name"]: output["data"] if len(output["data"]) > 1 else output["data"][0]
            for output in json.loads(body)["outputs"]
        }


class MLServerWorkers(MLServer):
    name = "mlserver-workers"
    title = "MLServer, worker process"
    workloads = frozenset({"tiny", "tensor", "sleepy", "mlp"}) | OIP
    parallel = True


def encode(name: str, value: Any) -> dict[str, Any]:
    data = value if isinstance(value, list) else [value]
    return {
        "name": name,
        "shape": [len(data)],
        "datatype": DATATYPES[type(data[0])],
        "data": data,
    }
