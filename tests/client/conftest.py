"""Scripts that use the client, and a proxy whose connections can be cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from deepaas.client import Client
from tests.conftest import url_of


@pytest.fixture
def in_script(serve) -> Callable[..., Awaitable[object]]:
    """Serve modules of ``tests.models``, and run a function with a synchronous client in a thread.

    The server of a test lives in the loop of the test, which a script must not hold up.
    """

    async def run(name: str, script: Callable[[Client], object]) -> object:
        url = url_of(await serve(name))

        def with_client() -> object:
            with Client(url) as client:
                return script(client)

        return await asyncio.to_thread(with_client)

    return run


class Proxy:
    """Passes bytes on to a server, until it is told not to.

    Args:
        target: port of the server.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.limit: int | None = None
        self.connections = 0
        self.answers = 0
        self._passed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self.cut()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def answered(self, count: int) -> int:
        """Return how much has come from the server, once it is more than so much."""
        async with asyncio.timeout(20), self._passed:
            await self._passed.wait_for(lambda: self.answers > count)
        return self.answers

    async def cut(self) -> None:
        """Break all connections."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            try:
                async with asyncio.TaskGroup() as group:
                    upward = group.create_task(self._pass(reader, back, None))
                    await self._pass(there, writer, self.limit, downward=True)
                    upward.cancel()
            finally:
                back.transport.abort()
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(asyncio.current_task())

    async def _pass(self, reader, writer, limit: int | None, downward: bool = False) -> None:
        left = limit
        while data := await reader.read(65536):
            if left is not None:
                data, left = data[:left], left - len(data)
            writer.write(data)
            await writer.drain()
            if downward:
                async with self._passed:
                    self.answers += 1
                    self._passed.notify_all()
            if left is not None and left <= 0:
                with contextlib.suppress(OSError):
                    # What is on its way arrives before the end.
                    writer.write_eof()
                return


@pytest.fixture
async def proxy(serve) -> AsyncIterator[Callable[..., Awaitable[Proxy]]]:
    """Serve modules of ``tests.models`` behind a proxy."""
    async with AsyncExitStack() as stack:

        async def start(*names: str, **settings) -> Proxy:
            session = await serve(*names, **settings)
            return await stack.enter_async_context(Proxy(session._base_url.port))

        yield start
