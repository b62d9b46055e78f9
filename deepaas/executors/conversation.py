"""What a server and a worker say to each other over their socket, and the worker's end of it.

The conversation is one of frames. Those to the worker are two lengths, of 8 little-endian bytes
each, and two pickles: the first frame is its environment and set-up, and from then on each is
``(id, ahead, job, call)``, with the name of the job and for whom it is done, and the job's
arguments. A frame without a name cancels the job of that id; only workers with an event loop are
told so. Frames from the worker are 4 bytes that are always the same, one length and one pickle:
``(None, outcome, value)`` when it is ready, then ``(id, outcome, value)`` for each job. A job that
runs may send any number of ``(id, REPORTED, report)`` and ``(id, ITEM, item)`` before.

A job that was sent ahead, while another still ran, may be taken back by the parent as long as it
has not begun: both sides then reach for one byte in the pipe of claims, and only one gets it.

Which job began last is in shared memory, so that it is known also when the worker is no more.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import select
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

from deepaas.executors.flow import GRANT
from deepaas.executors.outcomes import ITEM, REPORTED, UNSENDABLE, describe

HEADER = struct.Struct("<LQ")
# What a model writes to a file that it takes for its own does not begin like this.
MAGIC = 0xA1DEE9A5
JOB_HEADER = struct.Struct("<QQ")
NUMBER = struct.Struct("<Q")
# The name of no job: one that was sent before is to end.
CANCEL = ""
# Bytes that are read in one go.
CHUNK = 256 * 1024


def frame(message: Any) -> bytes:
    """Return ``message`` as it goes over the socket."""
    payload = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(MAGIC, len(payload)) + payload


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
        self._reader = self._socket.makefile("rb", buffering=CHUNK)
        self._arrived = bytearray()
        self._claims = claims
        self._begun = mmap.mmap(begun, NUMBER.size)

    def fileno(self) -> int:
        """Return the socket's number, for an event loop."""
        return self._socket.fileno()

    def receive(self) -> tuple[bytes, bytes] | None:
        """Return the next frame's pickles, or None when the parent has hung up."""
        read = self._reader.read
        header = read(JOB_HEADER.size)
        if len(header) < JOB_HEADER.size:
            return None
        first, second = JOB_HEADER.unpack(header)
        return read(first), read(second)

    def arrived(self) -> list[tuple[bytes, bytes]] | None:
        """Return the pickles of all frames that are there, or None when the parent has hung up.

        Who calls this cannot call ``receive`` any more, which reads ahead.
        """
        buffer = self._arrived
        try:
            data = self._socket.recv(CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        if not data:
            return None
        buffer += data
        frames = []
        while len(buffer) >= JOB_HEADER.size:
            first, second = JOB_HEADER.unpack_from(buffer)
            middle = JOB_HEADER.size + first
            end = middle + second
            if len(buffer) < end:
                break
            frames.append((bytes(buffer[JOB_HEADER.size : middle]), bytes(buffer[middle:end])))
            del buffer[:end]
        return frames

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

    def give(self, number: int, item: Any) -> int:
        """Send an item of a job that streams; return in how many bytes."""
        data = frame((number, ITEM, item))
        self._send(data)
        return len(data)

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


class Grants:
    """Tells which items of which jobs have been taken.

    Args:
        fd: the pipe by which the parent tells that.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def wait(self, other: int) -> None:
        """Wait until there are some; what interrupts this takes none away.

        Args:
            other: a file that ends the waiting as well when it can be read.
        """
        readable = select.poll()
        for fd in (self.fd, other):
            readable.register(fd, select.POLLIN)
        readable.poll()

    def read(self) -> Iterator[tuple[int, int]]:
        """Give those that are there: a job's number, and how many of its items were taken."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, 256 * GRANT.size):
                yield from GRANT.iter_unpack(data)
