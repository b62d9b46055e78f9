"""Worker processes on this machine."""

from __future__ import annotations

import asyncio
import itertools
import pickle
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deepaas.exceptions import ExecutorClosed, WorkerDied, WorkerNotReady
from deepaas.executors.base import NOBODY, Condition, Job, Output, Setup, State, Watcher
from deepaas.executors.pooled import SHORT, Pending, PooledWorker
from deepaas.executors.recovery import NO_PAUSE, Recovery, longer
from deepaas.executors.turns import Turns
from deepaas.log import getLogger

LOG = getLogger(__name__)

# A worker that has lived for so many seconds, or has begun a job, was not started in vain.
SETTLED = 10.0
CLOSED = "the server is shutting down"


class LocalExecutor:
    """A fixed number of worker processes that share one queue.

    Args:
        setup: makes a worker's state, once in each.
        workers: how many.
        output: receives what the workers print; None lets them print where the server prints.
        environments: variables that workers have from their first moment on, beside those of the
            server; each worker takes one set in turn, and a successor that of the one that died.
        concurrency: how many jobs each worker runs at once, in its event loop; 0 if it runs them
            one after the other, as is best for functions that are not coroutines.
        replaced: called for each worker that has ended and is replaced.
    """

    def __init__(
        self,
        setup: Setup,
        workers: int = 1,
        output: Output | None = None,
        environments: Sequence[Mapping[str, str]] = (),
        concurrency: int = 0,
        replaced: Callable[[], None] | None = None,
    ) -> None:
        self._setup = pickle.dumps(setup, pickle.HIGHEST_PROTOCOL)
        self.size = workers
        self.concurrency = concurrency
        self._output = output
        self._replaced = replaced
        self._turns = Turns(environments)
        self._numbers = itertools.count(1)
        self._queue: deque[Pending] = deque()
        self._workers: list[PooledWorker] = []
        self._starting: set[PooledWorker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._recovery = Recovery()
        self._dispatching = False
        self._closed = False

    @property
    def ready(self) -> bool:
        """See ``Executor.ready``."""
        return not self._closed and any(worker.process.alive for worker in self._workers)

    @property
    def condition(self) -> Condition:
        """See ``Executor.condition``."""
        if self.ready:
            return Condition(State.READY)
        if self._closed:
            return Condition(State.UNLOADED)
        if self._recovery.failure:
            return Condition(State.FAILED, self._recovery.failure)
        # One that is just ending is about to be replaced.
        started = self._starting or self._workers
        return Condition(State.STARTING if started else State.UNLOADED)

    @property
    def processes(self) -> list[int]:
        """See ``Executor.processes``."""
        workers = (*self._workers, *self._starting)
        return [worker.process.pid for worker in workers if worker.process.running]

    @property
    def waiting(self) -> int:
        """See ``Executor.waiting``."""
        queued = sum(not pending.future.done() for pending in self._queue)
        if self.concurrency:
            return queued
        return queued + sum(len(worker.jobs) - 1 for worker in self._workers if worker.jobs)

    async def start(self) -> None:
        """See ``Executor.start``."""
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        starts = [asyncio.ensure_future(self._add_worker()) for _ in range(self.size)]
        try:
            await asyncio.gather(*starts)
        except BaseException:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)
            await self.close()
            raise

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
        if self._closed:
            raise ExecutorClosed(CLOSED)
        # A job that comes when there is no worker has one started, unless that has just failed.
        if not self._workers and not self._recovery.hurry():
            raise self._not_ready()
        future = self._loop.create_future()
        pending = Pending(
            next(self._numbers),
            f"{job.__module__}:{job.__qualname__}",
            pickle.dumps(args, pickle.HIGHEST_PROTOCOL),
            future,
            watcher,
            abandoned,
            kill,
            patience,
        )
        self._queue.append(pending)
        if self._idle():
            self._dispatch()
        else:
            self._dispatch_soon()
        try:
            return await future
        except asyncio.CancelledError:
            await (self.leave(pending) if pending.stream is None else pending.stream.aclose())
            raise

    async def drain(self) -> None:
        """See ``Executor.drain``."""
        self._closed = True
        while waiting := self._unfinished():
            await asyncio.wait(waiting)
        await self.close()

    async def close(self) -> None:
        """See ``Executor.close``."""
        self._closed = True
        self._fail_queue(ExecutorClosed(CLOSED))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        workers = [*self._workers, *self._starting]
        for worker in workers:
            worker.process.kill()
        await asyncio.gather(*(worker.process.gone() for worker in workers))

    def vacant(self, worker: PooledWorker) -> None:
        """A worker has room: give it what waits longest."""
        if len(self._workers) > 1 and not self.concurrency:
            self._relieve(worker)
        self._dispatch()

    def lost(self, worker: PooledWorker) -> None:
        """A worker has ended: its running job fails, the others go elsewhere, a new one starts."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        self._turns.give_back(worker.environment)
        fate = worker.process.fate()
        if self._closed:
            self._queue.extend(worker.give_up(ExecutorClosed(CLOSED)))
            self._fail_queue(ExecutorClosed(CLOSED))
            return
        pid = worker.process.pid
        if worker.jobs and worker.jobs[0].kill and worker.jobs[0].future.cancelled():
            LOG.info("Worker %d ended, as its job was cancelled; replacing it", pid)
        else:
            LOG.warning("Worker %d %s; replacing it", pid, fate)
        self._queue.extendleft(reversed(worker.give_up(WorkerDied(f"the worker process {fate}"))))
        self._dispatch()
        if self._replaced:
            self._replaced()
        settled = worker.process.last_begun or self.now() - worker.since > SETTLED
        self._recovery.failure = f"the worker process {fate}"
        task = self._loop.create_task(self._replace(NO_PAUSE if settled else worker.pause))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def leave(self, pending: Pending) -> None:
        """Drop a job that nobody waits for any more; one that was sent ahead is short, and runs."""
        if pending in self._queue:
            self._queue.remove(pending)
            return
        for worker in self._workers:
            if worker.runs(pending):
                if pending.kill:
                    worker.process.kill()
                    await asyncio.shield(worker.process.gone())
                else:
                    self.stop(worker, pending)
                return

    def stop(self, worker: PooledWorker, pending: Pending) -> None:
        """Interrupt a job; where it does not end in time, end its worker."""
        worker.interrupt(pending)
        if pending.patience is not None:
            self._loop.call_later(pending.patience / 2, self._insist, worker, pending)

    def _insist(self, worker: PooledWorker, pending: Pending) -> None:
        if worker.process.alive and worker.runs(pending):
            if not self.concurrency:
                # The first interruption is lost where it came before the job had begun.
                worker.interrupt(pending)
            self._loop.call_later((pending.patience or 0) / 2, worker.condemn, pending)

    def _unfinished(self) -> list[asyncio.Future[Any]]:
        jobs = [*self._queue, *(one for worker in self._workers for one in worker.jobs)]
        return [one.over for one in jobs if not one.over.done()]

    def _idle(self) -> bool:
        return any(not worker.jobs for worker in self._workers)

    def _dispatch(self) -> None:
        queue = self._queue
        given = set()
        now = self.now()
        while queue:
            if queue[0].future.done():
                queue.popleft()
                continue
            worker = self._choose(queue[0], now)
            if worker is None:
                break
            worker.give(queue.popleft(), now)
            given.add(worker)
        for worker in given:
            worker.send()

    def _dispatch_soon(self) -> None:
        """Dispatch what this turn of the event loop brings in one go."""
        if not self._dispatching:
            self._dispatching = True
            self._loop.call_soon(self._dispatch_now)

    def _dispatch_now(self) -> None:
        self._dispatching = False
        self._dispatch()

    def _choose(self, pending: Pending, now: float) -> PooledWorker | None:
        chosen, most = None, 0
        for worker in self._workers:
            if not worker.jobs and worker.process.alive:
                return worker
            if not pending.kill and (room := worker.room(now)) > most:
                chosen, most = worker, room
        return chosen

    def _relieve(self, idle: PooledWorker) -> None:
        """Take jobs back that wait behind another, where a worker is free for them."""
        now = self.now()
        for worker in self._workers:
            if worker is idle or len(worker.jobs) < 2:
                continue
            if now - worker.since > SHORT:
                while pending := worker.take_back():
                    self._queue.appendleft(pending)
            elif not self._queue and not idle.jobs and (pending := worker.take_back()):
                self._queue.append(pending)

    async def _add_worker(self, pause: float = NO_PAUSE) -> None:
        worker = PooledWorker(self, self._output, pause, self._turns.take())
        self._starting.add(worker)
        try:
            await worker.process.start(self._setup, self.concurrency > 0)
        except BaseException:
            self._turns.give_back(worker.environment)
            raise
        finally:
            self._starting.discard(worker)
        worker.since = self.now()
        self._workers.append(worker)
        if worker.process.ended:
            # It ended between its answer and here, when nobody knew it yet.
            self.lost(worker)
        else:
            self.vacant(worker)

    async def _replace(self, pause: float) -> None:
        recovery = self._recovery
        while True:
            if pause and not self._workers and not recovery.attempts:
                self._fail_queue(self._not_ready())
            await recovery.pause(pause)
            pause = longer(pause)
            try:
                with recovery.attempt():
                    await self._add_worker(pause)
                return
            except (WorkerNotReady, OSError) as error:
                recovery.failure = str(error)
                LOG.error("A worker cannot be replaced, next attempt in %g s: %s", pause, error)

    def _not_ready(self) -> WorkerNotReady:
        return WorkerNotReady(f"no worker can be started: {self._recovery.failure}")

    def _fail_queue(self, error: Exception) -> None:
        while self._queue:
            future = self._queue.popleft().future
            if not future.done():
                future.set_exception(error)
