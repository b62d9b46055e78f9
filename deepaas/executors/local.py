"""Worker processes on this machine."""

from __future__ import annotations

import asyncio
import itertools
import pickle
from collections import deque
from collections.abc import Callable
from typing import Any

from deepaas.exceptions import ExecutorClosed, RemoteError, WorkerDied, WorkerNotReady
from deepaas.executors.base import NOBODY, Job, Output, Setup, Watcher
from deepaas.executors.process import WorkerProcess
from deepaas.executors.worker import DONE, REPORTED, SKIPPED, UNSENDABLE
from deepaas.log import getLogger

LOG = getLogger(__name__)

# Jobs are sent ahead to a busy worker only where jobs are this short, in seconds: there the
# round trip weighs, while behind a long job they would wait although another worker is free.
SHORT = 0.05
# As many are sent ahead as take this long, in seconds, but one at least and MOST_AHEAD at most:
# the shorter jobs are, the more of them share the cost of waking a process.
AHEAD = 0.005
MOST_AHEAD = 16
# Pauses between attempts to replace a worker whose set-up fails, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
CLOSED = "the server is shutting down"


class _Pending:
    """A job that has not been answered."""

    __slots__ = ("abandoned", "args", "future", "job", "kill", "number", "watcher")

    def __init__(
        self,
        number: int,
        job: str,
        args: bytes,
        future: asyncio.Future[Any],
        watcher: Watcher,
        abandoned: Callable[[], None] | None,
        kill: bool,
    ) -> None:
        self.number = number
        self.job = job
        self.args = args
        self.future = future
        self.watcher = watcher
        self.abandoned = abandoned
        self.kill = kill


class _Worker:
    """A worker process and the jobs that it has been given, the running one first."""

    def __init__(self, pool: LocalExecutor, output: Output | None) -> None:
        self._pool = pool
        self._output = output
        printed = self._printed if output else None
        self.process = WorkerProcess(self._answered, self._all_answered, self._ended, printed)
        self.jobs: deque[_Pending] = deque()
        self.since = 0.0
        self._typical = SHORT
        self._unsent: list[tuple[bytes, bytes]] = []
        self._unsent_ahead = 0
        self._taken_back = 0

    def room(self) -> int:
        """Return how many more jobs it can be given, the running one included."""
        if not self.jobs:
            return 1
        # A job that was taken back still lies before the worker, and would take the claim of
        # one that is sent ahead now.
        if self.jobs[0].kill or self._taken_back:
            return 0
        return 1 + self._ahead() - len(self.jobs)

    def give(self, pending: _Pending, now: float) -> None:
        """Take a job; it leaves with ``send``."""
        # Where there is no other worker to relieve this one, nothing is taken back.
        ahead = bool(self.jobs) and self._pool.size > 1
        if ahead:
            self._unsent_ahead += 1
        if not self.jobs:
            self.since = now
            pending.watcher.started()
        self.jobs.append(pending)
        message = pickle.dumps((pending.number, ahead, pending.job), pickle.HIGHEST_PROTOCOL)
        self._unsent.append((message, pending.args))

    def send(self) -> None:
        """Send what it was given."""
        if self._unsent:
            if self._unsent_ahead:
                self.process.allow_claims(self._unsent_ahead)
                self._unsent_ahead = 0
            self.process.send(*self._unsent)
            self._unsent.clear()

    def take_back(self) -> _Pending | None:
        """Return the job that was sent ahead last, if there is one and it has not begun."""
        if len(self.jobs) > 1 and self.process.take_claim():
            self._taken_back += 1
            return self.jobs.pop()
        return None

    def _ahead(self) -> int:
        if self._typical >= SHORT:
            return 0
        return max(1, min(MOST_AHEAD, int(AHEAD / max(self._typical, 1e-6))))

    def _answered(self, number: int, outcome: int, value: Any) -> None:
        if outcome == SKIPPED:
            self._taken_back -= 1
            return
        if outcome == REPORTED:
            self.jobs[0].watcher.reported(value)
            return
        if self.jobs[0].watcher is not NOBODY:
            self.process.read_output()
        pending = self.jobs.popleft()
        assert pending.number == number  # noqa: S101 - a worker answers in order
        now = self._pool.now()
        self._typical += (now - self.since - self._typical) / 8
        self.since = now
        if self.jobs:
            self.jobs[0].watcher.started()
        if not pending.future.done():
            if outcome == DONE:
                pending.future.set_result(value)
            else:
                pending.future.set_exception(_error(outcome, value))
        elif pending.abandoned:
            pending.abandoned()

    def _printed(self, data: bytes) -> None:
        assert self._output is not None  # noqa: S101 - else nothing is read
        self._output(data)
        if self.jobs:
            self.jobs[0].watcher.printed(data)

    def _all_answered(self) -> None:
        self._pool.vacant(self)

    def _ended(self) -> None:
        self._pool.lost(self)


