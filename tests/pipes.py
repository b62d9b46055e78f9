"""Named pipes between a test and the code that it has run elsewhere: events that can be awaited."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path


class Pipe:
    """The test's end of a named pipe.

    Args:
        path: where to make it.
    """

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        os.mkfifo(path)
        # Held open for both directions, so that neither side waits for the other to come.
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._read = b""

    def let(self, count: int = 1) -> None:
        """Let so many calls of ``wait`` go on."""
        os.write(self._fd, b"." * count)

    async def line(self, seconds: float = 20) -> str:
        """Return the next line that ``tell`` wrote, as soon as it is there."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._fd, readable.set)
        try:
            async with asyncio.timeout(seconds):
                while b"\n" not in self._read:
                    await readable.wait()
                    readable.clear()
                    try:
                        self._read += os.read(self._fd, 4096)
                    except BlockingIOError:
                        continue
        finally:
            loop.remove_reader(self._fd)
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)


def tell(path: str, line: object) -> None:
    """Write a line to the test, from wherever this runs."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, f"{line}\n".encode())
    finally:
        os.close(fd)


def wait(path: str) -> None:
    """Wait until the test lets this call go on."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.read(fd, 1)
    finally:
        os.close(fd)
