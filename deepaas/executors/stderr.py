"""Output that goes where this process logs, and never holds the event loop up."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import select
import time

# Bytes that are kept while nobody reads; what comes beyond them is dropped.
CAPACITY = 1024 * 1024
# At the end, what is kept may take so many seconds to be read.
LAST_CHANCE = 1.0


class Printer:
    """Writes to a file as fast as it is read.

    The file is not made non-blocking, since others that print there would have to know.

    Args:
        fd: an open file.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._kept = bytearray()
        self._writable = select.poll()
        self._writable.register(fd, select.POLLOUT)

    def write(self, data: bytes) -> None:
        """Write, now or later; what nobody reads in time is lost."""
        if not self._kept:
            data = data[self._put(data) :]
        if data:
            self._kept += data[: CAPACITY - len(self._kept)]
            asyncio.get_running_loop().add_writer(self._fd, self._write_kept)

    def flush(self) -> None:
        """Write what is kept, if it is read soon."""
        end = time.monotonic() + LAST_CHANCE
        while self._kept and self._writable.poll(max(0, end - time.monotonic()) * 1000):
            del self._kept[: self._put(self._kept)]

    def _write_kept(self) -> None:
        del self._kept[: self._put(self._kept)]
        if not self._kept:
            asyncio.get_running_loop().remove_writer(self._fd)

    def _put(self, data: bytes | bytearray) -> int:
        """Write what does not block; return how much that was, or all of it where it is lost."""
        done = 0
        # A pipe that can be written to takes at least this much.
        with contextlib.suppress(OSError):
            while done < len(data) and self._writable.poll(0):
                done += os.write(self._fd, data[done : done + select.PIPE_BUF])
            return done
        return len(data)


_stderr = Printer(2)
atexit.register(_stderr.flush)


def to_stderr(data: bytes) -> None:
    """Print what workers print where this process logs.

    Args:
        data: some output; it is dropped where nobody reads it.
    """
    _stderr.write(data)
