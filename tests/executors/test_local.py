"""A pool of processes on this machine."""

import asyncio
import os
import signal

import pytest

from deepaas.exceptions import WorkerDied, WorkerNotReady
from deepaas.executors import recovery
from deepaas.executors.local import LocalExecutor
from tests.executors import jobs
from tests.executors.contract import SOON, ExecutorContract, alive, family


class TestLocalExecutor(ExecutorContract):
    """See ``ExecutorContract``."""

    def make(self, setup, workers=1, output=None):
        return LocalExecutor(setup, workers, output)

    async def test_a_worker_keeps_its_state(self, start):
        executor = await start(jobs.Ready)
        calls = [await executor.run(jobs.count) for _ in range(3)]
        assert len({pid for pid, _ in calls}) == 1
        assert [count for _, count in calls] == [1, 2, 3]

    async def test_a_failed_start_leaves_no_process(self, start):
        before = family()
        with pytest.raises(WorkerNotReady):
            await start(jobs.Failing(), workers=3)
        assert family() <= before

    async def test_an_idle_worker_that_is_killed_is_replaced(self, start):
        executor = await start()
        worker = await executor.run(jobs.pid)
        os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(20):
            try:
                async with asyncio.timeout(SOON):
                    successor = await executor.run(jobs.pid)
            except (WorkerDied, TimeoutError):
                successor = await executor.run(jobs.pid)
        assert successor != worker
        assert not alive(worker)

    async def test_a_worker_that_dies_right_after_its_setup_is_replaced(self, start, tmp_path):
        executor = await start(jobs.DyingSoon(tmp_path / "died"))
        async with asyncio.timeout(20):
            while True:
                try:
                    assert await executor.run(jobs.add, 1, 2) == 3
                    break
                except WorkerDied:
                    continue

    async def test_callers_hear_when_no_worker_can_be_set_up_any_more(
        self, start, tmp_path, monkeypatch, caplog
    ):
        monkeypatch.setattr(recovery, "FIRST_PAUSE", 0.01)
        executor = await start(jobs.FailingFrom(tmp_path / "count", 1))
        with pytest.raises(WorkerDied):
            await executor.run(jobs.end, 1)
        async with asyncio.timeout(10):
            with pytest.raises(WorkerNotReady, match="no weights any more"):
                await executor.run(jobs.add, 1, 2)
        assert "A worker cannot be replaced" in caplog.text

    async def test_a_cancelled_job_that_need_not_be_killed_is_interrupted_and_its_worker_goes_on(
        self, start, pipe
    ):
        executor = await start()
        told, left = pipe("told"), asyncio.Event()
        call = asyncio.create_task(executor.run(jobs.sleep, told.path, abandoned=left.set))
        worker = int(await told.line())
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        async with asyncio.timeout(5):
            assert await executor.run(jobs.pid) == worker
            await left.wait()

    async def test_an_interruption_that_comes_too_late_hits_no_other_job(self, start):
        executor = await start()
        (worker,) = executor._workers
        await executor.run(jobs.add, 0, 0)
        for number in range(200):
            running = asyncio.create_task(executor.run(jobs.add, number, 1))
            await asyncio.sleep(0)
            worker.process.channels.interrupt(worker.jobs[0].number - 1)
            assert await running == number + 1

    async def test_short_jobs_do_not_wait_behind_a_long_one_while_a_worker_is_free(
        self, start, pipe, tmp_path
    ):
        executor = await start(workers=2)
        told, gate, evidence = pipe("told"), pipe("gate"), tmp_path / "evidence"
        await self.learn_that_jobs_are_short(executor)
        long = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        short = [
            asyncio.create_task(executor.run(jobs.write_down, str(evidence), number))
            for number in range(40)
        ]
        assert await asyncio.wait_for(asyncio.gather(*short), 20) == list(range(40))
        assert not long.done()
        gate.let()
        await long
        assert sorted(map(int, evidence.read_text().split())) == list(range(40))

    async def test_the_successor_of_a_crashed_worker_takes_over_what_waits_behind_a_long_job(
        self, start, pipe, tmp_path
    ):
        executor = await start(workers=2)
        told, gate, evidence = pipe("told"), pipe("gate"), tmp_path / "evidence"
        crash = pipe("crash")
        await self.learn_that_jobs_are_short(executor)
        long = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        crashing = asyncio.create_task(executor.run(jobs.meet_and_end, told.path, crash.path))
        short = [
            asyncio.create_task(executor.run(jobs.write_down, str(evidence), number))
            for number in range(20)
        ]
        await told.line()
        await told.line()
        crash.let()
        with pytest.raises(WorkerDied):
            await crashing
        assert await asyncio.wait_for(asyncio.gather(*short), 20) == list(range(20))
        assert not long.done()
        gate.let()
        await long
        assert sorted(map(int, evidence.read_text().split())) == list(range(20))

    async def test_what_was_sent_ahead_to_a_worker_that_crashes_runs_elsewhere_exactly_once(
        self, start, pipe, tmp_path
    ):
        executor = await start()
        told, crash, evidence = pipe("told"), pipe("crash"), tmp_path / "evidence"
        for _ in range(3):
            await self.learn_that_jobs_are_short(executor)
            crashing = asyncio.create_task(executor.run(jobs.meet_and_end, told.path, crash.path))
            short = [
                asyncio.create_task(executor.run(jobs.write_down, str(evidence), number))
                for number in range(20)
            ]
            await told.line()
            crash.let()
            with pytest.raises(WorkerDied):
                await crashing
            assert await asyncio.wait_for(asyncio.gather(*short), 20) == list(range(20))
            assert sorted(map(int, evidence.read_text().split())) == list(range(20))
            evidence.unlink()

    async def learn_that_jobs_are_short(self, executor):
        for _ in range(10):
            await asyncio.gather(*(executor.run(jobs.add, 1, 2) for _ in range(20)))
