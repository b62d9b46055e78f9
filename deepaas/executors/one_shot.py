"""A worker process for each job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Self

from deepaas.exceptions import ExecutorClosed, WorkerNotReady
from deepaas.executors.base import NOBODY, Job, Output, Setup, Watcher, to_stderr
from deepaas.executors.local import CLOSED, LocalExecutor
from deepaas.executors.streams import JobStream


class _Reports(Watcher):
    """Passes reports on; that the job has started, and what is printed, is told already."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def reported(self, report: Any) -> None:
        self._watcher.reported(report)


class _Owner:
    """A stream whose end is that of its worker; see ``Stream``."""

    def __init__(self, stream: JobStream, worker: AsyncExitStack) -> None:
        self._stream = stream
        self._worker = worker

    @property
    def result(self) -> Any:
        return self._stream.result

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._stream)
        except Exception:
            await self._worker.aclose()
            raise

    async def aclose(self) -> None:
        """See ``Stream.aclose``."""
        await self._stream.aclose()
        await self._worker.aclose()


class OneShotExecutor:
    """A new worker process for each job, a limited number at a time.

    Args:
        setup: makes the worker's state.
        workers: how many jobs may run at once; the others wait in order.
        output: receives what the workers print, from their start on.
    """

    def __init__(self, setup: Setup, workers: int = 1, output: Output | None = None) -> None:
        self._setup = setup
        self._output = output or to_stderr
        self._turn = asyncio.Semaphore(workers)
        self._running: set[LocalExecutor] = set()
        self._closed = False

    @property
    def ready(self) -> bool:
        """See ``Executor.ready``; each job brings its own worker."""
        return not self._closed

    async def start(self) -> None:
        """Nothing runs ahead of a job."""

    async def run(
        self,
        job: Job,
        *args: Any,
        watcher: Watcher = NOBODY,
        abandoned: Callable[[], None] | None = None,
        kill: bool = True,
    ) -> Any:
        """See ``Executor.run``; a cancelled job's process always ends, whatever ``kill`` says."""
        self._refuse_if_closed()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._turn)
            self._refuse_if_closed()

            def printed(data: bytes) -> None:
                self._output(data)
                watcher.printed(data)

            watcher.started()
            executor = LocalExecutor(self._setup, 1, printed)
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
            return _Owner(result, stack.pop_all()) if isinstance(result, JobStream) else result

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
