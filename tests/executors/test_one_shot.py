"""A process for each job."""

import asyncio

from deepaas.executors.one_shot import OneShotExecutor
from tests.executors import jobs
from tests.executors.contract import ExecutorContract
from tests.executors.observing import Seen


class TestOneShotExecutor(ExecutorContract):
    """See ``ExecutorContract``."""

    def make(self, setup, workers=1, output=None, environments=()):
        return OneShotExecutor(setup, workers, output, environments)

    async def test_jobs_that_run_at_once_take_environments_in_turn(self, start, pipe):
        executor = await start(workers=2, environments=[{"DEVICE": "0"}, {"DEVICE": "1"}])
        told, gate = pipe("told"), pipe("gate")
        calls = [
            asyncio.create_task(executor.run(jobs.meet_with, "DEVICE", told.path, gate.path))
            for _ in range(4)
        ]
        for _ in range(2):
            assert sorted([await told.line(), await told.line()]) == ["0", "1"]
            gate.let(2)
        await asyncio.gather(*calls)

    async def test_each_job_has_a_process_of_its_own(self, start):
        executor = await start(jobs.Ready)
        calls = [await executor.run(jobs.count) for _ in range(3)]
        assert len({pid for pid, _ in calls}) == 3
        assert {count for _, count in calls} == {1}

    async def test_no_more_jobs_run_at_once_than_allowed(self, start, pipe):
        executor = await start(workers=2)
        told, gate = pipe("told"), pipe("gate")
        seen = [Seen() for _ in range(3)]

        def begun():
            return [len(one.starts) for one in seen]

        calls = [
            asyncio.create_task(executor.run(jobs.meet, told.path, gate.path, watcher=one))
            for one in seen
        ]
        await told.line()
        await told.line()
        assert begun() == [1, 1, 0]
        gate.let()
        await told.line()
        assert begun() == [1, 1, 1]
        gate.let(2)
        await asyncio.gather(*calls)
