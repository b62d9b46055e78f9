"""Replicas behind nginx."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.cmd.conftest import environment as environment
from tests.deploy.nginx import PROGRAM, nginx
from tests.faults.server import Server, running

ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    """Two replicas and what is in front of them.

    Args:
        start: starts a replica, at a port or at any free one.
        replicas: those that run.
        url: the address of nginx.
        rpc: that of gRPC, if there is any.
    """

    start: Callable[..., Awaitable[Server]]
    replicas: list[Server]
    url: str = ""
    rpc: str = ""

    def client(self) -> aiohttp.ClientSession:
        """Return a session whose requests go to nginx."""
        return aiohttp.ClientSession(self.url, timeout=aiohttp.ClientTimeout(total=60))

    async def restart(self, number: int) -> None:
        """Start a replica again that has ended, at its port."""
        self.replicas[number] = await self.start(self.replicas[number].port)


@pytest.fixture
async def behind_nginx(
    commands, environment, state, tmp_path
) -> AsyncIterator[Callable[..., Awaitable[Site]]]:
    """Start two replicas of a module of ``tests.models``, which share a folder, and nginx."""
    if PROGRAM is None:
        if os.environ.get("CI"):
            pytest.fail("nginx must be installed here")
        pytest.skip("nginx is not installed")
    environment = {**environment, "PYTHONPATH": str(ROOT)}
    async with AsyncExitStack() as stack:

        async def serve(model: str, *options: str) -> Site:
            async def start(port: int = 0) -> Server:
                argv = ("--listen-port", str(port), "--state-dir", str(state), *options)
                server = running(commands, environment, tmp_path, *argv, f"tests.models.{model}")
                return await stack.enter_async_context(server)

            site = Site(start, await asyncio.gather(start(), start()))
            rpc_ports = []
            if "--grpc-port" in options:
                told = [await one.heard(r"gRPC +\S+:(\d+)") for one in site.replicas]
                rpc_ports = [int(match[1]) for (match,) in told]
            ports = [one.port for one in site.replicas]
            at = await stack.enter_async_context(nginx(ports, rpc_ports))
            site.url, site.rpc = f"http://127.0.0.1:{at[0]}", f"127.0.0.1:{at[1]}"
            return site

        yield serve
