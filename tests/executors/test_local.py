"""A pool of processes on this machine."""

import asyncio
import logging
import os
import signal

import pytest

from deepaas.exceptions import WorkerDied, WorkerNotReady
from deepaas.executors import recovery
from deepaas.executors.base import State
from deepaas.executors.local import LocalExecutor
from deepaas.executors.pooled import PooledWorker
from tests.executors import jobs
from tests.executors.contract import ExecutorContract
from tests.executors.observing import Seen, alive, family, no_file_left, open_files


class TestEventLoopExecutor(ExecutorContract):
    """See ``ExecutorContract``: workers with an event loop do all that others do."""

    def make(self, setup, workers=1, output=None):
        return LocalExecutor(setup, workers, output, concurrency=1)


class TestLocalExecutor(ExecutorContract):
    """See ``ExecutorContract``."""

    def make(self, setup, workers=1, output=None, environments=()):
        return LocalExecutor(setup, workers, output, environments)

    async def test_workers_are_born_with_environments_which_they_take_in_turn(self, start, pipe):
        executor = await start(workers=3, environments=[{"DEVICE": "0"}, {"DEVICE": "1"}])
        devices = await self.devices(executor, pipe("told"), pipe("gate"), 3)
        assert sorted(devices) == ["0", "0", "1"]

    async def test_a_successor_takes_over_the_environment_of_the_worker_that_died(
        self, start, pipe
    ):
        executor = await start(workers=3, environments=[{"DEVICE": str(one)} for one in range(3)])
        told, gate = pipe("told"), pipe("gate")
        for _ in range(3):
            with pytest.raises(WorkerDied):
                await executor.run(jobs.end, 1)
            assert sorted(await self.devices(executor, told, gate, 3)) == ["0", "1", "2"]

    async def devices(self, executor, told, gate, workers):
        """Return the device of each worker: all are at a job at once."""
        calls = [
            asyncio.create_task(executor.run(jobs.meet_with, "DEVICE", told.path, gate.path))
            for _ in range(workers)
        ]
        devices = [await told.line() for _ in calls]
        gate.let(workers)
        await asyncio.gather(*calls)
        return devices

    async def test_it_says_how_it_is(self, start, monkeypatch, tmp_path):
        monkeypatch.setattr(recovery, "FIRST_PAUSE", 60.0)
        broken = tmp_path / "broken"
        executor = self.make(jobs.FailingWhile(broken))
        assert executor.condition == (State.UNLOADED, "")
        starting = asyncio.create_task(executor.start())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert executor.condition == (State.STARTING, "")
        await starting
        assert executor.condition == (State.READY, "")
        broken.touch()
        with pytest.raises(WorkerDied):
            await executor.run(jobs.end, 1)
        async with asyncio.timeout(20):
            with pytest.raises(WorkerNotReady):
                await executor.run(jobs.add, 1, 2)
        assert executor.condition == (State.FAILED, "LookupError: no weights now")
        await executor.close()
        assert executor.condition == (State.UNLOADED, "")

    async def test_with_a_worker_that_is_just_ending_another_is_as_good_as_starting(self, start):
        executor = await start()
        (ending,) = executor._workers
        ending.process.kill()
        assert executor.condition == (State.STARTING, "")

    async def test_of_a_worker_that_is_killed_while_it_gets_ready_this_is_said(
        self, start, monkeypatch, tmp_path
    ):
        monkeypatch.setattr(recovery, "FIRST_PAUSE", 60.0)
        broken = tmp_path / "broken"
        executor = await start(jobs.KilledWhile(broken))
        broken.touch()
        with pytest.raises(WorkerDied):
            await executor.run(jobs.end, 1)
        async with asyncio.timeout(60):
            with pytest.raises(WorkerNotReady, match=r": the worker process was killed by SIGKILL"):
                await executor.run(jobs.add, 1, 2)

    async def test_a_worker_keeps_its_state(self, start):
        executor = await start(jobs.Ready)
        calls = [await executor.run(jobs.count) for _ in range(3)]
        assert len({pid for pid, _ in calls}) == 1
        assert [count for _, count in calls] == [1, 2, 3]

    async def test_a_failed_start_leaves_no_process(self, start, eventually):
        before = family()
        with pytest.raises(WorkerNotReady):
            await start(jobs.Failing(), workers=3)

        async def left():
            return family() - before

        # On a busy machine the last of them is just being reaped.
        assert not await eventually(left, lambda those: not those, seconds=5)

    async def test_jobs_for_an_idle_worker_that_was_killed_are_run_by_its_successor(
        self, start, tmp_path
    ):
        executor = await start()
        for _ in range(3):
            worker = await executor.run(jobs.pid)
            os.kill(worker, signal.SIGKILL)
            # Nobody has noticed yet.
            seen = Seen()
            calls = [executor.run(jobs.pid, watcher=seen) for _ in range(10)]
            async with asyncio.timeout(20):
                successors = await asyncio.gather(*calls)
            assert len(set(successors)) == 1
            assert worker not in successors
            assert len(seen.starts) == 10
            assert not alive(worker)

    async def test_a_job_that_no_worker_lives_to_begin_fails(self, start, monkeypatch):
        executor = await start()

        def kill(worker):
            os.kill(worker.process.pid, signal.SIGKILL)

        monkeypatch.setattr(PooledWorker, "send", kill)
        async with asyncio.timeout(20):
            with pytest.raises((WorkerDied, WorkerNotReady)):
                await executor.run(jobs.add, 1, 2)

    async def test_workers_that_die_by_themselves_are_replaced_ever_later(
        self, start, pipe, monkeypatch, eventually, caplog
    ):
        monkeypatch.setattr(recovery, "FIRST_PAUSE", 600.0)
        monkeypatch.setattr(recovery, "LONGEST_PAUSE", 600.0)
        monkeypatch.setattr(recovery, "PATIENCE", 600.0)
        told = pipe("told")
        executor = await start(jobs.DyingAlways(told.path))
        # The first of them is replaced at once, its successor is not.
        await told.line()
        await told.line()

        async def deaths():
            return caplog.text.count("ended with exit code 7")

        await eventually(deaths, lambda count: count == 2)
        with pytest.raises(WorkerNotReady, match="exit code 7"):
            await executor.run(jobs.add, 1, 2)
        with pytest.raises(TimeoutError):
            await told.line(seconds=0.2)

    async def test_a_job_ends_the_pause_of_a_worker_that_could_not_be_replaced(
        self, start, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(recovery, "FIRST_PAUSE", 600.0)
        monkeypatch.setattr(recovery, "LONGEST_PAUSE", 600.0)
        failing = tmp_path / "failing"
        executor = await start(jobs.FailingWhile(failing))
        failing.touch()
        with pytest.raises(WorkerDied):
            await executor.run(jobs.end, 1)
        async with asyncio.timeout(20):
            with pytest.raises(WorkerNotReady, match="no weights now"):
                await executor.run(jobs.add, 1, 2)
        async with asyncio.timeout(0.5):
            with pytest.raises(WorkerNotReady, match="no weights now"):
                await executor.run(jobs.add, 1, 2)
        failing.unlink()
        monkeypatch.setattr(recovery, "PATIENCE", 0.0)
        async with asyncio.timeout(20):
            assert await executor.run(jobs.add, 1, 2) == 3

    async def test_starts_that_fail_for_want_of_files_leave_none_open_and_are_repeated(
        self, start, monkeypatch
    ):
        monkeypatch.setattr(recovery, "FIRST_PAUSE", 0.01)
        monkeypatch.setattr(recovery, "LONGEST_PAUSE", 0.01)
        executor = await start()
        before = open_files()
        worker = await executor.run(jobs.pid)
        with no_file_left():
            os.kill(worker, signal.SIGKILL)
            for _ in range(20):
                with pytest.raises(WorkerNotReady):
                    await executor.run(jobs.add, 1, 2)
                monkeypatch.setattr(recovery, "PATIENCE", 0.0)
        async with asyncio.timeout(20):
            assert await executor.run(jobs.add, 1, 2) == 3
        assert open_files() <= before + 2

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

    async def test_a_worker_whose_job_does_not_end_when_it_is_interrupted_is_replaced_in_time(
        self, start, pipe
    ):
        executor = await start()
        told, left = pipe("told"), asyncio.Event()
        job = executor.run(jobs.persist, told.path, abandoned=left.set, patience=0.2)
        call = asyncio.create_task(job)
        worker = int(await told.line())
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await told.line() == "interrupted"
        async with asyncio.timeout(60):
            await left.wait()
            assert await executor.run(jobs.pid) != worker

    async def test_a_job_that_ends_when_it_is_interrupted_costs_no_worker(self, start, pipe):
        executor = await start()
        told, left = pipe("told"), asyncio.Event()
        job = executor.run(jobs.sleep, told.path, abandoned=left.set, patience=30)
        call = asyncio.create_task(job)
        worker = int(await told.line())
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        async with asyncio.timeout(20):
            # Long before its time is over.
            await left.wait()
        assert await executor.run(jobs.pid) == worker

    async def test_a_job_that_waits_behind_one_and_is_given_up_is_stopped_when_it_begins(
        self, start, pipe
    ):
        executor = await start()
        for _ in range(20):
            # From here on jobs count as short, and are sent ahead.
            await executor.run(jobs.add, 1, 2)
        told, gate, left = pipe("told"), pipe("gate"), asyncio.Event()
        first = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        job = executor.run(jobs.sleep, told.path, abandoned=left.set, patience=60)
        second = asyncio.create_task(job)
        worker = await told.line()
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        gate.let()
        await first
        assert str(await executor.run(jobs.pid)) == worker

    async def test_a_worker_that_was_killed_to_cancel_its_job_is_no_reason_to_warn(
        self, start, pipe, caplog
    ):
        caplog.set_level(logging.INFO)
        executor = await start()
        told = pipe("told")
        call = asyncio.create_task(executor.run(jobs.sleep, told.path, kill=True))
        await told.line()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await executor.run(jobs.add, 1, 2) == 3
        (record,) = (one for one in caplog.records if "replacing it" in one.getMessage())
        assert record.levelname == "INFO"
        assert "ended, as its job was cancelled" in record.getMessage()
        caplog.clear()
        with pytest.raises(WorkerDied):
            await executor.run(jobs.end, 1)
        (record,) = (one for one in caplog.records if "replacing it" in one.getMessage())
        assert record.levelname == "WARNING"

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

    async def test_jobs_that_come_while_one_runs_long_wait_for_the_next_worker(
        self, start, pipe, tmp_path, monkeypatch
    ):
        executor = await start(workers=2)
        told, gate, crash = pipe("told"), pipe("gate"), pipe("crash")
        await self.learn_that_jobs_are_short(executor)
        long = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        await told.line()
        crashing = asyncio.create_task(executor.run(jobs.meet_and_end, told.path, crash.path))
        await told.line()
        now = executor.now
        monkeypatch.setattr(executor, "now", lambda: now() + 1)
        crash.let()
        with pytest.raises(WorkerDied):
            await crashing
        short = [asyncio.create_task(executor.run(jobs.add, number, 1)) for number in range(5)]
        assert await asyncio.wait_for(asyncio.gather(*short), 20) == [1, 2, 3, 4, 5]
        assert not long.done()
        gate.let()
        await long

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


class TestConcurrency:
    """Jobs that run at once in a worker."""

    @pytest.fixture
    async def start(self):
        executors = []

        async def start_one(setup=jobs.no_setup, workers=1, concurrency=4):
            executors.append(LocalExecutor(setup, workers, concurrency=concurrency))
            await executors[-1].start()
            return executors[-1]

        yield start_one
        for executor in executors:
            await executor.close()

    async def test_as_many_run_at_once_as_may_and_the_others_wait(self, start, pipes):
        told, gate = pipes
        executor = await start(concurrency=3)
        seen = [Seen() for _ in range(5)]
        calls = [
            asyncio.create_task(executor.run(jobs.answer_after, told.path, gate.path, watcher=one))
            for one in seen
        ]
        workers = {await told.line() for _ in range(3)}
        assert [len(one.starts) for one in seen] == [1, 1, 1, 0, 0]
        gate.let(5)
        workers |= {await told.line() for _ in range(2)}
        assert {str(pid) for pid in await asyncio.gather(*calls)} == workers
        assert len(workers) == 1

    async def test_they_are_spread_over_workers(self, start, pipes):
        told, gate = pipes
        executor = await start(workers=2, concurrency=2)
        calls = [
            asyncio.create_task(executor.run(jobs.answer_after, told.path, gate.path))
            for _ in range(4)
        ]
        workers = [await told.line() for _ in calls]
        assert sorted(map(workers.count, set(workers))) == [2, 2]
        gate.let(4)
        await asyncio.gather(*calls)

    async def test_one_that_is_cancelled_ends_alone(self, start, pipes):
        told, _ = pipes
        executor = await start()
        left = asyncio.Event()
        calls = [
            asyncio.create_task(executor.run(jobs.hang, told.path, abandoned=left.set))
            for _ in range(2)
        ]
        worker = {await told.line() for _ in calls}
        calls[0].cancel()
        assert await told.line() == "cancelled"
        await asyncio.wait_for(left.wait(), 20)
        assert {str(await executor.run(jobs.pid))} == worker
        assert not calls[1].done()
        calls[1].cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def test_one_that_does_not_end_in_time_takes_its_worker_along_but_no_other_job(
        self, start, pipes
    ):
        told, gate = pipes
        executor = await start()
        other = asyncio.create_task(executor.run(jobs.answer_after, told.path, gate.path))
        worker = await told.line()
        left = asyncio.Event()
        job = executor.run(jobs.persist_later, told.path, abandoned=left.set, patience=0.2)
        call = asyncio.create_task(job)
        assert await told.line() == worker
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert await told.line() == "interrupted"
        # What comes now waits for the next worker.
        later = [asyncio.create_task(executor.run(jobs.pid)) for _ in range(3)]
        gate.let()
        async with asyncio.timeout(60):
            assert str(await other) == worker
            await left.wait()
            assert len(await asyncio.gather(*later)) == 3
            assert str(await executor.run(jobs.pid)) != worker

    async def test_one_that_is_cancelled_before_it_begins_leaves_its_place(self, start):
        executor = await start(concurrency=2)
        for _ in range(20):
            calls = [asyncio.create_task(executor.run(jobs.hang, os.devnull)) for _ in range(2)]
            await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        async with asyncio.timeout(20):
            assert await executor.run(jobs.add_later, 1, 2) == 3

    async def test_a_crash_fails_those_that_had_begun_and_others_run_elsewhere(self, start, pipes):
        told, _ = pipes
        executor = await start(concurrency=3)
        calls = [asyncio.create_task(executor.run(jobs.hang, told.path)) for _ in range(2)]
        for _ in calls:
            await told.line()
        crashing = asyncio.create_task(executor.run(jobs.exit_later))
        waiting = [asyncio.create_task(executor.run(jobs.add_later, 1, one)) for one in range(9)]
        async with asyncio.timeout(20):
            fates = await asyncio.gather(*calls, crashing, return_exceptions=True)
            assert all(isinstance(fate, WorkerDied) for fate in fates)
            assert await asyncio.gather(*waiting) == list(range(1, 10))

    async def test_each_job_reports_for_itself(self, start):
        executor = await start()
        seen = [Seen() for _ in range(3)]
        calls = [
            executor.run(jobs.narrate_beside_others, 50, number, watcher=one)
            for number, one in enumerate(seen)
        ]
        assert await asyncio.gather(*calls) == [0, 1, 2]
        for number, one in enumerate(seen):
            assert one.reports == [(number, step) for step in range(50)]

    async def test_a_stream_that_nobody_reads_holds_no_other_up(self, start):
        executor = await start()
        held = await executor.run(jobs.give_asynchronously, 1000)
        assert (await anext(held))[0] == 0
        for _ in range(3):
            stream = await executor.run(jobs.give_asynchronously, 100)
            assert [number async for number, _ in stream] == list(range(100))
        assert [number async for number, _ in held] == list(range(1, 1000))
        assert held.result == 1000
