"""The parent's end of one worker process: start it, talk to it, end it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from deepaas.calls import current
from deepaas.exceptions import WorkerNotReady
from deepaas.executors import keeper
from deepaas.executors.base import Output
from deepaas.executors.channels import Channels
from deepaas.executors.conversation import HEADER, JOB_HEADER, MAGIC
from deepaas.executors.outcomes import RAISED
from deepaas.executors.tree import MARK, kill_tree, reap
from deepaas.log import getLogger

LOG = getLogger(__name__)

Answered = Callable[[int, int, Any], None]

# What a worker wrote before it died is read to the end; a child of it that holds the
# socket open must not delay the news of its death any longer than this, in seconds.
LAST_WORDS = 0.2
# A keeper that has not ended everything after so many seconds is helped.
PATIENCE = 3.0
# Pieces below this many bytes are joined to be written with one system call.
WORTH_COPYING = 16 * 1024
# Bytes of output that are read in one go, and the most that a pipe holds.
CHUNK, PIPE = 64 * 1024, 1024 * 1024
# Seconds between two readings: what prints without pause is held up itself, and nobody else.
REST = 0.01


class WorkerProcess(asyncio.Protocol):
    """One worker process, under its keeper.

    Args:
        answered: called with a job's number, its outcome (see ``deepaas.executors.outcomes``) and
            value or description; when it raises, the worker is ended.
        all_answered: called when all that had arrived has been passed to ``answered``.
        ended: called once, when the process has ended and all that it wrote has been read.
        output: receives what the process prints; None lets it print where the server prints.
        environment: variables that it has from its first moment on, beside those of the server.
    """

    def __init__(
        self,
        answered: Answered,
        all_answered: Callable[[], None],
        ended: Callable[[], None],
        output: Output | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._answered = answered
        self._all_answered = all_answered
        self._when_ended = ended
        self._output = output
        self._environment = dict(environment or {})
        self.alive = True
        self.ended = False
        self.last_begun = 0
        self._buffer = bytearray()
        self._needed = HEADER.size
        self._ready: asyncio.Future[tuple[int, Any]] | None = None
        self._channels: Channels | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._mark = uuid.uuid4().hex
        self._fault = ""
        self._killed = asyncio.Event()
        self._hung_up = asyncio.Event()
        self._gone = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._orphans: set[int] = set()
        self._rest: asyncio.TimerHandle | None = None

    async def start(self, setup: bytes, concurrent: bool = False) -> None:
        """Start the process and wait until its set-up is done.

        Args:
            setup: a pickled callable that makes the worker's state.
            concurrent: whether its jobs run at once, in an event loop.

        Raises:
            WorkerNotReady: the set-up raised, or the process ended before it was done.
            OSError: no process can be started.
        """
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        channels = self._channels = Channels(self._output is not None)
        spawning = asyncio.ensure_future(self._spawn(channels))
        try:
            self._process = await asyncio.shield(spawning)
        except asyncio.CancelledError:
            # It may run already, and is to be gone when this is over.
            self.kill()
            await self._end_what_starts(spawning, channels)
            raise
        except BaseException:
            self._never_started(channels)
            raise
        channels.let_go()
        if self._output:
            loop.add_reader(channels.printed, self._read, self._output)
        self._watching = loop.create_task(self._watch(self._process, channels))
        try:
            channels.socket.setblocking(False)
            await loop.create_unix_connection(lambda: self, sock=channels.socket)
            environment = (sys.argv, sys.path, concurrent, tuple(current()))
            self.send((pickle.dumps(environment, pickle.HIGHEST_PROTOCOL), setup))
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

    async def _end_what_starts(
        self, spawning: asyncio.Future[asyncio.subprocess.Process], channels: Channels
    ) -> None:
        try:
            self._process = await spawning
        except OSError:
            self._never_started(channels)
            return
        channels.let_go()
        self._watching = asyncio.create_task(self._watch(self._process, channels))
        await self.gone()

    def _never_started(self, channels: Channels) -> None:
        channels.close()
        self.ended = True
        self._gone.set()

    async def _spawn(self, channels: Channels) -> asyncio.subprocess.Process:
        # Not -m, which would import from the working directory first: a file there may have the
        # name of a module of the standard library. The worker is told the search path.
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            keeper.__file__,
            str(channels.lifeline),
            "deepaas.executors.worker",
            *map(str, channels.files),
            stdin=subprocess.DEVNULL,
            stdout=channels.prints,
            stderr=channels.prints,
            pass_fds=(channels.lifeline, *channels.files),
            # Prints of a model appear as they are made, also when they go into a pipe.
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                **self._environment,
                MARK: self._mark,
            },
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Process id of the keeper; also that of their session."""
        assert self._process is not None  # noqa: S101 - start() was awaited
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether there is such a process, which has not ended."""
        return self._process is not None and not self.ended

    @property
    def channels(self) -> Channels:
        """What it is told by other ways than jobs."""
        assert self._channels is not None  # noqa: S101 - start() was awaited
        return self._channels

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

    def read_output(self) -> None:
        """Pass on all that has been printed up to now."""
        if self._output and not self.ended:
            # More than this does not fit into a pipe; something else may go on printing.
            for _ in range(PIPE // CHUNK):
                if not self._forward(self._output):
                    break

    def kill(self) -> None:
        """Kill the process and all that it started, also when it is only about to start."""
        self.alive = False
        self._killed.set()
        if self._channels is not None:
            self._channels.end()

    async def gone(self) -> None:
        """Wait until the process has ended and its end has been made known."""
        if self._channels is not None:
            await self._gone.wait()

    def fate(self) -> str:
        """Say how the process ended, such as ``was killed by SIGSEGV``."""
        if self._fault:
            return self._fault
        code = None if self._process is None else self._process.returncode
        if code is None:
            return "closed its connection"
        number = -code if code < 0 else code - keeper.SIGNALLED
        if number <= 0:
            return f"ended with exit code {code}"
        try:
            return f"was killed by {signal.Signals(number).name}"
        except ValueError:
            return f"was killed by signal {number}" if code < 0 else f"ended with exit code {code}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if len(buffer) < self._needed:
            return
        try:
            answers = self._take_frames(buffer)
        except Exception:
            LOG.exception("Worker %d sent what is no answer", self.pid)
            self._fault = "sent what is no answer, and was ended"
            if self._transport is not None:
                self._transport.abort()
            self.kill()
            return
        if answers:
            self._all_answered()

    def _take_frames(self, buffer: bytearray) -> int:
        start, end = 0, len(buffer)
        answers = 0
        while end - start >= self._needed:
            magic, size = HEADER.unpack_from(buffer, start)
            if magic != MAGIC:
                raise ValueError(f"a frame that begins with {bytes(buffer[start : start + 16])!r}")
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
        return answers

    def connection_lost(self, exc: Exception | None) -> None:
        self.alive = False
        self._hung_up.set()

    def _settle(self, outcome: int, value: Any) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result((outcome, value))

    async def _watch(self, process: asyncio.subprocess.Process, channels: Channels) -> None:
        """Wait for the end, see to it that it is one, and make it known, come what may."""
        try:
            await self._see_end(process)
        except Exception:
            LOG.exception("What worker %d has started may be left", process.pid)
        finally:
            # Also where the event loop ends before: others wait for this, and could not end either.
            self._let_go(channels)
        if self._orphans:
            await asyncio.to_thread(reap, self._orphans)

    def _let_go(self, channels: Channels) -> None:
        """Make the end known; without its channels the keeper ends all that there may be."""
        self.last_begun = channels.last_begun()
        self.read_output()
        self.alive, self.ended = False, True
        if self._transport is not None:
            self._transport.abort()
        if self._output:
            asyncio.get_running_loop().remove_reader(channels.printed)
        if self._rest:
            self._rest.cancel()
        channels.close()
        self._settle(RAISED, (f"the worker process {self.fate()} while it got ready", "", ""))
        self._gone.set()
        self._when_ended()

    async def _see_end(self, process: asyncio.subprocess.Process) -> None:
        waits = [asyncio.ensure_future(self._hung_up.wait())]
        waits.append(asyncio.ensure_future(self._killed.wait()))
        exited = asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait((exited, *waits), return_when=asyncio.FIRST_COMPLETED)
            if not exited.done():
                # It closed its socket but may linger: a worker that cannot answer is no worker.
                await asyncio.wait((exited,), timeout=LAST_WORDS)
                self.kill()
                await asyncio.wait((exited,), timeout=PATIENCE)
            if not exited.done():
                self._orphans |= await asyncio.to_thread(kill_tree, process.pid, self._mark)
            await exited
            self.alive = False
            if (process.returncode or 0) < 0:
                # Not the worker's signal, but its keeper's, which could not do its work.
                self._orphans |= await asyncio.to_thread(
                    kill_tree, process.pid, self._mark, reaped=True
                )
            # Nobody else has the socket by now, unless the keeper was killed.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS):
                    await self._hung_up.wait()
        finally:
            for wait in waits:
                wait.cancel()

    def _read(self, output: Output) -> None:
        """Pass on what was printed, and let more of it gather before the next look."""
        loop = asyncio.get_running_loop()
        printed = self.channels.printed
        loop.remove_reader(printed)
        if self._forward(output) is not None:
            self._rest = loop.call_later(REST, loop.add_reader, printed, self._read, output)

    def _forward(self, output: Output) -> bool | None:
        """Pass on what was printed; false if there was nothing, None if nothing will come."""
        try:
            data = os.read(self.channels.printed, CHUNK)
        except BlockingIOError:
            return False
        if not data:
            return None
        try:
            output(data)
        except Exception:
            LOG.exception("What a worker printed cannot be passed on")
        return True
