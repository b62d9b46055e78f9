"""What every executor does, whatever it runs on: each backend's tests inherit this suite."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator

import psutil
import pytest

from deepaas.exceptions import ExecutorClosed, RemoteError, WorkerDied, WorkerNotReady
from deepaas.executors import process as process_module
from deepaas.executors import recovery
from deepaas.executors.base import Executor, Output, Setup, Watcher
from tests.executors import jobs
from tests.pipes import Pipe

# No caller waits longer for the news that its worker has died, in seconds.
SOON = 1.0


def family() -> set[psutil.Process]:
    """Return the living descendants of this process."""
    alive = set()
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                alive.add(process)
    return alive


def alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def open_files() -> int:
    """Return how many file descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))


@contextlib.contextmanager
def no_file_left() -> Iterator[None]:
    """This process can open no file."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(map(int, os.listdir("/proc/self/fd"))) + 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    with contextlib.ExitStack() as files:
        with contextlib.suppress(OSError):
            while True:
                files.enter_context(open("/dev/null"))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Seen(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.reports: list[object] = []
        self.output = bytearray()

    def started(self) -> None:
        self.starts.append(time.monotonic())

    def reported(self, report: object) -> None:
        self.reports.append(report)

    def printed(self, data: bytes) -> None:
        self.output += data


class ExecutorContract:
    """A backend's test class inherits this, and says how its executor is made."""

    def make(self, setup: Setup, workers: int = 1, output: Output | None = None) -> Executor:
        """Return an executor that has not been started."""
        raise NotImplementedError

    @pytest.fixture
    async def start(self) -> AsyncIterator[Callable[..., object]]:
        """Start an executor; in the end it is closed, and has left nothing behind."""
        before = family()
        async with contextlib.AsyncExitStack() as stack:

            async def start_one(setup: Setup = jobs.no_setup, **options) -> Executor:
                executor = self.make(setup, **options)
                stack.push_async_callback(executor.close)
                await executor.start()
                return executor

            yield start_one
        assert family() <= before

    @pytest.fixture
    def pipe(self, tmp_path):
        """Make named pipes by name."""
        with contextlib.ExitStack() as stack:

            def make(name: str) -> Pipe:
                made = Pipe(tmp_path / name)
                stack.callback(made.close)
                return made

            yield make

    async def test_a_job_gets_the_state_and_its_arguments_and_its_result_comes_back(self, start):
        executor = await start(jobs.Ready)
        assert await executor.run(jobs.add, 1, 2) == 3
        worker, _ = await executor.run(jobs.count)
        assert worker != os.getpid()

    async def test_each_caller_gets_its_own_result(self, start):
        executor = await start(workers=2)
        calls = [executor.run(jobs.add, number, 0.5) for number in range(10)]
        assert await asyncio.gather(*calls) == [number + 0.5 for number in range(10)]

    async def test_an_exception_comes_back_with_kind_text_and_trace(self, start):
        executor = await start()
        with pytest.raises(RemoteError) as caught:
            await executor.run(jobs.fail, ValueError("seven is too many"))
        assert (caught.value.kind, caught.value.text) == ("ValueError", "seven is too many")
        assert "in fail" in caught.value.trace
        assert str(caught.value) == "ValueError: seven is too many"

    @pytest.mark.parametrize(
        ("job", "kind", "text"),
        [
            (jobs.fail_awkwardly, "Awkward", "awkward"),
            (jobs.fail_demandingly, "Demanding", "1 and 2"),
            (jobs.fail_mutely, "Mute", ""),
            (jobs.leave, "SystemExit", "5"),
            (jobs.interrupt, "KeyboardInterrupt", ""),
        ],
    )
    async def test_an_unusual_exception_comes_back_and_the_worker_goes_on(
        self, start, job, kind, text
    ):
        executor = await start()
        with pytest.raises(RemoteError) as caught:
            await executor.run(job)
        assert caught.value.kind == kind
        assert text in caught.value.text
        assert job.__name__ in caught.value.trace
        assert await executor.run(jobs.add, 1, 2) == 3

    async def test_an_exception_with_a_huge_text_is_cut(self, start):
        executor = await start()
        with pytest.raises(RemoteError, match="ValueError: xxx") as caught:
            await executor.run(jobs.fail_long)
        assert len(caught.value.text) + len(caught.value.trace) < 200_000

    async def test_a_result_that_cannot_be_pickled_is_said_to_be(self, start):
        executor = await start()
        with pytest.raises(RemoteError, match=r"result cannot be sent.*lock"):
            await executor.run(jobs.answer_a_lock)
        assert await executor.run(jobs.add, 1, 2) == 3

    async def test_a_result_that_cannot_be_read_fails_its_caller_alone(self, start):
        executor = await start()
        async with asyncio.timeout(20):
            with pytest.raises((RemoteError, WorkerDied)):
                await executor.run(jobs.answer_unreadable)
            assert await executor.run(jobs.add, 1, 2) == 3

    async def test_arguments_that_cannot_be_read_fail_their_caller_alone(self, start):
        executor = await start()
        with pytest.raises(RemoteError, match="this cannot be read"):
            await executor.run(jobs.echo, jobs.Unreadable())
        assert await executor.run(jobs.add, 1, 2) == 3

    async def test_arguments_that_cannot_be_pickled_fail_at_once(self, start):
        executor = await start()
        with pytest.raises(TypeError, match="pickle"):
            await executor.run(jobs.echo, asyncio.get_running_loop())
        assert await executor.run(jobs.add, 1, 2) == 3

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
        for _ in range(20):
            async with asyncio.timeout(2):
                with pytest.raises(WorkerDied):
                    await executor.run(jobs.end, 1)
        assert await executor.run(jobs.add, 1, 2) == 3
        assert open_files() <= before + 5

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

        async def living():
            return [pid for pid in (child, worker.pid) if alive(pid)]

        await eventually(living, lambda pids: not pids, seconds=5)
        assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3

    async def test_a_worker_whose_keeper_is_held_up_can_be_killed(self, start, pipe, monkeypatch):
        monkeypatch.setattr(process_module, "PATIENCE", 0.1)
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path, kill=True))
        worker = psutil.Process(int(await told.line()))
        worker.parent().suspend()
        call.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await call
        assert not alive(worker.pid)
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

    async def test_files_that_are_named_like_the_standard_library_are_not_imported(
        self, start, tmp_path, monkeypatch
    ):
        for name in ("socket", "random", "pickle", "deepaas"):
            (tmp_path / f"{name}.py").write_text("raise RuntimeError('of the working directory')")
        monkeypatch.chdir(tmp_path)
        executor = await start()
        assert await executor.run(jobs.add, 1, 2) == 3

    async def test_prints_of_megabytes_hold_nothing_up_and_arrive(self, start):
        printed = bytearray()
        executor = await start(output=printed.extend)
        assert await asyncio.wait_for(executor.run(jobs.chat, 8), 30) == 8
        await executor.close()
        assert printed.count(b"x") > 7 * 1024 * 1024

    async def test_prints_of_megabytes_go_where_the_servers_go(self, start, capfd):
        executor = await start()
        assert await asyncio.wait_for(executor.run(jobs.chat, 2), 30) == 2
        captured = capfd.readouterr()
        assert (captured.out + captured.err).count("x") == 2 * (1024 * 1024 - 1)
        assert "the end" in captured.err

    async def test_an_output_that_raises_holds_nothing_up(self, start):
        def broken(data: bytes) -> None:
            raise OSError("the terminal is gone")

        executor = await start(output=broken)
        assert await asyncio.wait_for(executor.run(jobs.chat, 2), 30) == 2
        assert await asyncio.wait_for(executor.run(jobs.chat, 2), 30) == 2

    async def test_big_values_go_both_ways(self, start):
        executor = await start()
        value = os.urandom(1024) * 32 * 1024
        assert await executor.run(jobs.echo, value) == value

    @pytest.mark.parametrize(
        ("setup", "text"),
        [
            (jobs.Failing(), "LookupError: no weights here"),
            (jobs.Leaving(), "SystemExit: enough"),
            (jobs.Exiting(), "exit code 3"),
        ],
    )
    async def test_a_setup_that_fails_says_why(self, start, setup, text):
        with pytest.raises(WorkerNotReady, match=text):
            await (await start(setup)).run(jobs.add, 1, 2)

    async def test_started_is_called_once_before_the_result(self, start, pipe):
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        one, other = Seen(), Seen()
        first = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path, watcher=one))
        await told.line()
        assert len(one.starts) == 1
        second = asyncio.create_task(executor.run(jobs.add, 1, 2, watcher=other, kill=True))
        await asyncio.sleep(0)
        assert not other.starts
        gate.let()
        await asyncio.gather(first, second)
        assert (len(one.starts), len(other.starts)) == (1, 1)

    async def test_what_a_job_reports_arrives_in_order_before_its_result(self, start):
        executor = await start()
        calls = [Seen(), Seen()]
        results = await asyncio.gather(
            *(executor.run(jobs.narrate, 500, seen, watcher=one) for seen, one in enumerate(calls))
        )
        assert results == [0, 1]
        for number, seen in enumerate(calls):
            assert seen.reports == [(number, step) for step in range(500)]

    async def test_what_a_child_of_a_job_reports_disturbs_nobody(self, start):
        executor = await start()
        seen = Seen()
        assert await executor.run(jobs.fork_and_report, watcher=seen) == 0
        assert seen.reports == ["parent"]

    async def test_all_that_a_job_printed_is_known_before_its_result(self, start):
        executor = await start(output=lambda data: None)
        for words in ("first", "second"):
            seen = Seen()
            await executor.run(jobs.say, words, watcher=seen)
            assert seen.output.decode().splitlines()[-1] == words

    async def test_draining_lets_jobs_end_and_takes_no_more(self, start, pipe):
        executor = await start()
        told, gate = pipe("told"), pipe("gate")
        call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path))
        await told.line()
        drained = asyncio.create_task(executor.drain())
        await asyncio.sleep(0)
        with pytest.raises(ExecutorClosed):
            await executor.run(jobs.add, 1, 2)
        assert not drained.done()
        gate.let()
        await call
        await asyncio.wait_for(drained, 20)

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
        for _ in range(5):
            call = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path, kill=True))
            worker = int(await told.line())
            call.cancel()
            await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await asyncio.wait_for(executor.run(jobs.add, 1, 2), 20) == 3
            assert not alive(worker)
        assert open_files() <= before + 5

    async def test_a_queued_job_that_is_cancelled_never_runs(self, start, pipe, tmp_path):
        executor = await start()
        told, gate, evidence = pipe("told"), pipe("gate"), tmp_path / "evidence"
        running = asyncio.create_task(executor.run(jobs.meet, told.path, gate.path, kill=True))
        await told.line()
        queued = [
            asyncio.create_task(
                executor.run(jobs.write_down, str(evidence), number, kill=bool(number % 2))
            )
            for number in range(6)
        ]
        await asyncio.sleep(0)
        for call in queued[:4]:
            call.cancel()
        assert all(
            isinstance(one, asyncio.CancelledError)
            for one in await asyncio.gather(*queued[:4], return_exceptions=True)
        )
        assert not running.done()
        gate.let()
        await asyncio.gather(running, *queued[4:])
        assert sorted(evidence.read_text().split()) == ["4", "5"]

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
            for number in range(30)
        ]
        await asyncio.sleep(0)
        gate.let(3)
        fates = await asyncio.gather(*crashing, return_exceptions=True)
        assert all(isinstance(fate, WorkerDied) for fate in fates)
        assert await asyncio.wait_for(asyncio.gather(*waiting), 60) == list(range(30))
        assert sorted(map(int, evidence.read_text().split())) == list(range(30))

    async def test_closing_fails_all_callers_and_leaves_no_process(self, start, pipe):
        before = family()
        executor = await start(workers=2)
        told, gate = pipe("told"), pipe("gate")
        running = [
            asyncio.create_task(executor.run(jobs.raise_a_family, told.path, gate.path))
            for _ in range(2)
        ]
        children = [int(one) for _ in running for one in (await told.line()).split()]
        queued = [asyncio.create_task(executor.run(jobs.add, 1, 2)) for _ in range(4)]
        await asyncio.sleep(0)
        await asyncio.wait_for(executor.close(), 10)
        assert family() <= before
        assert not any(map(alive, children))
        fates = await asyncio.gather(*running, *queued, return_exceptions=True)
        assert all(isinstance(fate, ExecutorClosed) for fate in fates)
        with pytest.raises(ExecutorClosed):
            await executor.run(jobs.add, 1, 2)

    async def test_closing_while_a_worker_gets_ready_leaves_no_process(self, start):
        before = family()
        executor = await start()
        call = asyncio.create_task(executor.run(jobs.end, 1))
        await asyncio.sleep(0)
        await asyncio.wait_for(executor.close(), 10)
        assert family() <= before
        with pytest.raises((ExecutorClosed, WorkerDied)):
            await call

    @pytest.mark.parametrize("steps", range(1, 12))
    async def test_closing_at_any_step_of_a_start_leaves_no_process(self, steps):
        before, files = family(), open_files()
        executor = self.make(jobs.no_setup)

        async def use():
            await executor.start()
            await executor.run(jobs.sleep, os.devnull)

        call = asyncio.create_task(use())
        for _ in range(steps):
            await asyncio.sleep(0)
        await asyncio.wait_for(executor.close(), 10)
        assert family() <= before
        with pytest.raises((ExecutorClosed, WorkerNotReady)):
            await asyncio.wait_for(call, 10)
        assert family() <= before
        assert open_files() <= files + 2
