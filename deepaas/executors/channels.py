"""The files through which a server and one worker process speak."""

from __future__ import annotations

import contextlib
import os
import socket

from deepaas.executors.conversation import NUMBER
from deepaas.executors.flow import GRANT
from deepaas.executors.keeper import END, INTERRUPT

# Bytes that go over in one piece; what does not fit is copied, and costs both sides a switch.
SEND_BUFFER = 1024 * 1024


class Channels:
    """The server's ends, and the worker's until it has them.

    Args:
        output: whether what the worker prints is read.

    Raises:
        OSError: there are too many open files; none has been added to them.
    """

    def __init__(self, output: bool) -> None:
        with contextlib.ExitStack() as opened, contextlib.ExitStack() as given:

            def pipe() -> tuple[int, int]:
                ends = os.pipe()
                for end in ends:
                    os.set_blocking(end, False)
                return ends

            self.socket, theirs = socket.socketpair()
            opened.enter_context(self.socket)
            given.enter_context(theirs)
            for each in (self.socket, theirs):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            # Both sides read it: each byte is the right to a job.
            self._claimable, self._claims = pipe()
            opened.callback(os.close, self._claimable)
            opened.callback(os.close, self._claims)
            # Shared memory with the number of the job that the worker has begun last.
            self._begun = os.memfd_create("begun")
            opened.callback(os.close, self._begun)
            os.truncate(self._begun, NUMBER.size)
            interrupted, self._interrupts = pipe()
            given.callback(os.close, interrupted)
            opened.callback(os.close, self._interrupts)
            granted, self._grants = pipe()
            given.callback(os.close, granted)
            opened.callback(os.close, self._grants)
            lifeline, self._lifeline = pipe()
            given.callback(os.close, lifeline)
            opened.callback(os.close, self._lifeline)
            self.printed, self.prints = -1, None
            if output:
                # Not one of asyncio, which takes a process whose children hold its pipes for a
                # living one. The worker's end must block, or prints would be lost.
                self.printed, self.prints = os.pipe()
                os.set_blocking(self.printed, False)
                opened.callback(os.close, self.printed)
                given.callback(os.close, self.prints)
            self.lifeline = lifeline
            self.files = (theirs.fileno(), self._claimable, interrupted, self._begun, granted)
            self._opened, self._given = opened.pop_all(), given.pop_all()
        self._closed = False

    def let_go(self) -> None:
        """Close the worker's ends, which it has by now."""
        self._given.close()

    def close(self) -> None:
        """Close all."""
        self._closed = True
        self._given.close()
        self._opened.close()

    def allow_claims(self, count: int) -> None:
        """Let the worker begin so many jobs that are sent ahead."""
        os.write(self._claims, b"." * count)

    def take_claim(self) -> bool:
        """Withdraw one job that was sent ahead; false if the worker has begun it."""
        try:
            return os.read(self._claimable, 1) != b""
        except BlockingIOError:
            return False

    def interrupt(self, number: int) -> None:
        """Raise an exception in a job, if it is the one that runs."""
        if self._write(self._interrupts, NUMBER.pack(number)):
            self._write(self._lifeline, INTERRUPT)

    def grant(self, number: int, taken: int) -> bool:
        """Tell a job how many of its items have been taken in all; false if it cannot be told."""
        return self._write(self._grants, GRANT.pack(number, taken))

    def end(self) -> None:
        """End the worker with all that it started, also one that is yet to start."""
        self._write(self._lifeline, END)

    def last_begun(self) -> int:
        """Return the number of the job that the worker has begun last, 0 for none."""
        return int(NUMBER.unpack(os.pread(self._begun, NUMBER.size, 0))[0])

    def _write(self, fd: int, data: bytes) -> bool:
        # A closed number may be another file by now.
        if not self._closed:
            with contextlib.suppress(BlockingIOError, BrokenPipeError):
                os.write(fd, data)
                return True
        return False
