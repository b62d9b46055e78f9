"""The Open Inference Protocol (v2, over REST): one tensor, as bytes or JSON, and metadata."""

import json
from array import array
from collections.abc import Mapping
from typing import Any

from wire import Request, json_request
from workloads import Workload

# What the workloads of the protocol ask for: a tensor as bytes, as JSON, or the model's metadata.
WORKLOADS = frozenset({"oip-binary", "oip-json", "oip-metadata"})
MODEL = "floats"


def request(workload: Workload, model: str) -> Request:
    """One of the protocol's workloads, for a model of this name."""
    path = f"/v2/models/{model}"
    if workload.name == "oip-metadata":
        return Request(path, method="GET")
    values = workload.arguments["values"]
    tensor = {"name": "values", "shape": [len(values)], "datatype": "FP32"}
    if workload.name == "oip-json":
        return json_request(f"{path}/infer", {"id": "1", "inputs": [{**tensor, "data": values}]})
    packed = array("f", values).tobytes()
    tensor["parameters"] = {"binary_data_size": len(packed)}
    document = json.dumps({"id": "1", "inputs": [tensor]}).encode()
    length = {"Inference-Header-Content-Length": str(len(document))}
    return Request(f"{path}/infer", document + packed, "application/octet-stream", headers=length)


def result(workload: Workload, body: bytes) -> Mapping[str, Any]:
    """What an answer says: the outputs, or the shape of the input."""
    answer = json.loads(body)
    if workload.name == "oip-metadata":
        return {"inputs": [one["name"] for one in answer["inputs"]]}
    return {one["name"]: one["data"][0] for one in answer["outputs"]}
