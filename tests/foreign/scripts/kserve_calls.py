"""KServe's clients make the calls that come on standard input."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import calls
import grpc
import httpx
from kserve import (
    InferenceGRPCClient,
    InferenceRESTClient,
    InferInput,
    InferRequest,
    InferResponse,
    RESTConfig,
)


def tensor(sent: dict) -> InferInput:
    """A tensor without its data."""
    return InferInput(sent["name"], sent["shape"], sent["datatype"], parameters=sent["parameters"])


def packed(sent: dict) -> InferInput:
    """A tensor that is packed."""
    made = tensor(sent)
    made.set_data_from_numpy(calls.array(sent))
    return made


def in_json(sent: dict) -> InferInput:
    """A tensor whose elements are in JSON."""
    made = tensor(sent)
    made.set_data_from_numpy(calls.array(sent), binary_data=False)
    return made


def typed(sent: dict) -> InferInput:
    """A tensor whose elements are in the field of a message that is for their type."""
    made = tensor(sent)
    made.data = calls.array(sent).ravel().tolist()
    return made


def request(model: str, tensors: Iterable[InferInput], parameters: dict) -> InferRequest:
    """What is asked by the second protocol."""
    return InferRequest(model, [*tensors], request_id="7", parameters=parameters)


def outputs(response: InferResponse) -> list[dict]:
    """What is answered by it."""
    assert response.id == "7"
    return [
        calls.output(
            one.name,
            one.as_numpy(),
            # Over gRPC they stay messages.
            one.parameters or {}
            if isinstance(one.parameters, dict | None)
            else calls.strings(one.parameters),
        )
        for one in response.outputs
    ]


class Rest:
    """The client over REST.

    Args:
        protocol: ``v1`` or ``v2``.
        address: URL of the server.
    """

    def __init__(self, protocol: str, address: str) -> None:
        self._client = InferenceRESTClient(RESTConfig(protocol=protocol, retries=1))
        self._address = address

    async def infer(self, model: str, data: Any) -> Any:
        try:
            return await self._client.infer(self._address, data, model_name=model)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 400:
                raise
            told, _, _ = str(error).partition(", '400 Bad Request' for url ")
            raise calls.Refused(told) from None

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()


class First:
    """The first protocol.

    Args:
        address: URL of the server.
    """

    def __init__(self, address: str) -> None:
        self._rest = Rest("v1", address)
        self.close = self._rest.close

    async def call(self, model: str, instances: list[dict]) -> Any:
        """Predict."""
        return (await self._rest.infer(model, {"instances": instances}))["predictions"]


class Second:
    """The second protocol, over REST.

    Args:
        encoded: makes a tensor.
        address: URL of the server.
    """

    def __init__(self, encoded: Callable[[dict], InferInput], address: str) -> None:
        self._rest = Rest("v2", address)
        self._encoded = encoded
        self.close = self._rest.close

    async def call(self, model: str, inputs: list[dict], parameters: dict) -> Any:
        """Infer; the answer is packed if the tensors are."""
        said = {**parameters, "binary_data_output": self._encoded is packed}
        asked = request(model, map(self._encoded, inputs), said)
        return outputs(await self._rest.infer(model, asked))


class Grpc:
    """The second protocol, over gRPC.

    Args:
        address: host and port.
    """

    def __init__(self, address: str) -> None:
        self._client = InferenceGRPCClient(address)

    async def call(self, model: str, inputs: list[dict], parameters: dict) -> Any:
        """Infer."""
        asked = request(model, map(typed, inputs), parameters)
        try:
            return outputs(await self._client.infer(asked))
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                raise
            raise calls.Refused(error.details()) from None

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()


# It logs a traceback for each refusal.
logging.getLogger("kserve").setLevel(logging.CRITICAL)
calls.main(
    {
        "v1": First,
        "v2": partial(Second, in_json),
        "v2, packed": partial(Second, packed),
        "grpc": Grpc,
    }
)
