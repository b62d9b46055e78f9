"""The inside of a worker, which ``deepaas.executors.keeper`` calls: ``main(FD, ...)``.

The conversation over a socket is one of frames. Those to the worker are two lengths, of 8
little-endian bytes each, and two pickles: the first frame is its environment and set-up, and from
then on each is ``(id, ahead, job)``, with the name of the job, and the job's arguments. Those from
the worker are 4 bytes that are always the same, one length and one pickle: ``(None, outcome,
value)`` when it is ready, then ``(id, outcome, value)`` for each job in order. A job that runs may
send any number of ``(id, REPORTED, report)`` before.

A job that was sent ahead, while another still ran, may be taken back by the parent as long as it
has not begun: both sides then reach for one byte in the pipe of claims, and only one gets it.

A job that runs is interrupted by its number in the pipe of interrupts and a signal. Which job
began last is in shared memory, so that it is known also when the worker is no more.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import mmap
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
from typing import Any, NoReturn

from deepaas.executors import reporting
from deepaas.executors.keeper import INTERRUPTION

HEADER = struct.Struct("<LQ")
# What a model writes to a file that it takes for its own does not begin like this.
MAGIC = 0xA1DEE9A5
JOB_HEADER = struct.Struct("<QQ")
NUMBER = struct.Struct("<Q")
DONE, RAISED, UNSENDABLE, SKIPPED, REPORTED = range(5)
# Numbers of open files from here on are out of the way of models that guess or count them.
OUT_OF_THE_WAY = 500

MAX_TRACE = 64 * 1024
MAX_TEXT = 16 * 1024


def frame(message: Any) -> bytes:
    """Return ``message`` as it goes over the socket."""
    payload = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(MAGIC, len(payload)) + payload


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
    """Call ``function``; return ``DONE`` and its value, or ``RAISED`` and a description.

    A child that the function forks, and that comes back from it, ends here.
    """
    pid = os.getpid()
    try:
        outcome = DONE, function(*args)
        error = None
    except BaseException as raised:  # SystemExit of a model must not end its worker
        error = raised
        outcome = RAISED, describe(error)
    if os.getpid() != pid:
        _end_child(error)
    return outcome


def _end_child(error: BaseException | None) -> NoReturn:
    """End a forked process as it would end outside a worker; its parent answers."""
    code = 0 if error is None else 1
    with contextlib.suppress(BaseException):
        if isinstance(error, SystemExit):
            if error.code is None or isinstance(error.code, int):
                code = error.code or 0
            else:
                print(error.code, file=sys.stderr)
        elif error is not None:
            traceback.print_exception(error)
    leave(code)


def leave(code: int) -> NoReturn:
    """End this process at once: a model's threads and atexit hooks could keep it alive.

    Args:
        code: its exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code & 0xFF)


class Interrupted(BaseException):
    """Nobody waits for the job any more."""


class Interrupts:
    """Raises ``Interrupted`` in the job that the parent names, if it still runs.

    Args:
        fd: where the parent writes numbers of jobs before it signals.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.running: int | None = None
        signal.signal(INTERRUPTION, self._on_signal)

    def _on_signal(self, *_: Any) -> None:
        try:
            named = os.read(self._fd, 64 * NUMBER.size)
        except BlockingIOError:
            return
        if self.running is not None and (self.running,) in NUMBER.iter_unpack(named):
            self.running = None
            raise Interrupted


class Conversation:
    """The worker's end of the conversation.

    Args:
        fd: the socket.
        claims: the pipe in which each byte is the right to a job that was sent ahead.
        begun: shared memory for the number of the job that has begun last.
    """

    def __init__(self, fd: int, claims: int, begun: int) -> None:
        # A job may report from any of its threads.
        self._sending = threading.Lock()
        self._socket = socket.socket(fileno=fd)
        self._reader = self._socket.makefile("rb", buffering=256 * 1024)
        self._claims = claims
        self._begun = mmap.mmap(begun, NUMBER.size)

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

    def begin(self, number: int) -> None:
        """Leave word that a job begins."""
        NUMBER.pack_into(self._begun, 0, number)


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
        conversation.begin(number)
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


def main(*files: int) -> None:
    """Get ready, say so, and run jobs until the parent hangs up; does not return.

    Args:
        files: the socket, the pipe of claims, that of interrupts, and the shared memory.
    """
    fd, claims, interrupted, begun = map(_out_of_the_way, files)
    conversation, interrupts = Conversation(fd, claims, begun), Interrupts(interrupted)
    first = conversation.receive()
    if first is None:
        leave(0)
    sys.argv[:], sys.path[:] = pickle.loads(first[0])  # noqa: S301 - our own parent wrote it
    outcome, state = attempt(_unpickled, first[1])
    # What is there now stays: the collector need not look at a model again and again.
    gc.freeze()
    conversation.answer(None, outcome, state if outcome == RAISED else None)
    if outcome == DONE:
        serve(conversation, interrupts, state)
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


def _unpickled(setup: bytes) -> Any:
    return pickle.loads(setup)()  # noqa: S301 - our own parent wrote it
