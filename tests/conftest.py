"""Fixtures: models are served for real, on a free port, with real workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from deepaas.api.app import build_app
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.settings import Settings

Serve = Callable[..., Awaitable[aiohttp.ClientSession]]


@pytest.fixture
async def serve_loaded(tmp_path) -> AsyncIterator[Serve]:
    """Serve loaded models; the session's URLs are relative to the server."""
    async with AsyncExitStack() as stack:

        async def start(*models: LoadedModel, **settings: Any) -> aiohttp.ClientSession:
            settings = {"temporary_directory": str(tmp_path), "listen_port": 0, **settings}
            app = build_app(Settings(**settings), models)
            runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            client = aiohttp.ClientSession(f"http://{host}:{port}")
            return await stack.enter_async_context(client)

        yield start


@pytest.fixture
def serve(serve_loaded) -> Serve:
    """Serve modules of ``tests.models`` by name.

    Example::

        client = await serve("echo", workers=2)
        async with client.post("/v2/models/echo/predict/") as response: ...
    """

    def start(*names: str, **settings: Any) -> Awaitable[aiohttp.ClientSession]:
        models = [LoadedModel.of(Source(name, f"tests.models.{name}")) for name in names]
        return serve_loaded(*models, **settings)

    return start


@pytest.fixture
def eventually() -> Callable[..., Awaitable[Any]]:
    """Ask again until an answer is as wanted, for what cannot be awaited otherwise."""

    async def wait(
        ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool], seconds: float = 20
    ) -> Any:
        async with asyncio.timeout(seconds):
            while not wanted(answer := await ask()):
                await asyncio.sleep(0.02)
        return answer

    return wait
