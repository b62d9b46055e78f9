"""The inside of a worker, which ``deepaas.executors.keeper`` calls: ``main(FD, ...)``.

See ``deepaas.executors.conversation`` for what is said. One job runs after the other here; those
of a worker that runs several at once are in ``deepaas.executors.tasks``.

A job that runs is interrupted by its number in the pipe of interrupts and a signal.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import pickle
import pkgutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from functools import partial
from types import CoroutineType, GeneratorType
from typing import Any

from deepaas.calls import NOBODY, Call, enter_process
from deepaas.executors import reporting
from deepaas.executors.base import Around
from deepaas.executors.conversation import NUMBER, Conversation, Grants
from deepaas.executors.flow import LIVE, Last, Window
from deepaas.executors.keeper import INTERRUPTION
from deepaas.executors.outcomes import DONE, RAISED, SKIPPED, attempt, leave
from deepaas.executors.tasks import Tasks

# Numbers of open files from here on are out of the way of models that guess or count them.
OUT_OF_THE_WAY = 500


class Interrupted(BaseException):
    """Nobody waits for the job any more."""


class Interrupts:
    """Interrupts the job that the parent names, if it still runs.

    Args:
        fd: where the parent writes numbers of jobs before it signals.

    Attributes:
        fd: that.
        running: the number of the job that can be interrupted; None once it has been.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.running: int | None = None
        self._cancel: Callable[[], object] | None = None
        self._held = self._due = False
        signal.signal(INTERRUPTION, lambda *_: self.look())

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let no interruption come before the end of a ``with`` block."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self._due:
                self._due = False
                raise Interrupted

    @contextlib.contextmanager
    def by(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Call something within a ``with`` block, where otherwise ``Interrupted`` is raised.

        It may be called again where the job does not end.
        """
        self._cancel = cancel
        try:
            yield
        finally:
            self._cancel = None

    def look(self) -> None:
        """Interrupt the job if the parent has named it."""
        try:
            named = os.read(self.fd, 64 * NUMBER.size)
        except BlockingIOError:
            return
        if self.running is None or (self.running,) not in NUMBER.iter_unpack(named):
            return
        if self._cancel is not None:
            self._cancel()
            return
        self.running = None
        if not self._held:
            raise Interrupted
        self._due = True


class Jobs:
    """Calls jobs by name.

    Args:
        state: what the set-up has made.

    Attributes:
        around: see ``deepaas.executors.base.Around``.
    """

    def __init__(self, state: Any) -> None:
        self._state = state
        self.around: Around | None = getattr(state, "around", None)
        # Names are resolved once: pickling a function by reference costs more than a short job.
        self._known: dict[str, Callable[..., Any]] = {}

    def call(self, name: str, args: bytes) -> Any:
        """Return what a job returns, which may be still to run.

        Args:
            name: its name.
            args: its pickled arguments.
        """
        job = self._known.get(name)
        if job is None:
            job = self._known[name] = pkgutil.resolve_name(name)
        return job(self._state, *pickle.loads(args))  # noqa: S301 - our own parent wrote it


class Line:
    """Runs one job after the other.

    Args:
        conversation: with the parent.
        interrupts: interrupts the job that runs.
        grants: which items the parent has taken.
        tasks: for what needs an event loop.
        jobs: calls them.
    """

    def __init__(
        self,
        conversation: Conversation,
        interrupts: Interrupts,
        grants: Grants,
        tasks: Tasks,
        jobs: Jobs,
    ) -> None:
        self._conversation = conversation
        self._interrupts = interrupts
        self._grants = grants
        self._tasks = tasks
        self._jobs = jobs

    def serve(self) -> None:
        """Run jobs until the parent hangs up."""
        conversation = self._conversation
        while (received := conversation.receive()) is not None:
            # Arguments are pickled by themselves, so that a job whose arguments cannot be read
            # here is still answered under its number.
            number, ahead, name, call = pickle.loads(received[0])  # noqa: S301 - our own parent
            args = received[1]
            del received
            if ahead and not conversation.claim():
                conversation.answer(number, SKIPPED, None)
                continue
            conversation.begin(number)
            reporting.link(partial(conversation.report, number))
            if call is not None:
                enter_process(Call(*call))
            outcome, value = attempt(self._run, number, name, args)
            enter_process(NOBODY)
            del args
            conversation.answer(number, outcome, value)
            del value

    def _run(self, number: int, name: str, args: bytes) -> Any:
        interrupts = self._interrupts
        interrupts.running = number
        try:
            if self._jobs.around is None:
                return self._result(number, name, args)
            with self._jobs.around(name):
                return self._result(number, name, args)
        finally:
            interrupts.running = None

    def _result(self, number: int, name: str, args: bytes) -> Any:
        value = self._jobs.call(name, args)
        return self._finish(number, value) if type(value) in LIVE else value

    def _finish(self, number: int, value: Any) -> Any:
        if type(value) is GeneratorType:
            return self._give(number, value)
        loop = self._tasks.loop
        task = loop.create_task(self._tasks.finish(number, value))
        # An exception that is raised anywhere in an event loop is not sure to end the job.
        with self._interrupts.by(partial(loop.call_soon_threadsafe, task.cancel)):
            return self._tasks.run(task)

    def _give(self, number: int, items: Generator[Any, None, None]) -> Any:
        """Send items as they come, no more than may be ahead; return the job's result."""
        interrupts, grants = self._interrupts, self._grants
        window = Window()
        # What is left there of jobs before.
        for _ in grants.read():
            continue
        try:
            for item in items:
                if type(item) is Last:
                    return item.value
                if interrupts.running is None:
                    # The model has taken the interruption for an exception of its own.
                    raise Interrupted
                with interrupts.held():
                    window.sent(self._conversation.give(number, item))
                while window.full:
                    # An interruption whose signal came just before would not end the waiting.
                    grants.wait(interrupts.fd)
                    interrupts.look()
                    for granted, count in grants.read():
                        if granted == number:
                            window.taken(count)
        finally:
            items.close()
        return None


def main(*files: int) -> None:
    """Get ready, say so, and run jobs until the parent hangs up; does not return.

    Args:
        files: the socket, the pipe of claims, that of interrupts, the shared memory, and the pipe
            of grants.
    """
    fd, claims, interrupted, begun, granted = map(_out_of_the_way, files)
    conversation, interrupts = Conversation(fd, claims, begun), Interrupts(interrupted)
    grants = Grants(granted)
    tasks = Tasks(conversation, grants)
    first = conversation.receive()
    if first is None:
        leave(0)
    sys.argv[:], sys.path[:], concurrent, call = pickle.loads(first[0])  # noqa: S301 - our own
    enter_process(Call(*call))
    outcome, state = attempt(_set_up, first[1], tasks)
    enter_process(NOBODY)
    # What is there now stays: the collector need not look at a model again and again.
    gc.freeze()
    conversation.answer(None, outcome, state if outcome == RAISED else None)
    if outcome == DONE:
        jobs = Jobs(state)
        if concurrent:
            tasks.serve(jobs.call, jobs.around or (lambda _: contextlib.nullcontext()))
        else:
            Line(conversation, interrupts, grants, tasks, jobs).serve()
    leave(0)


def _out_of_the_way(fd: int) -> int:
    """Give an open file a number that no child inherits, a high one where the limit allows it."""
    try:
        moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)
    except OSError:
        os.set_inheritable(fd, False)
        return fd
    os.close(fd)
    return moved


def _set_up(setup: bytes, tasks: Tasks) -> Any:
    state = pickle.loads(setup)()  # noqa: S301 - our own parent wrote it
    return tasks.run(state) if type(state) is CoroutineType else state
