"""Trainings that many wait for, that end in odd results, and that are written down meanwhile."""

import asyncio
import contextlib
import random
import signal
import sqlite3

import pytest

from deepaas.client import ServerUnreachable
from tests.faults.asking import calmest, latencies, percentile
from tests.faults.conftest import sized
from tests.faults.model import RESULTS


@pytest.mark.fault("predict beside 200 queued trainings", "p95 ≤ 2 times that idle")
async def test_queued_trainings_hold_no_prediction_up(start, seen):
    server = await start()
    count = sized(50, 200)
    async with server.client() as client, server.api() as api:
        model = api.model()

        async def slower():
            await latencies(client, 100)
            idle = percentile(await latencies(client, 500), 95)
            trainings = [await model.train(seconds=600) for _ in range(count + 1)]
            beside = percentile(await latencies(client, 500), 95)
            for training in reversed(trainings):
                await training.cancel()
            return beside / idle

        seen.at_most(
            f"p95 beside 1 that runs and {count} that wait",
            await calmest(slower, 2),
            2,
            "times that idle",
        )


@pytest.mark.fault(
    "a training that prints and reports without pause",
    "predictions are answered meanwhile, memory ≤ +60 MB, store ≤ 64 MB",
)
async def test_a_training_that_never_pauses_harms_nobody(start, seen, tmp_path):
    state = tmp_path / "state"
    server = await start("--state-dir", str(state))
    async with server.client() as client, server.api() as api:
        await latencies(client, 100)
        before = server.memory()
        training = await api.model().train(floods=600)
        await server.heard("^x{1000}$")
        count = sized(200, 5000)
        beside = percentile(await latencies(client, count), 95)
        await training.refresh()
        words = f"{count} answered while it ran, p95 {beside * 1000:.2f} ms"
        seen.holds(words, training.status == "running")
        await training.cancel()
        await training.wait(120)
        seen.at_most("memory", server.memory() - before, 60, "MB more")
        store = sum(file.stat().st_size for file in state.glob("*.sqlite*"))
        seen.at_most("store", store / 1e6, 64, "MB")


@pytest.mark.fault("trainings that return what JSON cannot hold", "done; the list is answered")
async def test_no_result_breaks_the_list(start, seen, tmp_path):
    state = ("--state-dir", str(tmp_path / "state"))
    server = await start(*state, "--train-workers", "2")
    async with server.api() as api:
        trainings = [await api.model().train(result=result) for result in RESULTS]
        for training in trainings:
            await training.wait(20)
        before = [training.document for training in await api.model().trainings()]
        await server.end(signal.SIGKILL)
    statuses = {one["args"]["result"]: one["status"] for one in before}
    seen.holds(f"{len(RESULTS)} of them done", statuses == dict.fromkeys(RESULTS, "done"))
    seen.holds("all listed", [one["uuid"] for one in before] == [one.uuid for one in trainings])
    server = await start(*state)
    async with server.api() as api:
        after = [training.document for training in await api.model().trainings()]
    seen.holds("and again after a restart", after == before)


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
        async with server.api() as api:
            writers = [asyncio.create_task(write(api.model(), taken)) for _ in range(4)]
            await asyncio.sleep(chance.uniform(0.1, 0.5))
            await server.end(signal.SIGKILL)
            await asyncio.gather(*writers)
        with contextlib.closing(sqlite3.connect(folder / "deepaas.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    server = await start("--state-dir", str(folder))
    async with server.api() as api:
        known = {training.uuid: training.status for training in await api.model().trainings()}
        await api.predict()
    seen.holds(f"{kills} kills, file sound", True)
    seen.at_most(f"of {len(taken)} trainings, lost", len(set(taken) - set(known)), 0, "")
    seen.holds("all ended", not set(known.values()) & {"queued", "running"})


async def write(model, taken):
    """Start trainings until the server is gone; keep those that it has confirmed."""
    with contextlib.suppress(ServerUnreachable):
        while True:
            taken.append((await model.train(lines=50)).uuid)
