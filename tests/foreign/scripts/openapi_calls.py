"""The client open-inference-openapi makes the calls that come on standard input."""

import json
from typing import Any

import calls
import httpx
import numpy as np
from open_inference.openapi import InferenceRequest, RequestInput, TensorData
from open_inference.openapi.client import AsyncOpenInferenceClient
from open_inference.openapi.errors import BadRequestError


class OpenApi:
    """The client.

    Args:
        address: URL of the server.
    """

    def __init__(self, address: str) -> None:
        self._http = httpx.AsyncClient(timeout=60)
        self._client = AsyncOpenInferenceClient(base_url=address, httpx_client=self._http)

    async def call(self, model: str, inputs: list[dict], parameters: dict) -> Any:
        """Infer."""
        tensors = []
        for one in inputs:
            elements = calls.array(one).ravel().tolist()
            texts = [part.decode() if isinstance(part, bytes) else part for part in elements]
            tensors.append(RequestInput(**{**one, "data": TensorData.parse_obj(texts)}))
        request = InferenceRequest(id="7", inputs=tensors, parameters=parameters)
        try:
            response = await self._client.model_infer(model, request=request)
        except BadRequestError as error:
            raise calls.Refused(error.body["error"]) from None
        assert response.id == "7"
        return [
            calls.output(
                one.name,
                np.array(json.loads(one.data.json()), object).reshape(one.shape),
                one.parameters or {},
            )
            for one in response.outputs
        ]

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()


calls.main({"": OpenApi})
