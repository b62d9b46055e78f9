"""What every executor does with jobs that stream, and with coroutine functions."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from deepaas.exceptions import ExecutorClosed, RemoteError, WorkerDied
from deepaas.executors.flow import MOST_ITEMS
from tests.executors import jobs
from tests.executors.observing import alive, open_files


class StreamContract:
    """A part of ``ExecutorContract``."""

    @pytest.mark.parametrize("job", [jobs.give, jobs.give_asynchronously, jobs.give_later])
    async def test_all_items_come_in_order_and_the_result_after_them(self, start, job):
        executor = await start()
        for count, size in ((1, 0), (500, 10), (5, 3_000_000)):
            stream = await executor.run(job, count, size)
            items = [(number, len(data)) async for number, data in stream]
            assert items == [(number, size) for number in range(count)]
            assert stream.result == count
        # A stream without items is its result.
        assert await executor.run(job, 0) == 0

    async def test_a_coroutine_function_is_a_job_like_any_other(self, start):
        executor = await start()
        assert await executor.run(jobs.add_later, 1, 2) == 3

    async def test_a_setup_that_is_a_coroutine_shares_its_loop_with_jobs(self, start):
        executor = await start(jobs.ReadyLater())
        assert await executor.run(jobs.in_the_loop_of)

    async def test_a_job_waits_until_its_items_are_taken(self, start, pipe):
        executor = await start()
        told = pipe("told")
        stream = await executor.run(jobs.give_and_tell, told.path, 10 * MOST_ITEMS)
        for number in range(MOST_ITEMS):
            assert await told.line() == str(number)
        with pytest.raises(TimeoutError):
            await told.line(0.2)
        assert [number async for number in stream] == list(range(10 * MOST_ITEMS))

    async def test_a_job_that_is_left_ends_and_its_files_are_closed(self, start, pipe):
        executor = await start()
        files = open_files()
        for taken in (0, 1, MOST_ITEMS):
            told = pipe(f"told{taken}")
            stream = await executor.run(jobs.give_and_tell, told.path, 1_000_000)
            for _ in range(taken):
                await anext(stream)
            await stream.aclose()
            await stream.aclose()
            async with asyncio.timeout(20):
                assert await executor.run(jobs.add, 1, 2) == 3
        assert open_files() <= files + 8

    @pytest.mark.parametrize("job", [jobs.give_whatever_comes, jobs.give_whatever_comes_later])
    @pytest.mark.parametrize("taken", [0, 100])
    async def test_a_job_that_takes_everything_for_its_own_exception_ends_as_well(
        self, start, pipe, job, taken
    ):
        executor = await start()
        told = pipe("told")
        stream = await executor.run(job, told.path)
        await told.line()
        for _ in range(taken):
            await anext(stream)
        await stream.aclose()
        async with asyncio.timeout(20):
            assert await executor.run(jobs.add, 1, 2) == 3

    async def test_a_failure_comes_after_the_items_before_it(self, start):
        executor = await start()
        stream = await executor.run(jobs.give_and_fail, 3, ValueError("enough"))
        assert [await anext(stream) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(RemoteError, match="enough"):
            await anext(stream)
        assert await executor.run(jobs.add, 1, 2) == 3

    async def test_a_failure_before_the_first_item_is_raised_at_once(self, start):
        executor = await start()
        with pytest.raises(RemoteError, match="enough"):
            await executor.run(jobs.give_and_fail, 0, ValueError("enough"))

    async def test_the_death_of_a_worker_ends_its_stream(self, start, pipe):
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        stream = await executor.run(jobs.give_and_meet, told.path, gate.path)
        assert await anext(stream) == 0
        worker = int(await told.line())
        os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(20):
            with pytest.raises(WorkerDied, match="SIGKILL"):
                await anext(stream)
            assert await executor.run(jobs.add, 1, 2) == 3
        assert not alive(worker)

    async def test_closing_ends_streams(self, start, pipe):
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        stream = await executor.run(jobs.give_and_meet, told.path, gate.path)
        assert await anext(stream) == 0
        await told.line()
        await asyncio.wait_for(executor.close(), 10)
        with pytest.raises(ExecutorClosed):
            await asyncio.wait_for(anext(stream), 10)

    async def test_draining_waits_for_streams(self, start):
        executor = await start()
        stream = await executor.run(jobs.give, 100)
        drained = asyncio.create_task(executor.drain())
        assert len([item async for item in stream]) == 100
        await asyncio.wait_for(drained, 20)
