"""tritonclient, in all its forms, makes the calls that come on standard input."""

import inspect
from functools import partial
from types import ModuleType
from typing import Any

import calls
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
import tritonclient.http.aio
from triton_asking import tensor
from tritonclient.utils import InferenceServerException

REFUSED = ("400", "StatusCode.INVALID_ARGUMENT")


class Triton:
    """A client of Triton.

    Args:
        module: where it is.
        address: host and port.
    """

    def __init__(self, module: ModuleType, address: str) -> None:
        self._module = module
        self._client = module.InferenceServerClient(address)

    async def call(self, model: str, inputs: list[dict], parameters: dict) -> Any:
        """Infer; what it sends knows no parameters of tensors."""
        kind = self._module.InferInput
        tensors = [tensor(kind, one["name"], calls.array(one), one["datatype"]) for one in inputs]
        try:
            result = self._client.infer(model, tensors, request_id="7", parameters=parameters)
            result = await result if inspect.isawaitable(result) else result
        except InferenceServerException as error:
            if error.status() not in REFUSED:
                raise
            raise calls.Refused(error.message()) from None
        response = result.get_response()
        if isinstance(response, dict):
            assert response["id"] == "7"
            said = {one["name"]: one.get("parameters", {}) for one in response["outputs"]}
        else:
            assert response.id == "7"
            said = {one.name: calls.strings(one.parameters) for one in response.outputs}
        return [calls.output(name, result.as_numpy(name), said[name]) for name in said]

    async def close(self) -> None:
        """Close its connections."""
        closed = self._client.close()
        if inspect.isawaitable(closed):
            await closed


calls.main(
    {
        "http": partial(Triton, tritonclient.http),
        "http.aio": partial(Triton, tritonclient.http.aio),
        "grpc": partial(Triton, tritonclient.grpc),
        "grpc.aio": partial(Triton, tritonclient.grpc.aio),
    }
)
