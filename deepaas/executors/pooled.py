"""A worker of a pool, and the jobs that it has."""

from __future__ import annotations

import asyncio
import pickle
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from deepaas.exceptions import RemoteError
from deepaas.executors.base import NOBODY, Output, Watcher
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
    """

    __slots__ = ("abandoned", "args", "future", "job", "kill", "lost", "number", "watcher")

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
        # Whether a worker died before it began this.
        self.lost = False

    def start(self) -> None:
        """Make it known that it has been handed to a worker."""
        if self.watcher is not NOBODY and not self.lost:
            tell(self.watcher.started)

    def fail(self, error: Exception) -> None:
        """Raise an error in whoever waits; if nobody does any more, let what is left be removed."""
        if not self.future.done():
            self.future.set_exception(error)
        else:
            self.abandon()

    def abandon(self) -> None:
        """Let what is left of it be removed."""
        if self.abandoned:
            tell(self.abandoned)


def tell(listener: Callable[..., None], *args: Any) -> None:
    """Call a listener; what it raises is its own affair."""
    try:
        listener(*args)
    except Exception:
        LOG.exception("What happens to a job cannot be passed on")


class Pool(Protocol):
    """Those who are told of a worker's life."""

    size: int
    now: Callable[[], float]

    def vacant(self, worker: PooledWorker) -> None:
        """The worker has room for jobs."""

    def lost(self, worker: PooledWorker) -> None:
        """The worker has ended."""


class PooledWorker:
    """A worker process and the jobs that it has been given, the running one first.

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

    def room(self, now: float) -> int:
        """Return how many more jobs it can be given, the running one included."""
        if not self.process.alive:
            return 0
        if not self.jobs:
            return 1
        # A job that was taken back still lies before the worker, and would take the claim of
        # one that is sent ahead now.
        if self.jobs[0].kill or self._taken_back or now - self.since > SHORT:
            return 0
        return 1 + self._ahead() - len(self.jobs)

    def give(self, pending: Pending, now: float) -> None:
        """Take a job; it leaves with ``send``."""
        # Where there is no other worker to relieve this one, nothing is taken back.
        ahead = bool(self.jobs) and self._pool.size > 1
        if ahead:
            self._unsent_ahead += 1
        if not self.jobs:
            self.since = now
            pending.start()
        self.jobs.append(pending)
        message = pickle.dumps((pending.number, ahead, pending.job), pickle.HIGHEST_PROTOCOL)
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

    def give_up(self, error: Exception) -> deque[Pending]:
        """Fail the job that it had begun when it ended; return those that others can do.

        A job that it never came to counts as begun the second time: it may have been too large
        to be received, for example.
        """
        jobs = self.jobs
        if jobs:
            if jobs[0].lost or jobs[0].number == self.process.last_begun:
                jobs.popleft().fail(error)
            else:
                jobs[0].lost = True
        return jobs

    def _ahead(self) -> int:
        if self._typical >= SHORT:
            return 0
        return max(1, min(MOST_AHEAD, int(AHEAD / max(self._typical, 1e-6))))

    def _answered(self, number: int, outcome: int, value: Any) -> None:
        if outcome == SKIPPED:
            self._taken_back -= 1
            return
        jobs = self.jobs
        if not jobs or jobs[0].number != number:
            raise ValueError(f"an answer to job {number}, which is not the one that runs")
        watcher = jobs[0].watcher
        if outcome == REPORTED:
            tell(watcher.reported, value)
            return
        if watcher is not NOBODY:
            self.process.read_output()
        pending = jobs.popleft()
        now = self._pool.now()
        self._typical += (now - self.since - self._typical) / 8
        self.since = now
        if jobs:
            jobs[0].start()
        if pending.future.done():
            pending.abandon()
        elif outcome == DONE:
            pending.future.set_result(value)
        else:
            pending.future.set_exception(_error(outcome, value))

    def _printed(self, data: bytes) -> None:
        assert self._output is not None  # noqa: S101 - else nothing is read
        if self.jobs:
            tell(self.jobs[0].watcher.printed, data)
        self._output(data)

    def _all_answered(self) -> None:
        self._pool.vacant(self)

    def _ended(self) -> None:
        self._pool.lost(self)


def _error(outcome: int, description: tuple[str, str, str]) -> RemoteError:
    kind, text, trace = description
    if outcome == UNSENDABLE:
        return RemoteError("Unsendable", f"the result cannot be sent: {kind}: {text}", trace)
    return RemoteError(kind, text, trace)
