"""An executor whose workers are there only while they are needed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from deepaas.calls import context_for
from deepaas.exceptions import ExecutorClosed, WorkerNotReady
from deepaas.executors.base import NOBODY, Condition, Executor, Job, State, Watcher
from deepaas.executors.local import CLOSED
from deepaas.executors.streams import JobStream, OwnedStream
from deepaas.log import getLogger

LOG = getLogger(__name__)


class OnDemand:
    """Starts an executor when a job needs it, and may end it while none does.

    Jobs that come while it starts wait. If it cannot be started, they fail with the reason, and
    the next one has it tried again.

    Args:
        name: the model, for the log.
        make: makes the executor.
        size: how many jobs run in it at once.
        lazy: whether ``start`` leaves it to the first job.
        unload_after: seconds without a job after which it is ended; 0 for never.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Executor],
        size: int = 1,
        lazy: bool = True,
        unload_after: float = 0.0,
    ) -> None:
        self.size = size
        # When the last job ended, in the event loop's time.
        self.last_used = 0.0
        self._name = name
        self._make = make
        self._lazy = lazy
        self._unload_after = unload_after
        self._starting: Executor | None = None
        self._loaded: Executor | None = None
        self._loading: asyncio.Task[Executor] | None = None
        self._unloading: asyncio.Task[None] | None = None
        self._failure = ""
        self._jobs = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def ready(self) -> bool:
        """See ``Executor.ready``; what is not there is started for a job."""
        return not self._closed and (self._loaded is None or self._loaded.ready)

    @property
    def condition(self) -> Condition:
        """See ``Executor.condition``."""
        if self._loaded is not None:
            return self._loaded.condition
        if self._loading is not None and not self._loading.done():
            return Condition(State.STARTING)
        if self._failure and not self._closed:
            return Condition(State.FAILED, self._failure)
        return Condition(State.UNLOADED)

    @property
    def processes(self) -> list[int]:
        """See ``Executor.processes``."""
        executor = self._loaded or self._starting
        return [] if executor is None else executor.processes

    @property
    def busy(self) -> bool:
        """Whether a job is under way, or waits for the workers."""
        return self._jobs > 0

    @property
    def waiting(self) -> int:
        """See ``Executor.waiting``."""
        return self._jobs if self._loaded is None else self._loaded.waiting

    async def start(self) -> None:
        """See ``Executor.start``; there may be nothing to do yet."""
        if not self._lazy:
            await self.load()

    async def load(self) -> None:
        """Start the workers, as for a job.

        Raises:
            WorkerNotReady: they do not get ready.
            ExecutorClosed: no more is done here.
        """
        async with self._use():
            pass

    async def run(
        self,
        job: Job,
        *args: Any,
        watcher: Watcher = NOBODY,
        abandoned: Callable[[], None] | None = None,
        kill: bool = False,
        patience: float | None = None,
    ) -> Any:
        """See ``Executor.run``."""
        async with contextlib.AsyncExitStack() as stack:
            executor = await stack.enter_async_context(self._use())
            result = await executor.run(
                job, *args, watcher=watcher, abandoned=abandoned, kill=kill, patience=patience
            )
            # It is in use until all items have been taken.
            return OwnedStream(result, stack.pop_all()) if isinstance(result, JobStream) else result

    def unload(self, why: str) -> bool:
        """End the workers until the next job, if none is under way.

        Args:
            why: for the log.

        Returns:
            Whether there were any, without a job.
        """
        if self._loaded is None or self._jobs:
            return False
        LOG.info("Model %r is unloaded until its next call: %s", self._name, why)
        executor, self._loaded = self._loaded, None
        self._forget_timer()
        self._unloading = asyncio.create_task(executor.close())
        return True

    async def drain(self) -> None:
        """See ``Executor.drain``."""
        self._closed = True
        await self._idle.wait()
        await self.close()

    async def close(self) -> None:
        """See ``Executor.close``."""
        self._closed = True
        self._forget_timer()
        if self._loading is not None:
            self._loading.cancel()
        under_way = filter(None, (self._loading, self._unloading))
        await asyncio.gather(*under_way, return_exceptions=True)
        if self._loaded is not None:
            await self._loaded.close()

    @contextlib.asynccontextmanager
    async def _use(self) -> AsyncIterator[Executor]:
        """Have the executor there, as long as what runs in this."""
        if self._closed:
            raise ExecutorClosed(CLOSED)
        self._jobs += 1
        self._idle.clear()
        try:
            yield self._loaded or await self._load()
        finally:
            self._jobs -= 1
            self.last_used = asyncio.get_running_loop().time()
            if not self._jobs:
                self._idle.set()
                self._watch_idleness()

    async def _load(self) -> Executor:
        """Return the executor when it is started, by this job or by one before."""
        if self._loading is None or self._loading.done():
            # Its workers serve others, too, than the one who has them started.
            self._loading = asyncio.create_task(self._start(), context=context_for())
            # All who wait may have left.
            self._loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        loading = self._loading
        # Whoever leaves does not end it: others wait as well, or will come.
        await asyncio.wait((loading,))
        if loading.cancelled():
            raise ExecutorClosed(CLOSED)
        return loading.result()

    async def _start(self) -> Executor:
        if self._unloading is not None:
            # What the former workers hold is free first.
            await asyncio.wait((self._unloading,))
        loop = asyncio.get_running_loop()
        begin = loop.time()
        executor = self._starting = self._make()
        try:
            await executor.start()
        except OSError as error:
            self._failure = str(error)
            raise WorkerNotReady(str(error)) from error
        except WorkerNotReady as error:
            self._failure = str(error)
            raise
        finally:
            self._starting = None
        self._failure = ""
        self._loaded = executor
        LOG.info("Model %r is loaded, in %.1f s", self._name, loop.time() - begin)
        return executor

    def _watch_idleness(self) -> None:
        """Unload when it is time, or look again when it may be."""
        if not self._unload_after or self._loaded is None or self._timer is not None:
            return
        self._timer = asyncio.get_running_loop().call_at(
            self.last_used + self._unload_after, self._look, context=context_for()
        )

    def _look(self) -> None:
        self._timer = None
        if self._jobs:
            # It is looked again when the last one has ended.
            return
        if asyncio.get_running_loop().time() >= self.last_used + self._unload_after:
            self.unload(f"no call for {self._unload_after:g} s")
        else:
            self._watch_idleness()

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
