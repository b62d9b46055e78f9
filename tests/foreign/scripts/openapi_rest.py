"""The client open-inference-openapi; prints as JSON what it was answered."""

import json
import sys

from open_inference.openapi import InferenceRequest, RequestInput, TensorData
from open_inference.openapi.client import OpenInferenceClient
from open_inference.openapi.core.api_error import ApiError

client = OpenInferenceClient(base_url=sys.argv[1])
answers = {}
client.check_server_liveness()
client.check_server_readiness()
client.check_model_readiness("greet")
answers["server"] = client.read_server_metadata().name
answers["inputs"] = [one.name for one in client.read_model_metadata("greet").inputs]


def infer(model: str, name: str, datatype: str, *values) -> list:
    """The data of the first output."""
    data = TensorData.parse_obj(list(values))
    tensor = RequestInput(name=name, shape=[len(values)], datatype=datatype, data=data)
    response = client.model_infer(model, request=InferenceRequest(id="7", inputs=[tensor]))
    assert response.id == "7"
    return json.loads(response.outputs[0].data.json())


answers["greeted"] = infer("greet", "name", "BYTES", "you")
answers["counted"] = infer("count", "items", "INT64", 2)
answers["old"] = infer("old", "number", "INT64", 3)
try:
    infer("nobody", "name", "BYTES", "you")
except ApiError as error:
    answers["unknown model"] = [error.status_code, error.body["error"]]
print(json.dumps(answers))
