"""Servers that are told to stop."""

import asyncio
import signal
import socket

import aiohttp
import pytest

from tests.faults.asking import predict
from tests.faults.server import left


def refused(port):
    """Tell whether nobody listens any more."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


def nothing_left(seen, family, port):
    """Insist that neither processes nor the port are held."""
    seen.holds("no process left", not left(family))
    seen.holds("port free", refused(port))


@pytest.mark.fault("SIGTERM, idle", "≤ 2 s; no process or port left")
async def test_an_idle_server_ends_at_once(start, seen):
    server = await start("--workers", "2")
    async with server.client() as client:
        assert await predict(client) == 200
        family = server.family()
        seen.at_most("ended after", await server.end(), 2)
    assert server.process.returncode == 0
    nothing_left(seen, family, server.port)


@pytest.mark.fault(
    "SIGTERM in work",
    "drains within the grace (under 10 s); trainings interrupted; no process, grandchild or port "
    "left",
)
async def test_a_working_server_answers_and_interrupts_trainings(start, seen, tmp_path):
    state = ("--state-dir", str(tmp_path / "state"))
    server = await start(*state)
    async with server.client() as client, server.api() as api:
        for _ in range(2):
            await api.model().train(seconds=600, children=True)
        call = asyncio.create_task(predict(client, seconds=2, children=1))
        await server.heard("begun")
        await server.heard("trains")
        family = await server.family_with(children=4)
        seconds = await server.end()
        seen.holds("call answered", await call == 200)
        seen.at_most("ended after", seconds, 10)
    nothing_left(seen, family, server.port)
    server = await start(*state)
    async with server.api() as api:
        statuses = [training.status for training in await api.model().trainings()]
    seen.holds("running and queued training interrupted", statuses == ["interrupted"] * 2)


@pytest.mark.fault("SIGTERM twice in work", "≤ 1 s after the second; no process or port left")
async def test_a_second_signal_ends_a_working_server_at_once(start, seen):
    server = await start()
    async with server.client() as client, server.api() as api:
        await api.model().train(seconds=600, children=True)
        call = asyncio.create_task(predict(client, seconds=600, children=1))
        await server.heard("begun")
        await server.heard("trains")
        family = await server.family_with(children=4)
        server.process.send_signal(signal.SIGTERM)
        await server.heard("Stopping")
        seen.at_most("ended after", await server.end(), 1)
        (answer,) = await asyncio.gather(call, return_exceptions=True)
        assert answer == 503 or isinstance(answer, aiohttp.ClientError)
    nothing_left(seen, family, server.port)
