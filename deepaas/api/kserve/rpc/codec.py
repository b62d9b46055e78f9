"""Messages of gRPC become requests, and answers messages; both in the worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deepaas.api.kserve.rpc.inference_pb2 import (
    InferParameter,
    ModelInferRequest,
    ModelInferResponse,
    ModelStreamInferResponse,
)
from deepaas.exceptions import MalformedRequest
from deepaas.schema.description import Arguments
from deepaas.tensors.datatypes import DATATYPES, Datatype
from deepaas.tensors.request import Encoded, InferRequest, InferResponse, Wanted
from deepaas.tensors.tensor import Tensor, check_number, check_packed, check_shape, check_values

# The field of the contents that elements of a datatype go into; there is none for FP16.
CONTENTS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
# What a client may ask for that wants to know when it has got the last answer of a stream.
ASKS_FOR_END = "triton_enable_empty_final_response"
IS_END = "triton_final_response"
INT64 = range(-(1 << 63), 1 << 63)
UINT64 = range(1 << 64)


@dataclass(slots=True)
class RpcCall:
    """A request over gRPC; see ``deepaas.tensors.request.Call``.

    Args:
        body: a ``ModelInferRequest``, as it is on the wire.
        streamed: whether its answer is one message of a stream.
    """

    body: bytes
    streamed: bool = False

    def request(self, arguments: Arguments) -> InferRequest:
        """Return what was asked; see ``Call``."""
        message = ModelInferRequest.FromString(self.body)
        raw = message.raw_input_contents
        check_number(message.inputs)
        if raw and len(raw) != len(message.inputs):
            raise MalformedRequest(
                f"there are {len(raw)} raw_input_contents for {len(message.inputs)} inputs: give "
                "one for each input, or none"
            )
        packed = raw or [None] * len(message.inputs)
        inputs = [_input(one, data) for one, data in zip(message.inputs, packed, strict=True)]
        wanted = [Wanted(one.name, parameters_of(one.parameters)) for one in message.outputs]
        return InferRequest(inputs, wanted or None, message.id, parameters_of(message.parameters))

    def encode(self, request: InferRequest, response: InferResponse) -> Encoded:
        """Return an answer as it goes over the wire; see ``Call``.

        Elements are packed, unless those of the request were not.
        """
        message = ModelInferResponse(
            model_name=response.model_name,
            model_version=response.model_version,
            id=response.id,
        )
        if self.streamed and request.parameters.get(ASKS_FOR_END):
            message.parameters[IS_END].bool_param = False
        packed = all(one.is_packed for one in request.inputs) or not all(
            one.datatype.name in CONTENTS for one in response.outputs
        )
        for tensor in response.outputs:
            output = message.outputs.add(
                name=tensor.name, datatype=tensor.datatype.name, shape=tensor.shape
            )
            for name, value in tensor.parameters.items():
                output.parameters[name].CopyFrom(_parameter(value))
            if packed:
                message.raw_output_contents.append(bytes(tensor.packed()))
            else:
                field = CONTENTS[tensor.datatype.name]
                getattr(output.contents, field).extend(_elements(tensor))
        if self.streamed:
            return Encoded(ModelStreamInferResponse(infer_response=message).SerializeToString())
        return Encoded(message.SerializeToString())


def parameters_of(given: Mapping[str, InferParameter]) -> dict[str, Any]:
    """Return parameters as plain values, without those that have none.

    Args:
        given: those of a message.
    """
    kinds = {name: one.WhichOneof("parameter_choice") for name, one in given.items()}
    return {name: getattr(given[name], kind) for name, kind in kinds.items() if kind}


def _parameter(value: Any) -> InferParameter:
    if isinstance(value, bool):
        return InferParameter(bool_param=value)
    if isinstance(value, int) and value in INT64:
        return InferParameter(int64_param=value)
    if isinstance(value, int) and value in UINT64:
        return InferParameter(uint64_param=value)
    if isinstance(value, int | float):
        return InferParameter(double_param=value)
    return InferParameter(string_param=str(value))


def _input(given: ModelInferRequest.InferInputTensor, packed: bytes | None) -> Tensor:
    name = given.name
    if not name:
        raise MalformedRequest("an input needs a 'name'")
    datatype = DATATYPES.get(given.datatype)
    if datatype is None:
        known = ", ".join(DATATYPES)
        raise MalformedRequest(
            f"input {name!r}: there is no datatype {given.datatype!r}; there are: {known}"
        )
    shape = check_shape(name, tuple(given.shape))
    parameters = parameters_of(given.parameters)
    filled = [field.name for field, _ in given.contents.ListFields()]
    if packed is None:
        data = _contents(given, datatype, filled)
        return check_values(Tensor(name, datatype, shape, data, parameters))
    if filled:
        raise MalformedRequest(f"input {name!r}: it has both contents and raw_input_contents")
    return check_packed(Tensor(name, datatype, shape, packed, parameters))


def _contents(
    given: ModelInferRequest.InferInputTensor, datatype: Datatype, filled: list[str]
) -> list[Any]:
    field = CONTENTS.get(datatype.name)
    if field is None:
        raise MalformedRequest(
            f"input {given.name!r}: {datatype.name} has no field of contents; send it in "
            "raw_input_contents"
        )
    for other in filled:
        if other != field:
            raise MalformedRequest(
                f"input {given.name!r}: {datatype.name} goes into {field}, not {other}"
            )
    return list(getattr(given.contents, field))


def _elements(tensor: Tensor) -> Iterable[Any]:
    if tensor.datatype.name != "BYTES":
        return tensor.values()
    return [one.encode() if isinstance(one, str) else one for one in tensor.values()]
