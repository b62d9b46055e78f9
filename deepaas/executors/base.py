"""The protocol that every executor follows."""

from __future__ import annotations

import enum
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, Self

from deepaas.executors.flow import Last as Last
from deepaas.executors.stderr import to_stderr as to_stderr

Setup = Callable[[], Any]
"""Makes a worker's state, once; must be picklable. It may be a coroutine function."""

Around = Callable[[str], AbstractContextManager[None]]
"""Returns what a job, given as ``module:function``, is done in to its end.

A worker's state that has one, other than None, as its attribute ``around`` has all jobs done so.
"""

Job = Callable[..., Any]
"""Takes the worker's state and the job's arguments; a function of a module.

It may be a coroutine function. What returns a generator, be it an asynchronous one, streams: each
item goes to the caller as it comes, and the generator is held up while several of them have not
been taken. It is closed when nobody wants more of it. Its result, if it has one, it yields in the
end as a ``Last``.
"""

Output = Callable[[bytes], None]
"""Receives what workers print, as it comes."""


class State(enum.StrEnum):
    """How far the workers of an executor are."""

    UNLOADED = "unloaded"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


class Condition(NamedTuple):
    """How an executor is.

    Args:
        state: how far its workers are.
        why: why there are none, where they have failed.
    """

    state: State
    why: str = ""


class Watcher:
    """Is told of a job while it runs; this one ignores all it is told.

    Attributes:
        listens: whether it wants to be told of all that is printed before the job's end is told,
            for which each end has to wait.
    """

    listens = True

    def started(self) -> None:
        """The job has been handed to a worker."""

    def reported(self, report: Any) -> None:
        """The job has called ``deepaas.executors.reporting.report``.

        Args:
            report: what it reported.
        """

    def printed(self, data: bytes) -> None:
        """The job, or something that it has started, has printed.

        Args:
            data: some of it, cut anywhere.
        """


class Nobody(Watcher):
    """Wants to know nothing."""

    listens = False


NOBODY = Nobody()


class Stream(Protocol):
    """The items of a job that streams.

    Whoever has it iterates to its end or closes it; a job that is neither is held up for ever.

    Attributes:
        result: what the job came to, once all items have been taken; None if it has no result.
    """

    result: Any

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> Any:
        """Return the next item; the one before counts as taken.

        Raises:
            StopAsyncIteration: the job is done.
            DeepaasError: see ``Executor``.
        """

    async def aclose(self) -> None:
        """Interrupt the job if it still runs, or kill it, as ``Executor.run`` was told."""


class Executor(Protocol):
    """Runs functions elsewhere, each with the state that the worker's set-up made.

    A worker that dies is replaced. No call waits for ever: it gets the function's result, or
    ``RemoteError`` when the function raised, ``WorkerDied`` when its process ended,
    ``WorkerNotReady`` when no worker can be set up, ``ExecutorClosed`` after ``close``.
    """

    @property
    def size(self) -> int:
        """How many jobs run at once."""

    @property
    def ready(self) -> bool:
        """Whether a job would find a worker that lives, or have one started."""

    @property
    def condition(self) -> Condition:
        """How its workers are, for people."""

    @property
    def processes(self) -> list[int]:
        """Process ids of those from which all processes of its workers descend."""

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""

    async def start(self) -> None:
        """Set up the workers and return once each is ready.

        Raises:
            WorkerNotReady: a worker's set-up raised or its process ended.
        """

    async def run(
        self,
        job: Job,
        *args: Any,
        watcher: Watcher = NOBODY,
        abandoned: Callable[[], None] | None = None,
        kill: bool = False,
        patience: float | None = None,
    ) -> Any:
        """Run ``job(state, *args)`` in a worker and return what it returns.

        Args:
            job: a function of a module, which workers import by its name.
            args: picklable arguments.
            watcher: is told when the job starts, and what it reports and prints.
            abandoned: called when a job that had begun ends after the awaiting task was cancelled,
                to remove what it has left.
            kill: what happens to a running job when the awaiting task is cancelled: with true its
                worker is killed with all its children, otherwise the job is interrupted by an
                exception in its worker, which goes on. A job that waits its turn is dropped in
                both cases.
            patience: seconds in which a job that is interrupted has to end, or its worker is
                killed and replaced; None lets it take as long as it likes.

        Returns:
            What the job returns or, as soon as a job that streams has given its first item, a
            ``Stream``. The result of one that comes to its end without any is returned itself.
        """

    async def drain(self) -> None:
        """Take no more jobs, wait for those that there are, and close."""

    async def close(self) -> None:
        """End the workers and all their children, and what they run; leave nothing behind."""
