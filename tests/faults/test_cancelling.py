"""Trainings that are cancelled, with all that they have started."""

import pytest

from tests.faults.asking import timed
from tests.faults.server import left


@pytest.mark.fault(
    "training cancelled that has started others",
    "≤ 5 s after the grace; no process of it left, whatever session or signals it has chosen",
)
async def test_a_cancelled_training_is_gone_with_all_that_it_has_started(start, seen):
    server = await start("--cancel-grace", "1")
    others = set(server.family())
    ways = {"never asks": (False, 0), "asks, and goes on for a grace of 1 s": (True, 1)}
    async with server.api() as api:
        for number, (how, (asks, grace)) in enumerate(ways.items(), 1):
            training = await api.model().train(seconds=600, children=True, asks=asks)
            await server.heard("trains", number)
            family = set(await server.family_with(2, ended=2 * (number - 1))) - others
            seconds, _ = await timed(training.cancel())
            remaining = left(family)
            assert training.status == "cancelled"
            assert seconds >= grace
            seen.at_most(f"one that {how}: after", seconds, grace + 5)
            seen.holds("no process left", not remaining)


@pytest.mark.fault("queued training cancelled", "≤ 0.5 s")
async def test_a_queued_training_is_cancelled_at_once(start, seen):
    server = await start()
    async with server.api() as api:
        running, *queued = [await api.model().train(seconds=600) for _ in range(11)]
        await server.heard("trains")
        slowest = 0.0
        for training in queued:
            seconds, _ = await timed(training.cancel())
            assert training.status == "cancelled"
            slowest = max(slowest, seconds)
        seen.at_most("slowest of 10", slowest, 0.5)
        assert (await running.refresh()).status == "running"
