"""The inside of a worker: ``python -m deepaas.executors.worker FD CLAIMS LIFELINE INTERRUPTS``.

The conversation over the socket ``FD`` is one of frames. Those to the worker are two lengths, of 8
little-endian bytes each, and two pickles: the first frame is its environment and set-up, and from
then on each is ``(id, ahead, job)``, with the name of the job, and the job's arguments. Those from
the worker are one length and one pickle: ``(None, outcome, value)`` when it is ready, then ``(id,
outcome, value)`` for each job in order. A job that runs may send any number of ``(id, REPORTED,
report)`` before.

A job that was sent ahead, while another still ran, may be taken back by the parent as long as it
has not begun: both sides then reach for one byte in the pipe ``CLAIMS``, and only one gets it.

A job that runs is interrupted by its number in the pipe ``INTERRUPTS`` and a signal.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import pkgutil
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from deepaas.executors import reporting

HEADER = struct.Struct("<Q")
JOB_HEADER = struct.Struct("<QQ")
NUMBER = struct.Struct("<Q")
DONE, RAISED, UNSENDABLE, SKIPPED, REPORTED = range(5)
# One that nothing else is likely to use.
INTERRUPT = signal.SIGRTMIN + 7

MAX_TRACE = 64 * 1024
MAX_TEXT = 16 * 1024


def frame(message: Any) -> bytes:
    """Return ``message`` as it goes over the socket."""
    payload = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(payload)) + payload


def describe(error: BaseException) -> tuple[str, str, str]:
    """Return an exception's class name, text and traceback, whatever its ``__str__`` does."""
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be made)"
    try:
        trace = "".join(traceback.format_exception(error))
    except Exception:
        trace = "(its traceback cannot be made)"
    return type(error).__name__, _encodable(text[:MAX_TEXT]), _encodable(trace[-MAX_TRACE:])


def _encodable(text: str) -> str:
    """Return text that can be logged and sent; names of files may hold what UTF-8 cannot."""
    return text.encode(errors="backslashreplace").decode()


def attempt(function: Callable[..., Any], *args: Any) -> tuple[int, Any]:
    """Call ``function``; return ``DONE`` and its value, or ``RAISED`` and a description."""
    try:
        return DONE, function(*args)
    except BaseException as error:  # SystemExit of a model must not end its worker
        return RAISED, describe(error)


def follow_parent(lifeline: int) -> None:
    """End this process and all that it started as soon as the parent is gone, however it went."""
    with contextlib.suppress(OSError):
        os.read(lifeline, 1)
    with contextlib.suppress(Exception):
        # Only now: psutil would add to the start and the memory of every worker.
        from deepaas.executors.tree import MARK, kill_tree

        kill_tree(os.getpid(), os.environ[MARK])
    os.killpg(0, signal.SIGKILL)


class Interrupted(BaseException):
    """Nobody waits for the job any more."""


class Interrupts:
    """Raises ``Interrupted`` in the job that the parent names, if it still runs.

    Args:
        fd: where the parent writes numbers of jobs before it signals.
    """

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self.running: int | None = None
        signal.signal(INTERRUPT, self._on_signal)

    def _on_signal(self, *_: Any) -> None:
        try:
            named = os.read(self._fd, 64 * NUMBER.size)
        except BlockingIOError:
            return
        if self.running is not None and (self.running,) in NUMBER.iter_unpack(named):
            self.running = None
            raise Interrupted


class Conversation:
    """The worker's end of the socket."""

    def __init__(self, fd: int, claims: int) -> None:
        # A job may report from any of its threads.
        self._sending = threading.Lock()
        self._socket = socket.socket(fileno=fd)
        self._reader = self._socket.makefile("rb", buffering=256 * 1024)
        self._claims = claims

    def receive(self) -> tuple[bytes, bytes] | None:
        """Return the next frame's pickles, or None when the parent has hung up."""
        read = self._reader.read
        header = read(JOB_HEADER.size)
        if len(header) < JOB_HEADER.size:
            return None
        first, second = JOB_HEADER.unpack(header)
        return read(first), read(second)

    def answer(self, number: int | None, outcome: int, value: Any) -> None:
        """Send an answer; one that cannot be pickled becomes a description of why."""
        try:
            data = frame((number, outcome, value))
        except BaseException as error:
            data = frame((number, UNSENDABLE, describe(error)))
        self._send(data)

    def report(self, number: int, value: Any) -> None:
        """Send a report of a job that runs."""
        self._send(frame((number, REPORTED, value)))

    def _send(self, data: bytes) -> None:
        with self._sending:
            self._socket.sendall(data)

    def claim(self) -> bool:
        """Take the byte that stands for a job sent ahead; false if the parent took it back."""
        try:
            return os.read(self._claims, 1) != b""
        except BlockingIOError:
            return False


def serve(conversation: Conversation, interrupts: Interrupts, state: Any) -> None:
    """Run jobs until the parent hangs up."""
    # Names are resolved once: pickling a function by reference costs more than a short job.
    jobs: dict[str, Callable[..., Any]] = {}
    while (received := conversation.receive()) is not None:
        # Arguments are pickled by themselves, so that a job whose arguments cannot be read here
        # is still answered under its number.
        number, ahead, name = pickle.loads(received[0])  # noqa: S301 - our own parent wrote it
        args = received[1]
        del received
        if ahead and not conversation.claim():
            conversation.answer(number, SKIPPED, None)
            continue
        reporting.link(partial(conversation.report, number))
        outcome, value = attempt(_run, jobs, name, state, args, interrupts, number)
        del args
        conversation.answer(number, outcome, value)
        del value


def _run(
    jobs: dict[str, Callable[..., Any]],
    name: str,
    state: Any,
    args: bytes,
    interrupts: Interrupts,
    number: int,
) -> Any:
    job = jobs.get(name)
    if job is None:
        job = jobs[name] = pkgutil.resolve_name(name)
    given = pickle.loads(args)  # noqa: S301 - our own parent wrote it
    interrupts.running = number
    try:
        return job(state, *given)
    finally:
        interrupts.running = None


def main() -> None:
    """Get ready, say so, and run jobs until the parent hangs up."""
    fd, claims, lifeline, interrupted = map(int, sys.argv[1:5])
    for inherited in (fd, claims, lifeline, interrupted):
        os.set_inheritable(inherited, False)
    os.set_blocking(claims, False)
    threading.Thread(target=follow_parent, args=(lifeline,), daemon=True).start()

    conversation, interrupts = Conversation(fd, claims), Interrupts(interrupted)
    first = conversation.receive()
    if first is None:
        return
    sys.argv[:], sys.path[:] = pickle.loads(first[0])  # noqa: S301 - our own parent wrote it
    outcome, state = attempt(_unpickled, first[1])
    # What is there now stays: the collector need not look at a model again and again.
    gc.freeze()
    conversation.answer(None, outcome, state if outcome == RAISED else None)
    if outcome == DONE:
        serve(conversation, interrupts, state)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    # Not sys.exit: a model's threads and atexit hooks could keep the process alive.
    os._exit(0)


def _unpickled(setup: bytes) -> Any:
    return pickle.loads(setup)()  # noqa: S301 - our own parent wrote it


if __name__ == "__main__":
    main()
