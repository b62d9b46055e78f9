"""The parent's end of one worker process: start it, talk to it, end it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

from deepaas.exceptions import WorkerNotReady
from deepaas.executors.base import Output
from deepaas.executors.tree import MARK, kill_tree
from deepaas.executors.worker import HEADER, INTERRUPT, JOB_HEADER, NUMBER, RAISED
from deepaas.log import getLogger

LOG = getLogger(__name__)

Answered = Callable[[int, int, Any], None]

# What a worker wrote before it died is read to the end; a child of it that holds the
# socket open must not delay the news of its death any longer than this, in seconds.
LAST_WORDS = 0.2
# Pieces below this many bytes are joined to be written with one system call.
WORTH_COPYING = 16 * 1024
# Bytes that go over in one piece; what does not fit is copied, and costs both sides a switch.
SEND_BUFFER = 1024 * 1024
# Bytes of output that are read in one go, and the most that a pipe holds.
CHUNK, PIPE = 64 * 1024, 1024 * 1024


class WorkerProcess(asyncio.Protocol):
    """One worker process.

    Args:
        answered: called with a job's number, its outcome (see ``deepaas.executors.worker``) and
            value or description.
        all_answered: called when all that had arrived has been passed to ``answered``.
        ended: called once, when the process has ended and all that it wrote has been read.
        output: receives what the process prints; None lets it print where the server prints.
    """

    def __init__(
        self,
        answered: Answered,
        all_answered: Callable[[], None],
        ended: Callable[[], None],
        output: Output | None = None,
    ) -> None:
        self._answered = answered
        self._all_answered = all_answered
        self._when_ended = ended
        self.ended = False
        self._output = output
        self._buffer = bytearray()
        self._needed = HEADER.size
        self._ready: asyncio.Future[tuple[int, Any]] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._claims: tuple[int, int] = (-1, -1)
        self._interrupts = -1
        self._lifeline = -1
        self._mark = uuid.uuid4().hex
        self._hung_up = asyncio.Event()
        self._printed = -1
        self._watching: asyncio.Task[None] | None = None

    async def start(self, setup: bytes) -> None:
        """Start the process and wait until its set-up is done.

        Args:
            setup: a pickled callable that makes the worker's state.

        Raises:
            WorkerNotReady: the set-up raised, or the process ended before it was done.
        """
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        claims = os.pipe()
        lifeline = os.pipe()
        interrupts = os.pipe()
        theirs_too = (theirs.fileno(), claims[0], lifeline[0], interrupts[0])
        # A pipe of our own: asyncio takes a process whose children hold its pipes for a living one.
        printed, prints = os.pipe() if self._output else (-1, None)
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "deepaas.executors.worker",
                *map(str, theirs_too),
                stdin=subprocess.DEVNULL,
                stdout=prints,
                stderr=prints,
                pass_fds=theirs_too,
                env=self._environment(),
                start_new_session=True,
            )
        except BaseException:
            for fd in (*claims, lifeline[1], interrupts[1], printed):
                _close(fd)
            ours.close()
            raise
        finally:
            theirs.close()
            _close(lifeline[0])
            _close(interrupts[0])
            _close(prints)
        os.set_blocking(claims[0], False)
        os.set_blocking(claims[1], False)
        os.set_blocking(interrupts[1], False)
        self._claims, self._lifeline, self._interrupts = claims, lifeline[1], interrupts[1]
        if self._output:
            self._printed = printed
            os.set_blocking(printed, False)
            loop.add_reader(printed, self._forward, self._output)
        self._watching = loop.create_task(self._watch())
        try:
            ours.setblocking(False)
            await loop.create_unix_connection(lambda: self, sock=ours)
            self.send((pickle.dumps((sys.argv, sys.path), pickle.HIGHEST_PROTOCOL), setup))
            outcome, description = await self._ready
        except BaseException:
            self.kill()
            await self.gone()
            raise
        if outcome == RAISED:
            await self.gone()
            kind, text, trace = description
            error = WorkerNotReady(f"{kind}: {text}" if text else kind)
            error.add_note(trace)
            raise error

    @property
    def pid(self) -> int:
        """Process id; also that of its session and process group."""
        assert self._process is not None  # noqa: S101 - start() was awaited
        return self._process.pid

    def send(self, *jobs: tuple[bytes, bytes]) -> None:
        """Send frames, each of two pickles."""
        assert self._transport is not None  # noqa: S101 - start() was awaited
        pieces = []
        for message, args in jobs:
            pieces.append(JOB_HEADER.pack(len(message), len(args)))
            pieces.append(message)
            if len(args) < WORTH_COPYING:
                pieces.append(args)
            else:
                self._transport.write(b"".join(pieces))
                self._transport.write(args)
                pieces.clear()
        self._transport.write(b"".join(pieces))

    def allow_claims(self, count: int) -> None:
        """Let the worker begin so many jobs that are sent ahead."""
        os.write(self._claims[1], b"." * count)

    def take_claim(self) -> bool:
        """Withdraw one job that was sent ahead; false if the worker has begun it."""
        try:
            return os.read(self._claims[0], 1) != b""
        except BlockingIOError:
            return False

    def interrupt(self, number: int) -> None:
        """Raise an exception in a job, if it is the one that runs."""
        if self._process is not None and not self.ended:
            with contextlib.suppress(BlockingIOError, BrokenPipeError):
                os.write(self._interrupts, NUMBER.pack(number))
                self._process.send_signal(INTERRUPT)

    def read_output(self) -> None:
        """Pass on all that has been printed up to now."""
        if self._output and self._printed >= 0:
            # More than this does not fit into a pipe; something else may go on printing.
            for _ in range(PIPE // CHUNK):
                if not self._forward(self._output):
                    break

    def kill(self) -> None:
        """Kill the process and all that it started."""
        if self._process is not None:
            kill_tree(self._process.pid, self._mark)

    async def gone(self) -> None:
        """Wait until the process has ended and its end has been made known."""
        if self._watching is not None:
            await asyncio.shield(self._watching)

    def fate(self) -> str:
        """Say how the process ended, such as ``was killed by SIGSEGV``."""
        code = None if self._process is None else self._process.returncode
        if code is None:
            return "closed its connection"
        if code >= 0:
            return f"ended with exit code {code}"
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        start, end = 0, len(buffer)
        answers = 0
        while end - start >= self._needed:
            (size,) = HEADER.unpack_from(buffer, start)
            if end - start - HEADER.size < size:
                self._needed = HEADER.size + size
                break
            start += HEADER.size
            with memoryview(buffer) as view:
                number, outcome, value = pickle.loads(view[start : start + size])  # noqa: S301
            start += size
            self._needed = HEADER.size
            if number is None:
                self._settle(outcome, value)
            else:
                self._answered(number, outcome, value)
                answers += 1
        if start:
            del buffer[:start]
        if answers:
            self._all_answered()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hung_up.set()

    def _settle(self, outcome: int, value: Any) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result((outcome, value))

    async def _watch(self) -> None:
        assert self._process is not None  # noqa: S101 - start() made it
        exited = asyncio.ensure_future(self._process.wait())
        hung_up = asyncio.ensure_future(self._hung_up.wait())
        await asyncio.wait((exited, hung_up), return_when=asyncio.FIRST_COMPLETED)
        if hung_up.done():
            # It closed its socket but may linger: a worker that cannot answer is no worker.
            await asyncio.wait((exited,), timeout=LAST_WORDS)
        else:
            await asyncio.wait((hung_up,), timeout=LAST_WORDS)
            hung_up.cancel()
        kill_tree(self._process.pid, self._mark)
        await exited
        if self._transport is not None:
            self._transport.abort()
        for fd in (*self._claims, self._lifeline, self._interrupts):
            _close(fd)
        if self._output:
            self.read_output()
            asyncio.get_running_loop().remove_reader(self._printed)
            _close(self._printed)
            self._printed = -1
        self.ended = True
        self._settle(RAISED, ("The worker process", f"{self.fate()} while it got ready", ""))
        self._when_ended()

    def _forward(self, output: Output) -> bool:
        """Pass on what was printed; false when there is nothing (more) for now."""
        try:
            data = os.read(self._printed, CHUNK)
        except BlockingIOError:
            return False
        if not data:
            asyncio.get_running_loop().remove_reader(self._printed)
            return False
        try:
            output(data)
        except Exception:
            LOG.exception("What a worker printed cannot be passed on")
        return True

    def _environment(self) -> dict[str, str]:
        # Prints of a model appear as they are made, also when they go into a pipe.
        return {**os.environ, "PYTHONUNBUFFERED": "1", MARK: self._mark}


def _close(fd: int | None) -> None:
    if fd is not None and fd >= 0:
        os.close(fd)