def _error(outcome: int, description: tuple[str, str, str]) -> RemoteError:
    kind, text, trace = description
    if outcome == UNSENDABLE:
        return RemoteError("Unsendable", f"the result cannot be sent: {kind}: {text}", trace)
    return RemoteError(kind, text, trace)


class LocalExecutor:
    """A fixed number of worker processes that share one queue.

    Args:
        setup: makes a worker's state, once in each.
        workers: how many.
        output: receives what the workers print; None lets them print where the server prints.
    """

    def __init__(self, setup: Setup, workers: int = 1, output: Output | None = None) -> None:
        self._setup = pickle.dumps(setup, pickle.HIGHEST_PROTOCOL)
        self.size = workers
        self._output = output
        self._numbers = itertools.count()
        self._queue: deque[_Pending] = deque()
        self._workers: list[_Worker] = []
        self._starting: set[_Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dispatching = False
        self._closed = False

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
    ) -> Any:
        """See ``Executor.run``."""
        if self._closed:
            raise ExecutorClosed(CLOSED)
        future = self._loop.create_future()
        pending = _Pending(
            next(self._numbers),
            f"{job.__module__}:{job.__qualname__}",
            pickle.dumps(args, pickle.HIGHEST_PROTOCOL),
            future,
            watcher,
            abandoned,
            kill,
        )
        self._queue.append(pending)
        if self._idle():
            self._dispatch()
        else:
            self._dispatch_soon()
        try:
            return await future
        except asyncio.CancelledError:
            await self._abandon(pending)
            raise

    async def drain(self) -> None:
        """See ``Executor.drain``."""
        self._closed = True
        waiting = [one.future for one in self._queue]
        waiting += [one.future for worker in self._workers for one in worker.jobs]
        if waiting:
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

    def vacant(self, worker: _Worker) -> None:
        """A worker has room: give it what waits longest."""
        if len(self._workers) > 1:
            self._relieve(worker)
        self._dispatch()

    def lost(self, worker: _Worker) -> None:
        """A worker has ended: its running job fails, the others go elsewhere, a new one starts."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        if worker.jobs:
            running = worker.jobs.popleft()
            if not running.future.done():
                text = f"the worker process {worker.process.fate()}"
                running.future.set_exception(
                    ExecutorClosed(CLOSED) if self._closed else WorkerDied(text)
                )
            elif running.abandoned:
                running.abandoned()
        if self._closed:
            self._queue.extend(worker.jobs)
            self._fail_queue(ExecutorClosed(CLOSED))
            return
        LOG.warning("Worker %d %s; replacing it", worker.process.pid, worker.process.fate())
        self._queue.extendleft(reversed(worker.jobs))
        self._dispatch()
        task = self._loop.create_task(self._replace())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _idle(self) -> bool:
        return any(not worker.jobs for worker in self._workers)

    def _dispatch(self) -> None:
        queue = self._queue
        given = set()
        while queue:
            if queue[0].future.done():
                queue.popleft()
                continue
            worker = self._choose(queue[0])
            if worker is None:
                break
            worker.give(queue.popleft(), self.now())
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

    def _choose(self, pending: _Pending) -> _Worker | None:
        chosen, most = None, 0
        for worker in self._workers:
            if not worker.jobs:
                return worker
            if not pending.kill and (room := worker.room()) > most:
                chosen, most = worker, room
        return chosen

    def _relieve(self, idle: _Worker) -> None:
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

    async def _abandon(self, pending: _Pending) -> None:
        """Drop a job that nobody waits for any more; one that was sent ahead is short, and runs."""
        if pending in self._queue:
            self._queue.remove(pending)
            return
        for worker in self._workers:
            if worker.jobs and worker.jobs[0] is pending:
                if pending.kill:
                    worker.process.kill()
                    await asyncio.shield(worker.process.gone())
                else:
                    worker.process.interrupt(pending.number)
                return

    async def _add_worker(self) -> None:
        worker = _Worker(self, self._output)
        self._starting.add(worker)
        try:
            await worker.process.start(self._setup)
        finally:
            self._starting.discard(worker)
        self._workers.append(worker)
        if worker.process.ended:
            # It ended between its answer and here, when nobody knew it yet.
            self.lost(worker)
        else:
            self._dispatch()

    async def _replace(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._add_worker()
                return
            except (WorkerNotReady, OSError) as error:
                LOG.error("A worker cannot be replaced, next attempt in %g s: %s", pause, error)
                if not self._workers:
                    self._fail_queue(WorkerNotReady(f"no worker can be started: {error}"))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _fail_queue(self, error: Exception) -> None:
        while self._queue:
            future = self._queue.popleft().future
            if not future.done():
                future.set_exception(error)
