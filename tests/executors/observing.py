"""What tests of executors see of processes, files and jobs."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Awaitable, Callable, Iterator

import psutil

from deepaas.executors.base import Watcher


def family() -> set[psutil.Process]:
    """Return the living descendants of this process."""
    alive = set()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                alive.add(child)
    return alive


def alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def living(*pids: int) -> Callable[[], Awaitable[list[int]]]:
    """Return a question for ``eventually``: which of these processes still run."""

    async def ask() -> list[int]:
        return [pid for pid in pids if alive(pid)]

    return ask


def open_files() -> int:
    """Return how many file descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))


@contextlib.contextmanager
def no_file_left() -> Iterator[None]:
    """This process can open no file."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(map(int, os.listdir("/proc/self/fd"))) + 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    with contextlib.ExitStack() as files:
        with contextlib.suppress(OSError):
            while True:
                files.enter_context(open("/dev/null"))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Seen(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.reports: list[object] = []
        self.output = bytearray()

    def started(self) -> None:
        self.starts.append(time.monotonic())

    def reported(self, report: object) -> None:
        self.reports.append(report)

    def printed(self, data: bytes) -> None:
        self.output += data
