"""The client that comes with the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from deepaas.client import AsyncClient, File, InvalidArguments
from tests.doors.door import Answer, Refusal, files_in
from tests.doors.rows import JSON, Row


class ClientDoor:
    """Calls ``deepaas.client``.

    Args:
        client: of the server.
    """

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

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
            predicted = await self._client.model(model).predict(
                {**arguments, **files}, accept=accept or None
            )
        except InvalidArguments as error:
            return Refusal.of(error.messages)
        if predicted.content_type == JSON:
            return Answer(JSON, orjson.dumps(predicted.value))
        return Answer(predicted.content_type, predicted.value)
