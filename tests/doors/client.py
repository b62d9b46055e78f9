"""The clients that come with the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from deepaas.client import AsyncClient, Client, File, InvalidArguments, Prediction
from tests.doors.door import Answer, Refusal, files_in
from tests.doors.rows import JSON, Row

Predict = Callable[[str, Mapping[str, Any], str | None], Awaitable[Prediction]]


class ClientDoor:
    """Calls a client.

    Args:
        predict: asks a model with arguments, for a content type.
    """

    def __init__(self, predict: Predict) -> None:
        self._predict = predict

    @classmethod
    def of(cls, client: AsyncClient) -> ClientDoor:
        """Return the door that ``deepaas.client`` is."""
        return cls(lambda model, *call: client.model(model).predict(*call))

    @classmethod
    def without_asyncio(cls, client: Client) -> ClientDoor:
        """Return the door that it is without asyncio, and ``deepaas.testing`` for authors."""
        return cls(lambda model, *call: asyncio.to_thread(client.model(model).predict, *call))

    def takes(self, row: Row) -> bool:
        """Beside files, there are only texts."""
        return not (files_in(row.arguments) and row.typed)

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        files = {
            name: [File(one.content, one.name) for one in several]
            for name, several in files_in(arguments).items()
        }
        try:
            predicted = await self._predict(model, {**arguments, **files}, accept or None)
        except InvalidArguments as error:
            return Refusal.of(error.messages)
        if predicted.content_type == JSON:
            return Answer(JSON, orjson.dumps(predicted.value))
        return Answer(predicted.content_type, predicted.value)
