"""A real server, what it prints, and what it costs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from deepaas.client import AsyncClient
from tests.commands.forked import Commands

PREDICT = "/v2/models/faulty/predict/"
# A head or body that stops coming is given up after so many seconds, which tests cannot wait.
SHORTENED = (
    "from deepaas.api import connections; connections.SILENCE = {silence}; "
    "from deepaas.cmd.run import main; main()"
)


class Server:
    """A ``deepaas-run`` that serves ``tests.faults.model``.

    Args:
        process: the running command.
    """

    def __init__(self, process: Any) -> None:
        self.process = process
        self.url = ""
        self.lines: list[str] = []
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def heard(self, pattern: str, times: int = 1, seconds: float = 60) -> list[re.Match[str]]:
        """Wait until it has printed so many lines that match; return them all."""

        def found() -> list[re.Match[str]]:
            return [match for line in self.lines if (match := re.search(pattern, line))]

        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(found()) >= times or self._reading.done())
        assert len(found()) >= times, "".join(self.lines)
        return found()

    async def open(self) -> None:
        """Wait until it serves."""
        (match,) = await self.heard(r"(http://\S+)/v2/$")
        self.url = match[1]

    def api(self) -> AsyncClient:
        """Return a client of its API, for all that is not measured."""
        return AsyncClient(self.url, timeout=60)

    def client(self, connections: int = 0, seconds: float = 60) -> aiohttp.ClientSession:
        """Return a session; its paths are relative, and no request hangs for ever.

        Args:
            connections: at most so many; 0 for any number.
            seconds: in which a request is answered, or has failed.
        """
        return aiohttp.ClientSession(
            self.url,
            connector=aiohttp.TCPConnector(limit=connections),
            timeout=aiohttp.ClientTimeout(total=seconds),
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def family(self) -> list[psutil.Process]:
        """Return its processes, itself first."""
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    async def family_with(self, children: int, ended: int = 0) -> list[psutil.Process]:
        """Wait until calls have started children; return its processes and these.

        Args:
            children: how many calls have started, and not ended yet.
            ended: how many have come before.
        """
        told = (await self.heard(r"child (\d+)", ended + children))[ended:]
        return [*self.family(), *(psutil.Process(int(match[1])) for match in told)]

    def workers(self) -> list[int]:
        """Return the process ids of its living workers."""
        keepers = psutil.Process(self.process.pid).children()
        workers = []
        for keeper in keepers:
            with contextlib.suppress(psutil.Error):
                workers += [one.pid for one in keeper.children()]
        return workers

    def kill_a_worker(self) -> None:
        """Kill one of its workers with SIGKILL."""
        os.kill(self.workers()[0], signal.SIGKILL)

    def open_files(self) -> int:
        """Return how many file descriptors the server itself holds."""
        return psutil.Process(self.process.pid).num_fds()

    def memory(self) -> float:
        """Return how many megabytes all its processes take together."""
        return sum(one.memory_info().rss for one in self.family()) / 1e6

    async def end(self, number: int = signal.SIGTERM, seconds: float = 30) -> float:
        """Send a signal; return after how many seconds it has ended."""
        begin = time.monotonic()
        self.process.send_signal(number)
        await asyncio.wait_for(self.process.wait(), seconds)
        return time.monotonic() - begin

    async def close(self) -> None:
        """See to it that it has ended."""
        if self.process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await self.end()
        if self.process.returncode is None:
            await self.end(signal.SIGKILL)
        await self._reading

    async def _read(self) -> None:
        while line := await self.process.stdout.readline():
            async with self._news:
                self.lines.append(line.decode(errors="replace"))
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()


def left(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return which of these still run."""
    return [one for one in processes if one.is_running() and not _is_zombie(one)]


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@asynccontextmanager
async def running(
    commands: Commands,
    environment: Mapping[str, str],
    cwd: Path,
    *argv: str,
    silence: float | None = None,
) -> AsyncIterator[Server]:
    """Run a server on a free port for the time of a ``with`` block.

    Args:
        commands: start it.
        environment: its environment.
        cwd: its working directory.
        argv: its options.
        silence: after how many seconds requests that stop coming are given up, if not as usual.
    """
    argv = ("--listen-port", "0", *argv)
    process: Any
    if silence is None:
        where = {"environment": environment, "folder": cwd, "merged": True}
        process = await commands.start("run", *argv, **where)
    else:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SHORTENED.format(silence=silence), *argv),
            env=environment,
            cwd=cwd,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    server = Server(process)
    try:
        await server.open()
        yield server
    finally:
        await server.close()
