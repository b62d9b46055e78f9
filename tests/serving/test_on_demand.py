"""Workers that are there only while they are needed."""

import asyncio
import functools

import pytest

from deepaas.exceptions import ExecutorClosed, WorkerNotReady
from deepaas.executors.base import State
from deepaas.executors.local import LocalExecutor
from deepaas.serving.on_demand import OnDemand
from tests.executors import jobs
from tests.executors.contract import ExecutorContract
from tests.executors.observing import alive, family


class TestOnDemand(ExecutorContract):
    """See ``ExecutorContract``."""

    def make(self, setup, workers=1, output=None, lazy=False, unload_after=0.0):
        def pool():
            return LocalExecutor(setup, workers, output)

        return OnDemand("some", pool, workers, lazy, unload_after)

    @pytest.fixture
    def lazy(self, start):
        """Start an executor that leaves the rest to its first job."""
        return functools.partial(start, lazy=True)

    async def test_nothing_runs_before_the_first_job(self, lazy):
        before = family()
        executor = await lazy()
        assert family() == before
        assert executor.ready
        assert (executor.condition, executor.processes) == ((State.UNLOADED, ""), [])
        assert await executor.run(jobs.add, 1, 2) == 3
        assert executor.condition == (State.READY, "")
        assert all(map(alive, executor.processes))

    async def test_one_that_is_not_lazy_is_there_from_the_start(self, start):
        executor = await start()
        assert executor.condition == (State.READY, "")

    async def test_jobs_that_come_while_it_is_loaded_wait_for_that_one_load(self, lazy, pipe):
        told, gate = pipe("told"), pipe("gate")
        executor = await lazy(jobs.Meeting(told.path, gate.path))
        calls = [asyncio.create_task(executor.run(jobs.add, number, 1)) for number in range(5)]
        await told.line()
        calls += [asyncio.create_task(executor.run(jobs.add, 5, 1))]
        await asyncio.sleep(0)
        assert executor.condition == (State.STARTING, "")
        assert executor.ready
        assert len(executor.processes) == 1
        gate.let()
        assert await asyncio.gather(*calls) == [1, 2, 3, 4, 5, 6]

    async def test_whoever_leaves_while_it_is_loaded_does_not_end_the_load(self, lazy, pipe):
        told, gate = pipe("told"), pipe("gate")
        executor = await lazy(jobs.Meeting(told.path, gate.path))
        leaving = asyncio.create_task(executor.run(jobs.add, 1, 1))
        await told.line()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        staying = asyncio.create_task(executor.run(jobs.add, 1, 2))
        gate.let()
        assert await staying == 3

    async def test_a_load_that_fails_fails_those_who_wait_and_the_next_job_has_it_tried_again(
        self, lazy, tmp_path
    ):
        broken = tmp_path / "broken"
        broken.touch()
        executor = await lazy(jobs.FailingWhile(broken))
        calls = (executor.run(jobs.add, 1, 2) for _ in range(3))
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(one) for one in failures} == {WorkerNotReady}
        assert {str(one) for one in failures} == {"LookupError: no weights now"}
        assert executor.condition == (State.FAILED, "LookupError: no weights now")
        assert executor.ready
        broken.unlink()
        assert await executor.run(jobs.add, 1, 2) == 3
        assert executor.condition == (State.READY, "")

    async def test_a_job_that_comes_while_it_is_unloaded_waits_until_it_is_there_again(self, lazy):
        executor = await lazy(jobs.Ready)
        first, _ = await executor.run(jobs.count)
        assert executor.unload("a test wants it")
        assert executor.condition == (State.UNLOADED, "")
        second, calls = await executor.run(jobs.count)
        assert not alive(first)
        assert (second != first, calls) == (True, 1)

    async def test_what_is_at_a_job_is_not_unloaded(self, lazy, pipe):
        executor = await lazy()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        await told.line()
        assert not executor.unload("a test wants it")
        gate.let()
        assert str(await call)
        assert executor.unload("a test wants it")
        assert not executor.unload("a test wants it")

    async def test_it_is_unloaded_after_some_time_without_a_job_and_not_during_a_long_one(
        self, lazy, pipe, eventually
    ):
        busy, idle = await lazy(unload_after=0.05), await lazy(unload_after=0.05)
        told, gate = pipe("told"), pipe("gate")

        async def state():
            return idle.condition.state

        await busy.run(jobs.add, 1, 2)
        call = asyncio.create_task(busy.run(jobs.meet, told.path, gate.path))
        await told.line()
        for _ in range(2):
            await idle.run(jobs.add, 1, 2)
            await eventually(state, lambda state: state is State.UNLOADED)
        assert busy.condition.state is State.READY
        gate.let()
        await call
        await eventually(lambda: asyncio.sleep(0, busy.condition), lambda one: one[0] == "unloaded")

    async def test_no_job_fails_however_often_it_is_unloaded(self, lazy):
        executor = await lazy(jobs.Ready)

        async def keep_unloading():
            while True:
                executor.unload("a test wants it")
                await asyncio.sleep(0)

        async def call(turns):
            for _ in range(turns):
                await asyncio.sleep(0)
            return await executor.run(jobs.count)

        unloading = asyncio.create_task(keep_unloading())
        pids = set()
        for _ in range(4):
            answers = await asyncio.gather(*(call(turns) for turns in range(2, 12)))
            assert {count for _, count in answers} <= set(range(1, 11))
            pids |= {pid for pid, _ in answers}
        unloading.cancel()
        assert len(pids) >= 4

    async def test_closing_while_it_is_loaded_fails_those_who_wait(self, lazy, pipe):
        before = family()
        told, gate = pipe("told"), pipe("gate")
        executor = await lazy(jobs.Meeting(told.path, gate.path))
        calls = [asyncio.create_task(executor.run(jobs.add, 1, 2)) for _ in range(3)]
        await told.line()
        await asyncio.wait_for(executor.close(), 10)
        fates = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(fate) for fate in fates} == {ExecutorClosed}
        assert executor.condition == (State.UNLOADED, "")
        assert family() <= before
