"""Servers that are told to stop."""

import asyncio
import signal
import socket

import aiohttp
import psutil
import pytest

from tests.faults.asking import predict, status
from tests.faults.server import MODEL, TRAIN


def left(processes):
    """Return which of these still run."""
    return [one for one in processes if one.is_running() and one.status() != "zombie"]


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
    async with server.client() as client:
        for _ in range(2):
            assert await status(client, TRAIN, "POST", params={"seconds": 600, "child": 1}) == 200
        call = asyncio.create_task(predict(client, seconds=2, child=1))
        await server.heard("begun")
        await server.heard("trains")
        children = [psutil.Process(int(one[1])) for one in await server.heard(r"child (\d+)", 2)]
        family = [*server.family(), *children]
        seconds = await server.end()
        seen.holds("call answered", await call == 200)
        seen.at_most("ended after", seconds, 10)
    nothing_left(seen, family, server.port)
    server = await start(*state)
    async with server.client() as client, client.get(f"{MODEL}/train/") as response:
        statuses = [training["status"] for training in await response.json()]
    seen.holds("running and queued training interrupted", statuses == ["interrupted"] * 2)


@pytest.mark.fault("SIGTERM twice in work", "≤ 1 s after the second; no process or port left")
async def test_a_second_signal_ends_a_working_server_at_once(start, seen):
    server = await start()
    async with server.client() as client:
        assert await status(client, TRAIN, "POST", params={"seconds": 600, "child": 1}) == 200
        call = asyncio.create_task(predict(client, seconds=600, child=1))
        await server.heard("begun")
        await server.heard("trains")
        children = [psutil.Process(int(one[1])) for one in await server.heard(r"child (\d+)", 2)]
        family = [*server.family(), *children]
        server.process.send_signal(signal.SIGTERM)
        await server.heard("Stopping")
        seen.at_most("ended after", await server.end(), 1)
        (answer,) = await asyncio.gather(call, return_exceptions=True)
        assert answer == 503 or isinstance(answer, aiohttp.ClientError)
    nothing_left(seen, family, server.port)
