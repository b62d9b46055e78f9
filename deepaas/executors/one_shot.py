"""A worker process for each job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from deepaas.exceptions import ExecutorClosed, WorkerNotReady
from deepaas.executors.base import (
    NOBODY,
    Condition,
    Job,
    Output,
    Setup,
    State,
    Watcher,
    to_stderr,
)
from deepaas.executors.local import CLOSED, LocalExecutor
from deepaas.executors.streams import JobStream, OwnedStream
from deepaas.executors.turns import Turns


class _Reports(Watcher):
    """Passes reports on; that the job has started, and what is printed, is told already."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def reported(self, report: Any) -> None:
        self._watcher.reported(report)


class OneShotExecutor:
    """A new worker process for each job, a limited number at a time.

    Args:
        setup: makes the worker's state.
        workers: how many jobs may run at once; the others wait in order.
        output: receives what the workers print, from their start on.
        environments: see ``LocalExecutor``; jobs that run at once take them in turn.
    """

    def __init__(
        self,
        setup: Setup,
        workers: int = 1,
        output: Output | None = None,
        environments: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self._setup = setup
        self._output = output or to_stderr
        self._turns = Turns(environments)
        self.size = workers
        self._turn = asyncio.Semaphore(workers)
        self._running: set[LocalExecutor] = set()
        self._waiting = 0
        self._closed = False

    @property
    def ready(self) -> bool:
        """See ``Executor.ready``; each job brings its own worker."""
        return not self._closed

    @property
    def condition(self) -> Condition:
        """See ``Executor.condition``."""
        return Condition(State.READY if self.ready else State.UNLOADED)

    @property
    def processes(self) -> list[int]:
        """See ``Executor.processes``."""
        return [pid for executor in self._running for pid in executor.processes]

    @property
    def waiting(self) -> int:
        """See ``Executor.waiting``."""
        return self._waiting

    async def start(self) -> None:
        """Nothing runs ahead of a job."""

    async def run(
        self,
        job: Job,
        *args: Any,
        watcher: Watcher = NOBODY,
        abandoned: Callable[[], None] | None = None,
        kill: bool = True,
        patience: float | None = None,
    ) -> Any:
        """See ``Executor.run``; a cancelled job's process always ends, whatever ``kill`` says."""
        self._refuse_if_closed()

        def printed(data: bytes) -> None:
            self._output(data)
            watcher.printed(data)

        async with AsyncExitStack() as stack:
            self._waiting += 1
            try:
                await stack.enter_async_context(self._turn)
            finally:
                self._waiting -= 1
            self._refuse_if_closed()
            watcher.started()
            environment = stack.enter_context(self._turns.turn())
            executor = LocalExecutor(self._setup, 1, printed, (environment,))
            self._running.add(executor)
            stack.callback(self._running.discard, executor)
            stack.push_async_callback(executor.close)
            try:
                await executor.start()
                reports = _Reports(watcher)
                result = await executor.run(
                    job, *args, watcher=reports, abandoned=abandoned, kill=True
                )
            except WorkerNotReady:
                if self._closed:
                    raise ExecutorClosed(CLOSED) from None
                raise
            # A worker that streams is there for as long as its stream.
            return OwnedStream(result, stack.pop_all()) if isinstance(result, JobStream) else result

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise ExecutorClosed(CLOSED)

    async def drain(self) -> None:
        """See ``Executor.drain``."""
        self._closed = True
        await asyncio.gather(*(executor.drain() for executor in list(self._running)))

    async def close(self) -> None:
        """See ``Executor.close``."""
        self._closed = True
        await asyncio.gather(*(executor.close() for executor in list(self._running)))
