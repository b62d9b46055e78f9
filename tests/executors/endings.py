"""What every executor does when workers die, or are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import psutil
import pytest

from deepaas.exceptions import WorkerDied
from deepaas.executors import process, recovery
from tests.executors import jobs
from tests.executors.observing import Seen, alive, family, living, no_file_left, open_files

# No caller waits longer for the news that its worker has died, in seconds.
SOON = 1.0


class EndingContract:
    """A part of ``ExecutorContract``."""

    @pytest.mark.parametrize(
        ("job", "args", "fate"),
        [
            (jobs.end, (0,), "exit code 0"),
            (jobs.end, (7,), "exit code 7"),
            (jobs.crash, (), "SIGSEGV"),
            (jobs.kill_oneself, (), "SIGKILL"),
            (jobs.hang_up, (), "worker process"),
        ],
    )
    async def test_the_death_of_a_worker_reaches_its_caller_soon_and_the_next_job_works(
        self, start, pipe, job, args, fate
    ):
        executor = await start()
        seen = Seen()
        with pytest.raises(WorkerDied, match=fate):
            await executor.run(job, *args, watcher=seen)
        # A one-shot worker has to be set up first.
        assert time.monotonic() - seen.starts[0] < SOON + 2
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_a_busy_worker_that_is_killed_fails_its_caller_soon(self, start, pipe):
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        os.kill(int(await told.line()), signal.SIGKILL)
        async with asyncio.timeout(SOON):
            with pytest.raises(WorkerDied, match="SIGKILL"):
                await call
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    @pytest.mark.parametrize("output", [None, lambda data: None])
    async def test_children_that_hold_its_files_do_not_hide_a_workers_death(
        self, start, pipe, output
    ):
        executor = await start(output=output)
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(executor.run(jobs.raise_a_family_and_end, told.path, gate.path))
        children = [int(one) for one in (await told.line()).split()]
        assert all(map(alive, children))
        gate.let()
        async with asyncio.timeout(SOON):
            with pytest.raises(WorkerDied, match="exit code 1"):
                await call
        assert not any(map(alive, children))
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_many_crashes_in_a_row_are_recovered_from_soon_and_leave_no_file_open(
        self, start
    ):
        executor = await start()
        await executor.run(jobs.add, 1, 2)
        before = open_files()
        for _ in range(6):
            async with asyncio.timeout(2):
                with pytest.raises(WorkerDied):
                    await executor.run(jobs.end, 1)
        assert await executor.run(jobs.add, 1, 2) == 3
        assert open_files() < before + 6

    @pytest.mark.parametrize(
        ("child_ends", "code"), [("returning", 0), ("leaving", 7), ("raising", 1)]
    )
    async def test_a_forked_child_that_comes_back_from_a_job_ends_and_answers_nothing(
        self, start, child_ends, code
    ):
        executor = await start()
        calls = [executor.run(jobs.fork, child_ends), executor.run(jobs.add, 1, 2)]
        assert await asyncio.wait_for(asyncio.gather(*calls), 20) == [code, 3]

    async def test_a_job_that_writes_to_any_file_disturbs_nobody(self, start):
        executor = await start(output=lambda data: None)
        assert await asyncio.wait_for(executor.run(jobs.scribble, 0, 256), 20) == "done"
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_a_worker_that_sends_what_is_no_answer_is_replaced(self, start):
        executor = await start()
        async with asyncio.timeout(20):
            with pytest.raises(WorkerDied, match="no answer"):
                await executor.run(jobs.scribble, 256, 1024)
            assert await executor.run(jobs.add, 1, 2) == 3

    async def test_an_orphan_that_ends_leaves_no_zombie(self, start, pipe, eventually):
        executor = await start()
        told = pipe("told")
        await executor.run(jobs.leave_an_orphan, told.path)
        orphan = int(await told.line())

        async def exists():
            return psutil.pid_exists(orphan)

        await eventually(exists, lambda there: not there)

    async def test_a_worker_whose_keeper_is_killed_ends_with_its_children(
        self, start, pipe, eventually
    ):
        executor = await start()
        told = pipe("told")
        call = asyncio.create_task(executor.run(jobs.have_a_detached_child, told.path))
        child = int(await told.line())
        worker = psutil.Process(child).parent()
        worker.parent().kill()
        async with asyncio.timeout(SOON):
            with pytest.raises(WorkerDied, match="SIGKILL"):
                await call
        await eventually(living(child, worker.pid), lambda pids: not pids, seconds=5)
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_a_worker_whose_keeper_is_held_up_can_be_killed(
        self, start, pipe, monkeypatch, eventually
    ):
        monkeypatch.setattr(process, "PATIENCE", 0.1)
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path, kill=True))
        worker = psutil.Process(int(await told.line()))
        worker.parent().suspend()
        call.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await call
        await eventually(living(worker.pid), lambda pids: not pids, seconds=5)
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_a_death_is_noticed_when_no_file_can_be_opened(self, start, pipe, monkeypatch):
        monkeypatch.setattr(recovery, "PATIENCE", 0.0)
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        keeper = psutil.Process(int(await told.line())).ppid()
        with no_file_left():
            os.kill(keeper, signal.SIGKILL)
            async with asyncio.timeout(SOON + 2):
                with pytest.raises(WorkerDied):
                    await call
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_a_job_can_be_killed_when_no_file_can_be_opened(self, start, pipe, monkeypatch):
        monkeypatch.setattr(recovery, "PATIENCE", 0.0)
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(
            executor.run(jobs.raise_a_family, told.path, gate.path, kill=True)
        )
        children = [int(one) for one in (await told.line()).split()]
        with no_file_left():
            call.cancel()
            async with asyncio.timeout(SOON):
                with pytest.raises(asyncio.CancelledError):
                    await call
        assert not any(map(alive, children))
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_removing_what_a_killed_job_left_may_fail(self, start, pipe):
        def broken() -> None:
            raise OSError("the disk is gone")

        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(
            executor.run(jobs.meet, told.path, gate.path, abandoned=broken, kill=True)
        )
        await told.line()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    @pytest.mark.parametrize("output", [None, lambda data: None])
    async def test_killing_a_cancelled_job_kills_all_that_it_started(self, start, pipe, output):
        executor = await start(output=output)
        told, gate = pipe("told"), pipe("gate")
        before = family()
        call = asyncio.create_task(
            executor.run(jobs.raise_a_family, told.path, gate.path, kill=True)
        )
        children = [int(one) for one in (await told.line()).split()]
        assert all(map(alive, children))
        call.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await call
        assert not any(map(alive, children))
        assert not {one.pid for one in family() - before} & set(children)
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_a_job_that_is_cancelled_twice_is_killed_all_the_same(self, start, pipe):
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        before = open_files()
        for _ in range(3):
            call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path, kill=True))
            worker = int(await told.line())
            call.cancel()
            await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3
            assert not alive(worker)
        assert open_files() < before + 3

    async def test_jobs_that_wait_behind_crashing_ones_all_run_exactly_once(
        self, start, pipe, tmp_path
    ):
        executor = await start(workers=3)
        told, gate, evidence = pipe("told"), pipe("gate"), tmp_path / "evidence"
        crashing = [
            asyncio.create_task(executor.run(jobs.meet_and_end, told.path, gate.path))
            for _ in range(3)
        ]
        workers = {await told.line() for _ in crashing}
        assert len(workers) == 3
        waiting = [
            asyncio.create_task(executor.run(jobs.write_down, str(evidence), number))
            for number in range(8)
        ]
        await asyncio.sleep(0)
        gate.let(3)
        fates = await asyncio.gather(*crashing, return_exceptions=True)
        assert all(isinstance(fate, WorkerDied) for fate in fates)
        assert await asyncio.wait_for(asyncio.gather(*waiting), 60) == list(range(8))
        assert sorted(map(int, evidence.read_text().split())) == list(range(8))
