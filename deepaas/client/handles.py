"""A model and a training on a server, to be asked in an event loop."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import aiohttp

from deepaas.client.answers import Prediction, read_prediction, version_of
from deepaas.client.arguments import request_options
from deepaas.client.connection import Connection, decoded, save
from deepaas.client.declarations import Declarations
from deepaas.client.errors import NotFound
from deepaas.client.events import Event, LogEvent
from deepaas.client.following import ONLY_THE_END, follow
from deepaas.client.records import Artifact, Metadata, MetricValue, Origin, TrainingRecord
from deepaas.client.streams import EVENTS, items_of

PATIENCE = 60.0


class AsyncModel:
    """A model on a server.

    Args:
        connection: to the server.
        declarations: of the server's models.
        name: the model's; None for the only one that there is.
    """

    def __init__(
        self, connection: Connection, declarations: Declarations, name: str | None
    ) -> None:
        self._connection = connection
        self._declarations = declarations
        self._name = name

    async def metadata(self) -> Metadata:
        """Return what the model says of itself.

        Raises:
            ClientError: the server refuses, or cannot be reached; so with all that it is asked.
        """
        metadata: Metadata = await self._connection.ask("GET", *await self._path(""))
        return metadata

    async def predict(
        self,
        arguments: Mapping[str, Any] | None = None,
        /,
        accept: str | None = None,
        to: Path | None = None,
        **more: Any,
    ) -> Prediction:
        """Ask the model for a prediction.

        Args:
            arguments: those whose names are no keywords, or called like a parameter of this.
            accept: content type of the answer, if it matters.
            to: a file to write the answer to as it comes, whatever it is.
            more: arguments. A file is a ``Path``, an open binary file or a ``File``.

        Raises:
            InvalidArguments: naming each argument that does not fit.
            TypeError: an argument has no form in which it could be sent.
            ValueError: likewise.
            OSError: a file cannot be read or written.
        """
        async with self._called("predict", {**(arguments or {}), **more}, accept) as response:
            if to is None and response.content_type == EVENTS:
                items = [item async for item in items_of(response)]
                return Prediction(items, EVENTS, version_of(response))
            return await read_prediction(response, to)

    async def stream(
        self,
        arguments: Mapping[str, Any] | None = None,
        /,
        accept: str | None = None,
        **more: Any,
    ) -> AsyncGenerator[Any, None]:
        """Ask the model for a prediction, and give its items as they come.

        Who closes this, or cancels what waits for it, ends the prediction as well.

        Args:
            arguments: those whose names are no keywords, or called like a parameter of this.
            accept: content type of the answer, if it matters. Where that is no JSON, text or bytes
                come in pieces of any size.
            more: arguments, as in ``predict``.

        Raises:
            InvalidArguments: naming each argument that does not fit.
            ClientError: the model has failed, be it after some items.
            TypeError: an argument has no form in which it could be sent.
            ValueError: likewise.
            OSError: a file cannot be read.
        """
        async with self._called("predict", {**(arguments or {}), **more}, accept) as response:
            async for item in items_of(response):
                yield item

    async def train(
        self, arguments: Mapping[str, Any] | None = None, /, **more: Any
    ) -> AsyncTraining:
        """Start a training.

        Args:
            arguments: those whose names are no keywords.
            more: arguments, as in ``predict``.

        Raises:
            InvalidArguments: naming each argument that does not fit.
            TypeError: an argument has no form in which it could be sent.
            ValueError: likewise.
            OSError: a file cannot be read.
        """
        async with self._called("train", {**(arguments or {}), **more}) as response:
            return await self._training(await decoded(response))

    async def trainings(self) -> list[AsyncTraining]:
        """Return all trainings of the model, oldest first."""
        known = await self._connection.ask("GET", *await self._path("train", ""))
        return [await self._training(one) for one in known]

    async def training(self, uuid: str) -> AsyncTraining:
        """Return one training.

        Args:
            uuid: what its start has told.

        Raises:
            NotFound: the model has none with this UUID.
        """
        return await self._training(
            await self._connection.ask("GET", *await self._path("train", uuid))
        )

    @asynccontextmanager
    async def _called(
        self, function: str, arguments: Mapping[str, Any], accept: str | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        path = await self._path(function, "")
        places = await self._declarations.places(path[2], function)
        with ExitStack() as opened:
            options = request_options(arguments, accept, places, opened)
            async with self._connection.request("POST", *path, **options) as response:
                yield response

    async def _training(self, known: dict[str, Any]) -> AsyncTraining:
        return AsyncTraining(self._connection, await self._path("train", known["uuid"]), known)

    async def _path(self, *rest: str) -> tuple[str, ...]:
        if self._name is None:
            self._name = await self._declarations.only_model()
        return ("v2", "models", self._name, *rest)


class AsyncTraining(TrainingRecord):
    """A training on a server.

    Args:
        connection: to the server.
        path: of the training.
        document: what the server has told of it.
    """

    def __init__(
        self, connection: Connection, path: tuple[str, ...], document: dict[str, Any]
    ) -> None:
        self._connection = connection
        self._path = path
        self._document = document

    @property
    def document(self) -> dict[str, Any]:
        """All that the server tells of it."""
        return self._document

    async def refresh(self) -> AsyncTraining:
        """Ask how it is doing.

        Returns:
            The same training.

        Raises:
            NotFound: it has been deleted.
            ClientError: the server refuses, or cannot be reached; so with all that it is asked.
        """
        self._document = await self._connection.ask("GET", *self._path)
        return self

    async def origin(self) -> Origin:
        """Ask where it comes from: who started it, when, and with which files."""
        told = await self._connection.ask("GET", *self._path, params={"details": "1"})
        known = {key: told[key] for key in Origin.__annotations__ if key in told}
        return cast(Origin, known)

    async def cancel(self) -> AsyncTraining:
        """Cancel it where it waits or runs; one that has ended stays as it is.

        Returns:
            The same training, cancelled.
        """
        await self.refresh()
        if not self.finished:
            await self._delete()
        return self

    async def delete(self) -> None:
        """Let the server forget it with all that it has made; it is cancelled first if it runs."""
        await self.refresh()
        ran = not self.finished
        await self._delete()
        # The server cancels what runs, and forgets what has ended by then.
        if ran and self.status == "cancelled":
            with suppress(NotFound):
                await self._delete()

    async def resume(self) -> AsyncTraining:
        """Start it again, where it was interrupted or cancelled or has failed.

        Returns:
            The same training.
        """
        self._document = await self._connection.ask("POST", *self._path, "resume")
        return self

    async def promote(self) -> str:
        """Let the model predict with what the training has made.

        Returns:
            The version that predicts from now on.
        """
        promoted = await self._connection.ask("POST", *self._path, "promote")
        return str(promoted["version"])

    async def withdraw(self) -> str:
        """Let the model predict with what it brings itself again, instead of this training.

        Returns:
            The version that predicts from now on.
        """
        told = await self._connection.ask("DELETE", *self._path, "promote")
        return str(told["version"])

    async def log(self, follow: bool = False) -> AsyncGenerator[str, None]:
        """Give what it has printed and logged, in pieces of any size.

        Args:
            follow: whether to go on until the training has ended.
        """
        if follow:
            async with aclosing(self.events()) as events:
                async for event in events:
                    if isinstance(event, LogEvent):
                        yield event.text
            return
        decoder = codecs.getincrementaldecoder("utf-8")()
        async with self._connection.request("GET", *self._path, "log") as response:
            async for chunk in response.content.iter_any():
                yield decoder.decode(chunk)

    def events(self, after: int = 0, patience: float = PATIENCE) -> AsyncGenerator[Event, None]:
        """Give what happens in it, from its beginning until it has ended.

        Where the connection breaks it is made anew, and no event is missed or comes twice.

        Args:
            after: the ``id`` of the last event that is known already.
            patience: seconds for which a server that is gone is waited for.
        """
        return follow(self._connection, (*self._path, "events"), after, patience)

    async def wait(self, timeout: float | None = None) -> AsyncTraining:  # noqa: ASYNC109
        """Wait until it has ended, in whatever way.

        Args:
            timeout: seconds to wait at most.

        Returns:
            The same training.

        Raises:
            TimeoutError: it has not ended by then; it goes on.
        """
        try:
            async with asyncio.timeout(timeout), aclosing(self.events(ONLY_THE_END)) as events:
                async for _ in events:
                    continue
                return await self.refresh()
        except TimeoutError:
            raise TimeoutError(
                f"training {self.uuid} has not ended within {timeout} seconds"
            ) from None

    async def metric_values(self) -> dict[str, list[MetricValue]]:
        """Return all values of all metrics by name, oldest first."""
        metrics = await self._connection.ask("GET", *self._path, "metrics")
        return {
            name: [MetricValue(one["step"], one["value"], one["time"]) for one in values]
            for name, values in metrics.items()
        }

    async def artifacts(self) -> list[Artifact]:
        """Return which files it has made."""
        found = await self._connection.ask("GET", *self._path, "artifacts")
        return [Artifact(one["name"], one["size"], one["modified"]) for one in found["artifacts"]]

    async def download(self, name: str, to: Path) -> Path:
        """Download a file that it has made.

        Args:
            name: as ``artifacts`` tells it.
            to: the file to write; within it, if it is a folder.

        Returns:
            The file that was written.

        Raises:
            NotFound: it has made no such file.
            OSError: it cannot be written.
        """
        if await asyncio.to_thread(to.is_dir):
            to = to / Path(name).name
        path = (*self._path, "artifacts", *name.split("/"))
        async with self._connection.request("GET", *path) as response:
            return await save(response, to)

    async def _delete(self) -> None:
        self._document = await self._connection.ask("DELETE", *self._path)
