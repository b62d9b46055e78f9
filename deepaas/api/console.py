"""What models print and log, kept for the debug endpoint."""

from __future__ import annotations

import datetime
import logging
import threading
from collections import deque

from deepaas.executors.base import to_stderr
from deepaas.log import TEXT, formatter

CAPACITY = 1024 * 1024


class Console:
    """The last megabyte of what workers print and of what this process logs.

    Args:
        capacity: how many bytes to keep.
        form: that of what is logged, ``text`` or ``json``.
    """

    def __init__(self, capacity: int = CAPACITY, form: str = TEXT) -> None:
        self._capacity = capacity
        self._chunks: deque[bytes] = deque()
        self._size = 0
        # Log records come from any thread.
        self._lock = threading.Lock()
        self.handler: logging.Handler = _ConsoleHandler(self, form)

    def write(self, data: bytes) -> None:
        """Keep what a worker printed, and print it."""
        self.keep(data)
        to_stderr(data)

    def keep(self, data: bytes) -> None:
        """Keep some output, and drop the oldest beyond the capacity."""
        if not data:
            return
        with self._lock:
            self._chunks.append(data)
            self._size += len(data)
            while self._size > self._capacity:
                oldest = self._chunks.popleft()
                excess = self._size - self._capacity
                self._size -= len(oldest)
                if len(oldest) > excess:
                    self._chunks.appendleft(oldest[excess:])
                    self._size += len(oldest) - excess

    def mark(self) -> None:
        """Write down, on a line of its own, that the console is read now."""
        moment = datetime.datetime.now().astimezone().isoformat(sep=" ", timespec="milliseconds")
        with self._lock:
            within_line = bool(self._chunks) and not self._chunks[-1].endswith(b"\n")
        start = "\n" if within_line else ""
        self.keep(f"{start}--- DEBUG MARKER {moment} ---\n".encode())

    def read(self) -> bytes:
        """Return all that is kept."""
        with self._lock:
            return b"".join(self._chunks)


class _ConsoleHandler(logging.Handler):
    def __init__(self, console: Console, form: str) -> None:
        super().__init__()
        self._console = console
        self.setFormatter(formatter(form))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._console.keep(f"{self.format(record)}\n".encode())
        except Exception:
            self.handleError(record)
