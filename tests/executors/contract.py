"""What every executor does, whatever it runs on: each backend's tests inherit this suite."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable

import pytest

from deepaas.exceptions import ExecutorClosed, RemoteError, WorkerDied, WorkerNotReady
from deepaas.executors.base import Executor, Output, Setup
from tests.executors import jobs
from tests.executors.endings import EndingContract
from tests.executors.observing import Seen, alive, family, open_files
from tests.executors.streams import StreamContract
from tests.pipes import Pipe

# Jobs that raise something unusual, and its kind and text.
UNUSUAL = (
    (jobs.fail_awkwardly, "Awkward", "awkward"),
    (jobs.fail_demandingly, "Demanding", "1 and 2"),
    (jobs.fail_mutely, "Mute", ""),
    (jobs.leave, "SystemExit", "5"),
    (jobs.interrupt, "KeyboardInterrupt", ""),
)


class ExecutorContract(EndingContract, StreamContract):
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

    def test_its_size_is_the_number_of_jobs_that_run_at_once(self):
        assert [self.make(jobs.no_setup, workers).size for workers in (1, 3)] == [1, 3]

    async def test_a_job_gets_the_state_and_its_arguments_and_its_result_comes_back(self, start):
        executor = await start(jobs.Ready)
        assert await executor.run(jobs.add, 1, 2) == 3
        worker, _ = await executor.run(jobs.count)
        assert worker != os.getpid()

    async def test_each_caller_gets_its_own_result(self, start):
        executor = await start(workers=2)
        calls = [executor.run(jobs.add, number, 0.5) for number in range(4)]
        assert await asyncio.gather(*calls) == [0.5, 1.5, 2.5, 3.5]

    async def test_an_exception_comes_back_with_kind_text_and_trace(self, start):
        executor = await start()
        with pytest.raises(RemoteError) as caught:
            await executor.run(jobs.fail, ValueError("seven is too many"))
        assert (caught.value.kind, caught.value.text) == ("ValueError", "seven is too many")
        assert "in fail" in caught.value.trace
        assert str(caught.value) == "ValueError: seven is too many"

    async def test_an_unusual_exception_comes_back_and_the_worker_goes_on(self, start):
        executor = await start()
        for job, kind, text in UNUSUAL:
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

    async def test_it_is_ready_from_its_start_to_its_close(self, start):
        executor = await start()
        assert executor.ready
        await executor.close()
        assert not executor.ready

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
