"""Clients that leave, and clients that wait beside others."""

import asyncio

import pytest

from tests.faults.asking import calmest, predict, timed
from tests.faults.conftest import sized


@pytest.mark.fault(
    "200 clients that leave in mid-predict",
    "≤ 20 run to the end, next answer ≤ 2 s, no worker lost",
)
async def test_what_clients_that_leave_have_asked_for_is_not_done(start, seen):
    server = await start()
    clients = sized(50, 200)
    async with server.client() as client:
        assert await predict(client) == 200
        workers = server.workers()
        async with server.client() as leaving:
            calls = [asyncio.create_task(predict(leaving, seconds=0.5)) for _ in range(clients)]
            await server.heard("begun")
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        seconds, answer = await timed(predict(client))
        assert answer == 200
        ended = sum("ended" in line for line in server.lines)
        seen.at_most(f"of {clients}, run to the end:", ended, 20, "")
        seen.at_most("next answer after", seconds, 2)
        seen.holds("no worker lost", server.workers() == workers)


@pytest.mark.fault("100 MB answer", "others wait ≤ 0.25 s")
async def test_a_large_answer_holds_nobody_up(start, seen):
    server = await start("--workers", "2")
    megabytes = sized(30, 100)
    async with server.client() as client, server.client() as other:
        assert await predict(client) == 200

        async def longest():
            large = asyncio.create_task(predict(client, megabytes=megabytes))
            waits = []
            while not large.done():
                seconds, answer = await timed(predict(other))
                assert answer == 200
                waits.append(seconds)
            assert await large == 200
            return max(waits)

        seen.at_most("longest wait", await calmest(longest, 0.25), 0.25)
