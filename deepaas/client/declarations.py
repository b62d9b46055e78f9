"""What a server's ``/swagger.json`` says of its models: which there are, what goes where."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from deepaas.client.connection import Connection
from deepaas.client.errors import ClientError, ServerUnreachable

# Seconds after which the document is asked for again: the server may be another one by then.
LIFE = 30.0
MODEL = re.compile(r"/v2/models/([^/]+)/")
# Where an argument goes, by its name: query, form, header or json; anywhere if it may be any.
Places = Mapping[str, str]


class Declarations:
    """What the models of a server declare.

    Args:
        connection: to the server.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._paths: dict[str, Any] = {}
        self._stale = 0.0

    async def only_model(self) -> str:
        """Return the name of the model of a server that has just one.

        Raises:
            ClientError: there are several, or the server cannot be reached.
        """
        # A model may call itself anything in its metadata; this is what it is served as.
        found = [MODEL.search(path) for path in await self._known()]
        names = sorted({match[1] for match in found if match})
        if len(names) != 1:
            raise ClientError(f"say which model; the server has {', '.join(names) or 'none'}")
        return names[0]

    async def places(self, model: str, function: str) -> Places:
        """Return where the arguments of a model go.

        Args:
            model: its name.
            function: predict or train.

        Raises:
            ServerUnreachable: the server does not answer.
        """
        places: dict[str, str] = {}
        for path, operations in (await self._known()).items():
            if path.endswith(f"/v2/models/{model}/{function}/"):
                for parameter in operations["post"]["parameters"]:
                    places |= _places(parameter)
        return places

    async def _known(self) -> dict[str, Any]:
        if time.monotonic() >= self._stale:
            try:
                document = await self._connection.ask("GET", "swagger.json")
                self._paths = document.get("paths", {})
            except ServerUnreachable:
                raise
            except ClientError:
                # Perhaps a proxy passes on no more than the API.
                self._paths = {}
            self._stale = time.monotonic() + LIFE
        return self._paths


def _places(parameter: Mapping[str, Any]) -> Places:
    match parameter["in"]:
        case "body":
            return dict.fromkeys(parameter["schema"].get("properties", {}), "json")
        case "formData":
            return {parameter["name"]: "form"}
        case "query":
            return {parameter["name"]: parameter.get("x-location", "anywhere")}
        case place:
            return {parameter["name"]: place}
