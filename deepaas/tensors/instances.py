"""Instances, which KServe's first protocol calls what a model predicts for."""

from __future__ import annotations

from dataclasses import dataclass

from deepaas.exceptions import MalformedRequest
from deepaas.schema.description import Arguments
from deepaas.tensors.request import Encoded, InferRequest, InferResponse
from deepaas.tensors.values import only_argument, read_document, shown


@dataclass(slots=True)
class InstanceCall:
    """One instance; see ``deepaas.tensors.request.Call``.

    Args:
        body: an object of keyword arguments, as JSON; or the value of the only argument.
    """

    body: bytes

    def request(self, arguments: Arguments) -> InferRequest:
        """Return what was asked; see ``Call``."""
        value = read_document(self.body)
        if not isinstance(value, dict):
            argument = only_argument(arguments)
            if argument is None:
                names = ", ".join(one.key for one in arguments) or "none"
                raise MalformedRequest(f"it must be an object of arguments by name: {names}")
            value = {argument.key: value}
        return InferRequest([], values=value, undivided=True)

    def encode(self, request: InferRequest, response: InferResponse) -> Encoded:
        """Return a prediction as JSON; see ``Call``."""
        return Encoded(shown(response.outputs[0]))
