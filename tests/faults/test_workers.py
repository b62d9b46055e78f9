"""Workers that are killed."""

import asyncio
import os
import signal
import time

import pytest

from tests.faults.asking import load, predict, status, timed, until
from tests.faults.conftest import sized

READY = "/v2/health/ready"


@pytest.mark.fault(
    "worker SIGKILLed in predict",
    "caller's 500 ≤ 1 s, next answer ≤ 3 s, full capacity ≤ 5 s; not ready while no worker lives",
)
async def test_a_worker_that_is_killed_fails_its_call_and_is_replaced(start, seen):
    server = await start("--workers", "2")
    async with server.client() as client:
        calls = [asyncio.create_task(predict(client, seconds=60)) for _ in range(2)]
        begun = await server.heard(r"begun (\d+)", 2)
        assert await status(client, READY) == 200
        for match in begun:
            os.kill(int(match[1]), signal.SIGKILL)

        async def unready():
            return await status(client, READY) == 503

        async def side_by_side():
            both = asyncio.gather(*(predict(client, seconds=0.5) for _ in range(2)))
            seconds, answers = await timed(both)
            return seconds < 0.9 and answers == [200, 200]

        killed = time.monotonic()
        saw_unready = asyncio.create_task(until(unready))
        seconds, answers = await timed(asyncio.gather(*calls))
        assert answers == [500, 500]
        seen.at_most("500 after", seconds, 1)
        seconds, answer = await timed(predict(client))
        assert answer == 200
        seen.at_most("next answer after", seconds, 3)
        await saw_unready
        seen.holds("not ready meanwhile", True)
        await until(side_by_side)
        seen.at_most("two side by side within", time.monotonic() - killed, 5)


@pytest.mark.fault("idle worker killed", "next predict 200")
async def test_a_call_after_an_idle_worker_was_killed_is_answered(start, seen):
    server = await start()
    async with server.client() as client:
        assert await predict(client) == 200
        server.kill_a_worker()
        seconds, answer = await timed(predict(client))
        seen.holds("200", answer == 200)
        seen.at_most("after", seconds, 3)


@pytest.mark.fault("20 crashes in a row", "20 recoveries ≤ 2 s each, descriptors ≤ +5")
async def test_crashes_in_a_row_are_recovered_from_and_cost_no_files(start, seen):
    server = await start()
    slowest = 0.0
    async with server.client() as client:
        assert await predict(client) == 200
        before = server.open_files()
        crashes = sized(8, 20)
        for crash in range(crashes):
            call = asyncio.create_task(predict(client, seconds=60))
            begun = await server.heard(r"begun (\d+)", crash + 1)
            os.kill(int(begun[-1][1]), signal.SIGKILL)
            assert await call == 500
            seconds, answer = await timed(predict(client))
            assert answer == 200
            slowest = max(slowest, seconds)
        seen.holds(f"{crashes} recoveries", True)
        seen.at_most("slowest", slowest, 2)
        seen.at_most("descriptors", server.open_files() - before, 5, "more")


@pytest.mark.fault("a worker killed every 2 s under load", "0 hangs, ≥ 99 % right")
async def test_workers_that_are_killed_under_load_fail_few_calls_and_none_hangs(start, seen):
    server = await start("--workers", "2")
    kills = sized(3, 30)
    async with server.client(seconds=10) as client, load(client, 8, seconds=0.01) as answers:
        for _ in range(kills):
            await asyncio.sleep(2)
            server.kill_a_worker()
        await asyncio.sleep(1)
    seen.holds(f"{kills} kills", answers.asked > 0)
    seen.at_most("hangs", answers.hung, 0, "")
    seen.at_least("right", 100 * answers.got[200] / answers.asked, 99, f"% of {answers.asked}")
