"""Trainings whose process is killed, or their server."""

import signal

import psutil
import pytest

from deepaas.client import LogEvent, MetricEvent
from tests.faults.asking import timed, until
from tests.faults.server import left


@pytest.mark.fault(
    "process of a training SIGKILLed", "error ≤ 3 s, which says how; no process of it left"
)
async def test_a_training_whose_process_is_killed_is_an_error(start, seen):
    server = await start()
    others = set(server.family())
    async with server.api() as api:
        for number, whom in enumerate(("worker", "keeper"), 1):
            training = await api.model().train(seconds=600, children=True)
            *_, told = await server.heard(r"trains (\d+)", number)
            family = set(await server.family_with(2, ended=2 * (number - 1))) - others
            worker = psutil.Process(int(told[1]))
            (worker if whom == "worker" else worker.parent()).kill()
            seconds, _ = await timed(training.wait(20))
            remaining = left(family)
            assert training.status == "error"
            seen.at_most(f"{whom} killed: error after", seconds, 3)
            seen.holds("says how", "was killed by SIGKILL" in training.message)
            seen.holds("no process left", not remaining)
        again = await api.model().train()
        assert (await again.wait(20)).status == "done"


@pytest.mark.fault(
    "server SIGKILLed while it trains",
    "no process left after 5 s; then interrupted, with log, metrics and arguments; resumed",
)
async def test_a_training_whose_server_is_killed_is_interrupted_and_resumed(start, seen, tmp_path):
    state = ("--state-dir", str(tmp_path / "state"))
    server = await start(*state)
    async with server.api() as api:
        training = await api.model().train(seconds=600, children=True)
        queued = await api.model().train(lines=3)
        told = await told_until(training, "trains")
        family = await server.family_with(children=2)
        await server.end(signal.SIGKILL)
    gone = await until(lambda: nothing(family))
    seen.at_most("no process left after", gone, 5)

    server = await start(*state)
    async with server.api() as api:
        found, waited = await api.model().trainings()
        assert (found.uuid, waited.uuid) == (training.uuid, queued.uuid)
        seen.holds("interrupted", {found.status, waited.status} == {"interrupted"})
        events = [event async for event in found.events()]
        seen.holds("nothing lost that was told", events[: len(told)] == told)
        log = "".join([text async for text in found.log()])
        seen.holds("log", "trains" in log)
        values = (await found.metric_values())["loss"]
        seen.holds(
            "metrics", found.metrics == {"loss": 0.5} and [one.value for one in values] == [0.5]
        )
        seen.holds("arguments", found.args == training.args)
        await found.resume()
        await found.wait(20)
        assert found.status == "done"
        seen.holds("resumed", found.result["output"]["resumed"])
        await waited.resume()
        assert (await waited.wait(20)).result["output"] == {"lines": 3, "resumed": False}


async def told_until(training, words):
    """Follow a training until it has told a metric and printed some words; return all events."""
    told = []
    async for event in training.events():
        told.append(event)
        printed = "".join(one.text for one in told if isinstance(one, LogEvent))
        # They come by different ways.
        if words in printed and any(isinstance(one, MetricEvent) for one in told):
            break
    return told


async def nothing(processes):
    """Tell whether none of these is left."""
    return not left(processes)
