"""The Open Inference Protocol over gRPC, by a client out of generated code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc

from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub
from tests.doors.door import Answer, Refusal
from tests.doors.rows import Row
from tests.doors.tensors import TensorDoor, pack, shown, tensors_of, unpack

CONTENTS = {
    "BOOL": "bool_contents",
    "INT64": "int64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "UINT8": "uint_contents",
    "BYTES": "bytes_contents",
}


class RpcDoor:
    """Sends messages.

    Args:
        channel: to the server.
        packed: whether elements are sent, and answered, as raw contents.
    """

    def __init__(self, channel: grpc.aio.Channel, packed: bool) -> None:
        self._stub = GRPCInferenceServiceStub(channel)
        self._packed = packed

    def takes(self, row: Row) -> bool:
        """See ``TensorDoor``, whose tensors these are."""
        return TensorDoor.takes(self, row)  # type: ignore[arg-type]

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        request = messages.ModelInferRequest(model_name=model, id="7")
        if accept:
            request.parameters["accept"].string_param = accept
        for tensor in tensors_of(arguments):
            self._add(request, tensor)
        try:
            response = await self._stub.ModelInfer(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                raise
            return Refusal.told(error.details())
        assert (response.model_name, response.id) == (model, "7")
        return shown(dict(self._outputs(response)))

    def _add(self, request: messages.ModelInferRequest, tensor: dict[str, Any]) -> None:
        described = {key: tensor[key] for key in ("name", "datatype", "shape")}
        added = request.inputs.add(**described)
        for key, value in tensor["parameters"].items():
            added.parameters[key].string_param = value
        if self._packed:
            request.raw_input_contents.append(pack(tensor["data"], added.datatype))
        else:
            raw = [one.encode() if isinstance(one, str) else one for one in tensor["data"]]
            getattr(added.contents, CONTENTS[added.datatype]).extend(raw)

    def _outputs(self, response: messages.ModelInferResponse) -> Any:
        for place, output in enumerate(response.outputs):
            if response.raw_output_contents:
                elements = unpack(response.raw_output_contents[place], output.datatype)
            else:
                elements = list(getattr(output.contents, CONTENTS[output.datatype]))
            said = {key: value.string_param for key, value in output.parameters.items()}
            yield output.name, ({"shape": list(output.shape), "parameters": said}, elements)
