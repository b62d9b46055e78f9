"""The client, for event loops."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deepaas.client.answers import Prediction
from deepaas.client.connection import Connection
from deepaas.client.declarations import Declarations
from deepaas.client.handles import AsyncModel
from deepaas.client.records import Metadata
from deepaas.client.trust import Verify

TIMEOUT = 300.0


class AsyncClient:
    """A client of one server, within one event loop.

    Args:
        url: address of the server, with its base path if it has one.
        timeout: seconds for which the server may be silent while it is asked; None for any time.
        headers: sent with each request.
        token: shown with each request; that of the environment variable ``DEEPAAS_TOKEN`` if not
            given.
        verify: whom to trust over TLS: True for what this machine trusts, a file of certificates in
            PEM, an ``ssl.SSLContext``, or False for anybody.

    Raises:
        ValueError: this is no address of a server, or there are no certificates in the file.
    """

    def __init__(
        self,
        url: str,
        timeout: float | None = TIMEOUT,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        verify: Verify = True,
    ) -> None:
        self._connection = Connection(url, timeout, headers, token, verify)
        self._declarations = Declarations(self._connection)

    async def models(self) -> list[Metadata]:
        """Return what the models of the server say of themselves.

        Raises:
            ClientError: the server refuses, or cannot be reached.
        """
        document = await self._connection.ask("GET", "v2", "models", "")
        models: list[Metadata] = document["models"]
        return models

    def model(self, name: str | None = None) -> AsyncModel:
        """Return a model to ask; the server is not asked for it yet.

        Args:
            name: the name under which it is served; None for the only one that there is.
        """
        return AsyncModel(self._connection, self._declarations, name)

    async def predict(
        self,
        model: str | None = None,
        /,
        accept: str | None = None,
        to: Path | None = None,
        **arguments: Any,
    ) -> Prediction:
        """Ask a model for a prediction; see ``AsyncModel.predict``.

        Args:
            model: its name; None for the only one that there is.
            accept: content type of the answer, if it matters.
            to: a file to write the answer to as it comes, whatever it is.
            arguments: a file is a ``Path``, an open binary file or a ``File``.
        """
        return await self.model(model).predict(arguments, accept, to)

    def stream(
        self, model: str | None = None, /, accept: str | None = None, **arguments: Any
    ) -> AsyncGenerator[Any, None]:
        """Ask a model for a prediction, and give its items; see ``AsyncModel.stream``.

        Args:
            model: its name; None for the only one that there is.
            accept: content type of the answer, if it matters.
            arguments: as in ``predict``.
        """
        return self.model(model).stream(arguments, accept)

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
