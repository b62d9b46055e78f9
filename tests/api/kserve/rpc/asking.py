"""Messages of the protocol out of plain values, and plain values out of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deepaas.api.kserve.rpc import inference_pb2 as messages

DATATYPES = {
    bool: ("BOOL", "bool_contents"),
    int: ("INT64", "int64_contents"),
    float: ("FP64", "fp64_contents"),
    str: ("BYTES", "bytes_contents"),
    bytes: ("BYTES", "bytes_contents"),
}


def request_of(model: str, arguments: Mapping[str, Any], **more: Any) -> messages.ModelInferRequest:
    """Return a request with a tensor for each argument: a scalar, or a list of them."""
    request = messages.ModelInferRequest(model_name=model, **more)
    for name, value in arguments.items():
        values = value if isinstance(value, list) else [value]
        datatype, field = DATATYPES[type(values[0])]
        tensor = request.inputs.add(name=name, datatype=datatype, shape=[len(values)])
        raw = [one.encode() if isinstance(one, str) else one for one in values]
        getattr(tensor.contents, field).extend(raw)
    return request


def prediction(response: messages.ModelInferResponse) -> Any:
    """Return what a model has answered to a request whose elements were not packed."""
    if [one.name for one in response.outputs] != ["predictions"]:
        return {one.name: _value(one) for one in response.outputs}
    (tensor,) = response.outputs
    assert tensor.parameters["content_type"].string_param == "json"
    return json.loads(_value(tensor))


def _value(tensor: messages.ModelInferResponse.InferOutputTensor) -> Any:
    ((_, values),) = tensor.contents.ListFields()
    assert len(values) == 1
    return values[0].decode() if tensor.datatype == "BYTES" else values[0]
