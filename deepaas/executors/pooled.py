"""A worker of a pool, and the jobs that it has."""

from __future__ import annotations

import asyncio
import pickle
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol

from deepaas import calls
from deepaas.exceptions import RemoteError
from deepaas.executors.base import NOBODY, Output, Watcher
from deepaas.executors.conversation import CANCEL
from deepaas.executors.outcomes import DONE, REPORTED, SKIPPED, UNSENDABLE
from deepaas.executors.process import WorkerProcess
from deepaas.executors.streams import JobStream
from deepaas.log import getLogger

LOG = getLogger(__name__)

# Jobs are sent ahead to a busy worker only where jobs are this short, in seconds: there the
# round trip weighs, while behind a long job they would wait although another worker is free.
SHORT = 0.05
# As many are sent ahead as take this long, in seconds, but one at least and MOST_AHEAD at most:
# the shorter jobs are, the more of them share the cost of waking a process.
AHEAD = 0.005
MOST_AHEAD = 16


class Pending:
    """A job that has not been answered.

    Args:
        number: greater than 0.
        job: the name of a function.
        args: its pickled arguments.
        future: gets the result.
        watcher: see ``Executor.run``.
        abandoned: see ``Executor.run``.
        kill: see ``Executor.run``.
        patience: see ``Executor.run``.
    """

    __slots__ = (
        *("abandoned", "args", "call", "future", "job", "kill", "lost", "number", "patience"),
        *("position", "stream", "watcher"),
    )

    def __init__(
        self,
        number: int,
        job: str,
        args: bytes,
        future: asyncio.Future[Any],
        watcher: Watcher,
        abandoned: Callable[[], None] | None,
        kill: bool,
        patience: float | None,
    ) -> None:
        self.number = number
        self.job = job
        self.args = args
        self.future = future
        self.watcher = watcher
        self.abandoned = abandoned
        self.kill = kill
        self.patience = patience
        # For whom it is done, as it goes to the worker.
        call = calls.current()
        self.call = None if call is calls.NOBODY else tuple(call)
        # Whether a worker died before it began this.
        self.lost = False
        # How many jobs its worker was given before.
        self.position = 0
        # What ``future`` has got, once it has given an item.
        self.stream: JobStream | None = None

    @property
    def over(self) -> asyncio.Future[Any]:
        """Done when it has come to its end, or is about to stream."""
        return self.future if self.stream is None else self.stream.over

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for its result, or takes its items."""
        return not (self.future.cancelled() or (self.stream is not None and self.stream.left))

    def start(self) -> None:
        """Make it known that it has been handed to a worker."""
        if self.watcher is not NOBODY and not self.lost:
            tell(self.watcher.started)

    def end(self, result: Any) -> None:
        """Hand its result to whoever waits; see ``fail``."""
        if not self.future.done():
            self.future.set_result(result)
        else:
            self._end_late(result)

    def fail(self, error: Exception) -> None:
        """Raise an error in whoever waits; if nobody does any more, let what is left be removed."""
        if not self.future.done():
            self.future.set_exception(error)
        else:
            self._end_late(None, error)

    def _end_late(self, result: Any, error: Exception | None = None) -> None:
        if self.stream is not None:
            self.stream.end(result, error)
        if self.abandoned and (self.stream is None or self.stream.left):
            tell(self.abandoned)


def tell(listener: Callable[..., None], *args: Any) -> None:
    """Call a listener; what it raises is its own affair."""
    try:
        listener(*args)
    except Exception:
        LOG.exception("What happens to a job cannot be passed on")


class Pool(Protocol):
    """Those who are told of a worker's life.

    Attributes:
        size: how many workers there are.
        concurrency: how many jobs a worker runs at once; 0 if one after the other.
        now: the time in seconds.
    """

    size: int
    concurrency: int
    now: Callable[[], float]

    def vacant(self, worker: PooledWorker) -> None:
        """The worker has room for jobs."""

    def lost(self, worker: PooledWorker) -> None:
        """The worker has ended."""

    def leave(self, pending: Pending) -> Awaitable[None]:
        """Nobody wants a job any more."""

    def stop(self, worker: PooledWorker, pending: Pending) -> None:
        """Interrupt a job that the worker runs."""


class PooledWorker:
    """A worker process and the jobs that it has been given.

    Where they run one after the other, the running one comes first; else all of them run.

    Args:
        pool: is told of what happens.
        output: receives what it prints.
        pause: for how long not to replace it if it comes to nothing, in seconds.
        environment: variables that it has beside those of the server.
    """

    def __init__(
        self, pool: Pool, output: Output | None, pause: float, environment: Mapping[str, str]
    ) -> None:
        self._pool = pool
        self._output = output
        self.pause = pause
        self.environment = environment
        printed = self._printed if output else None
        self.process = WorkerProcess(
            self._answered, self._all_answered, self._ended, printed, environment
        )
        self.jobs: deque[Pending] = deque()
        # When it got ready, or its first job began.
        self.since = 0.0
        self._typical = SHORT
        self._unsent: list[tuple[bytes, bytes]] = []
        self._unsent_ahead = 0
        self._taken_back = 0
        self._concurrent = pool.concurrency > 0
        # Whether it is to end as soon as nobody waits for any of its jobs.
        self._condemned = False
        # Positions of the next job that it is given, and of the last one that is known to have
        # begun, since it was answered. Jobs begin in the order in which they are given.
        self._position = 0
        self._answered_up_to = -1

    def room(self, now: float) -> int:
        """Return how many more jobs it can be given, the running one included."""
        if not self.process.alive or self._condemned:
            return 0
        if not self.jobs:
            return self._pool.concurrency or 1
        if self._concurrent:
            return 0 if self.jobs[0].kill else self._pool.concurrency - len(self.jobs)
        # A job that was taken back still lies before the worker, and would take the claim of
        # one that is sent ahead now.
        if self.jobs[0].kill or self._taken_back or now - self.since > SHORT:
            return 0
        return 1 + self._ahead() - len(self.jobs)

    def give(self, pending: Pending, now: float) -> None:
        """Take a job; it leaves with ``send``."""
        # Where there is no other worker to relieve this one, nothing is taken back.
        ahead = bool(self.jobs) and self._pool.size > 1 and not self._concurrent
        if ahead:
            self._unsent_ahead += 1
        if not self.jobs or self._concurrent:
            self.since = now
            pending.start()
        pending.position = self._position
        self._position += 1
        self.jobs.append(pending)
        words = (pending.number, ahead, pending.job, pending.call)
        message = pickle.dumps(words, pickle.HIGHEST_PROTOCOL)
        self._unsent.append((message, pending.args))

    def send(self) -> None:
        """Send what it was given."""
        if self._unsent:
            if self._unsent_ahead:
                self.process.channels.allow_claims(self._unsent_ahead)
                self._unsent_ahead = 0
            self.process.send(*self._unsent)
            self._unsent.clear()

    def take_back(self) -> Pending | None:
        """Return the job that was sent ahead last, if there is one and it has not begun."""
        if len(self.jobs) > 1 and self.process.channels.take_claim():
            self._taken_back += 1
            return self.jobs.pop()
        return None

    def runs(self, pending: Pending) -> bool:
        """Tell whether it has begun a job, or is about to, and has not answered it."""
        return pending in self.jobs if self._concurrent else self._first is pending

    def interrupt(self, pending: Pending) -> None:
        """Interrupt a job that it runs."""
        if not self._concurrent:
            self.process.channels.interrupt(pending.number)
        elif self.process.alive:
            words = (pending.number, False, CANCEL, None)
            message = pickle.dumps(words, pickle.HIGHEST_PROTOCOL)
            self.process.send((message, b""))

    def condemn(self, pending: Pending) -> None:
        """End the worker where it still runs a job that was to end.

        What else it runs at the same time comes to its end before, as long as somebody waits.

        Args:
            pending: the job.
        """
        if not self.process.alive or not self.runs(pending):
            return
        LOG.warning("Worker %d does not stop what was interrupted; it is ended", self.process.pid)
        self._condemned = True
        self._end_if_condemned()

    def _end_if_condemned(self) -> None:
        waited_for = self.jobs if self._concurrent else ()
        if self._condemned and not any(one.wanted for one in waited_for):
            self.process.kill()

    def give_up(self, error: Exception) -> deque[Pending]:
        """Fail the jobs that it had begun when it ended; return those that others can do.

        A job that it never came to counts as begun the second time: it may have been too large
        to be received, for example.
        """
        jobs = self.jobs
        begun = max(
            (one.position for one in jobs if one.number == self.process.last_begun),
            default=self._answered_up_to,
        )
        if jobs and jobs[0].lost:
            begun = max(begun, jobs[0].position)
        if jobs and jobs[0].position > begun:
            jobs[0].lost = True
        while jobs and jobs[0].position <= begun:
            jobs.popleft().fail(error)
        return jobs

    @property
    def _first(self) -> Pending | None:
        return self.jobs[0] if self.jobs else None

    def _ahead(self) -> int:
        if self._typical >= SHORT:
            return 0
        return max(1, min(MOST_AHEAD, int(AHEAD / max(self._typical, 1e-6))))

    def _answered(self, number: int, outcome: int, value: Any) -> None:
        if outcome > UNSENDABLE:
            self._told(number, outcome, value)
            return
        jobs = self.jobs
        pending = jobs[0] if jobs and jobs[0].number == number else self._running(number)
        if pending is None:
            raise ValueError(f"an answer to job {number}, which does not run")
        if pending.watcher.listens:
            self.process.read_output()
        if pending is jobs[0]:
            jobs.popleft()
        else:
            jobs.remove(pending)
        if pending.position > self._answered_up_to:
            self._answered_up_to = pending.position
        now = self._pool.now()
        self._typical += (now - self.since - self._typical) / 8
        self.since = now
        if jobs and not self._concurrent:
            jobs[0].start()
            if jobs[0].patience is not None and jobs[0].future.cancelled():
                # It was sent ahead, and is not short, or nobody would have had to give it up.
                self._pool.stop(self, jobs[0])
        if outcome == DONE:
            pending.end(value)
        else:
            pending.fail(_error(outcome, value))

    def _told(self, number: int, outcome: int, value: Any) -> None:
        """A job that has not come to its end tells something."""
        if outcome == SKIPPED:
            self._taken_back -= 1
            return
        pending = self._running(number)
        if pending is None:
            if not self._concurrent:
                raise ValueError(f"word of job {number}, which does not run")
        elif outcome == REPORTED:
            tell(pending.watcher.reported, value)
        else:
            self._give(pending, value)

    def _running(self, number: int) -> Pending | None:
        if self._concurrent:
            return next((one for one in self.jobs if one.number == number), None)
        first = self._first
        return first if first is not None and first.number == number else None

    def _give(self, pending: Pending, item: Any) -> None:
        if pending.stream is None and not pending.future.done():
            grant = partial(self.process.channels.grant, pending.number)
            pending.stream = JobStream(grant, partial(self._pool.leave, pending))
            pending.future.set_result(pending.stream)
        if pending.stream is None or pending.stream.left:
            # It had not begun when it was to be interrupted.
            self.interrupt(pending)
        else:
            pending.stream.put(item)

    def _printed(self, data: bytes) -> None:
        assert self._output is not None  # noqa: S101 - else nothing is read
        # What one of several has printed cannot be told from what the others have.
        if len(self.jobs) == 1 or (self.jobs and not self._concurrent):
            tell(self.jobs[0].watcher.printed, data)
        self._output(data)

    def _all_answered(self) -> None:
        self._end_if_condemned()
        self._pool.vacant(self)

    def _ended(self) -> None:
        self._pool.lost(self)


def _error(outcome: int, description: tuple[str, str, str]) -> RemoteError:
    kind, text, trace = description
    if outcome == UNSENDABLE:
        return RemoteError("Unsendable", f"the result cannot be sent: {kind}: {text}", trace)
    return RemoteError(kind, text, trace)
