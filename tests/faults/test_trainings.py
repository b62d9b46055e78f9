"""Trainings beside predictions, and servers that are killed while they write."""

import asyncio
import contextlib
import random
import signal
import sqlite3

import aiohttp
import pytest

from tests.faults.asking import calmest, latencies, percentile, predict, status
from tests.faults.conftest import sized
from tests.faults.server import TRAIN


@pytest.mark.fault("predict beside 200 queued trainings", "p95 ≤ 2 times that idle")
async def test_queued_trainings_hold_no_prediction_up(start, seen):
    server = await start()
    count = sized(50, 200)
    async with server.client() as client:

        async def slower():
            await latencies(client, 100)
            idle = percentile(await latencies(client, 500), 95)
            trainings = []
            for _ in range(count + 1):
                async with client.post(TRAIN, params={"seconds": 600}) as response:
                    trainings.append(f"{TRAIN}{(await response.json())['uuid']}/")
            beside = percentile(await latencies(client, 500), 95)
            for training in reversed(trainings):
                assert await status(client, training, "DELETE") == 200
            return beside / idle

        seen.at_most(
            f"p95 beside 1 that runs and {count} that wait",
            await calmest(slower, 2),
            2,
            "times that idle",
        )


@pytest.mark.fault(
    f"server killed in mid-write, {sized(3, 100)} times",
    "no committed training lost, no file corrupt",
)
@pytest.mark.timeout(900)
async def test_a_killed_server_loses_no_training_that_it_has_taken(start, seen, tmp_path):
    folder = tmp_path / "state"
    taken: list[str] = []
    chance = random.Random(0)
    kills = sized(3, 100)
    for _ in range(kills):
        server = await start("--state-dir", str(folder))
        async with server.client() as client:
            writers = [asyncio.create_task(write(client, taken)) for _ in range(4)]
            await asyncio.sleep(chance.uniform(0.1, 0.5))
            await server.end(signal.SIGKILL)
            await asyncio.gather(*writers)
        with contextlib.closing(sqlite3.connect(folder / "deepaas.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    server = await start("--state-dir", str(folder))
    async with server.client() as client:
        async with client.get(TRAIN) as response:
            known = {training["uuid"]: training["status"] for training in await response.json()}
        assert await predict(client) == 200
    seen.holds(f"{kills} kills, file sound", True)
    seen.at_most(f"of {len(taken)} trainings, lost", len(set(taken) - set(known)), 0, "")
    seen.holds("all ended", not set(known.values()) & {"queued", "running"})


async def write(client, taken):
    """Start trainings until the server is gone; keep those that it has confirmed."""
    with contextlib.suppress(aiohttp.ClientError):
        while True:
            async with client.post(TRAIN, params={"lines": 50}) as response:
                taken.append((await response.json())["uuid"])
