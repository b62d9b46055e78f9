"""Texts that are generated: Triton's extension, arguments and outputs by name in plain JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow as ma
import orjson

from deepaas.exceptions import MalformedRequest
from deepaas.schema.description import Arguments
from deepaas.tensors.outputs import PREDICTIONS
from deepaas.tensors.request import Encoded, InferRequest, InferResponse
from deepaas.tensors.tensor import Tensor
from deepaas.tensors.values import read_document, shown

TEXT_IN, TEXT_OUT = "text_input", "text_output"
# What stands beside the arguments.
BESIDE = ("id", "parameters")
JSON_HEADERS = {"Content-Type": "application/json"}


@dataclass(slots=True)
class GenerateCall:
    """A request for a text; see ``deepaas.tensors.request.Call``.

    Args:
        body: an object of arguments, as JSON.
    """

    body: bytes

    def request(self, arguments: Arguments) -> InferRequest:
        """Return what was asked; see ``Call``."""
        document = read_document(self.body)
        if not isinstance(document, dict):
            raise MalformedRequest("the request must be an object of arguments by name")
        keys = {one.key for one in arguments}
        values = {name: value for name, value in document.items() if name in keys}
        if TEXT_IN in document and TEXT_IN not in keys:
            values.setdefault(_text_argument(arguments), document[TEXT_IN])
        beside = {name: document[name] for name in BESIDE if name in document and name not in keys}
        parameters, identifier = beside.get("parameters") or {}, beside.get("id", "")
        if not isinstance(parameters, dict):
            raise MalformedRequest("the 'parameters' of the request must be an object")
        if not isinstance(identifier, str):
            raise MalformedRequest("the 'id' of a request must be a text")
        # What else is there would be a parameter for Triton, and so for nobody here.
        return InferRequest([], id=identifier, parameters=parameters, values=values, joined=True)

    def encode(self, request: InferRequest, response: InferResponse) -> Encoded:
        """Return an object of outputs; see ``Call``."""
        told: dict[str, Any] = {"model_name": response.model_name}
        if response.model_version:
            told["model_version"] = response.model_version
        if request.id:
            told["id"] = request.id
        for tensor in response.outputs:
            told |= dict([_output(tensor)])
        return Encoded(orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY), JSON_HEADERS)


def _text_argument(arguments: Arguments) -> str:
    texts = [
        one.key
        for one in arguments
        if isinstance(one.field, ma.fields.String) and one is not arguments.accept
    ]
    if not texts:
        raise MalformedRequest(f"this model has no argument for the text of {TEXT_IN!r}")
    return texts[0]


def _output(tensor: Tensor) -> tuple[str, Any]:
    """Return the name and the value of an output; a text without a name is what is generated."""
    if "content_type" not in tensor.parameters:
        values = tensor.values() if tensor.shape != (1,) else tensor.values()[0]
        return tensor.name, values
    encoded = shown(tensor)
    is_text = tensor.name == PREDICTIONS and encoded.startswith(b'"')
    return TEXT_OUT if is_text else tensor.name, orjson.Fragment(encoded)
