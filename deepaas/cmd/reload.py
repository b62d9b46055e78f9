"""``deepaas-run --reload``: a new server for each save, without a failed request.

The supervisor opens the sockets, which each server inherits. A new server starts beside the old
one, which ends only when the new one answers; where that fails, takes too long, or is overtaken by
another save, the old one goes on. Requests that come while there is none wait in the sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deepaas.cmd._shutdown import handle_signals
from deepaas.cmd.errors import complain
from deepaas.cmd.handover import READY, RETIRE, RETIRED
from deepaas.cmd.listening import bound
from deepaas.cmd.watching import saves, watched
from deepaas.model.loading import choose
from deepaas.settings import Settings

# What a server is started with; it is to find the same modules as the supervisor.
CODE = (
    "import json, sys; given = json.loads(sys.argv.pop(1)); sys.path[:] = given.pop('path'); "
    "from deepaas.cmd.run import main; from deepaas.cmd.handover import Handover; "
    "main(handover=Handover(**given))"
)
# Exit code of options that cannot be used: no save will mend them.
USAGE = 2
# Seconds beyond its own grace after which a server that does not end is killed.
PATIENCE = 10.0


class Server:
    """A server that was started by the supervisor.

    Args:
        process: its process.
        reader: reads from the socket between them.
        writer: writes to it.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(
        cls, argv: Sequence[str], sockets: Sequence[socket.socket], first: bool
    ) -> Server:
        """Start one; it is not ready yet.

        Args:
            argv: arguments of ``deepaas-run``.
            sockets: what it listens on.
            first: whether no server before it has ever been ready.
        """
        ours, its = socket.socketpair()
        with its:
            descriptors = [one.fileno() for one in sockets]
            given = {
                "path": sys.path,
                "sockets": descriptors,
                "control": its.fileno(),
                "first": first,
            }
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", CODE, json.dumps(given), *argv),
                pass_fds=(*descriptors, its.fileno()),
                # Compiled files are told apart by size and second, which is not enough for two
                # saves in a row.
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                # CTRL+C is for the supervisor, which passes it on.
                start_new_session=True,
            )
        return cls(process, *await asyncio.open_connection(sock=ours))

    async def said(self, news: bytes) -> bool:
        """Wait until it has told this; false if it has ended before."""
        reading = asyncio.ensure_future(self._reader.readline())
        ending = asyncio.ensure_future(self.ended())
        try:
            await asyncio.wait((reading, ending), return_when=asyncio.FIRST_COMPLETED)
            return reading.done() and reading.result() == news
        finally:
            reading.cancel()
            ending.cancel()

    async def ended(self) -> int:
        """Wait until it has ended; return its exit code, negative after a signal."""
        return await self._process.wait()

    async def retire(self) -> None:
        """Let it end when what has come to it is answered; return when it accepts no more."""
        self._writer.write(RETIRE)
        await self.said(RETIRED)

    async def give_up(self) -> None:
        """End it before it has told that it is ready; return when it has ended, or retires."""
        self._writer.write(RETIRE)
        try:
            # One that got ready just now may have been sent requests.
            async with asyncio.timeout(PATIENCE):
                await self.said(READY)
        except TimeoutError:
            self.send(signal.SIGKILL)

    def send(self, number: int) -> None:
        """Send a signal, if it has not ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def close(self) -> None:
        """Forget the socket of one that has ended."""
        self._writer.close()


class Supervisor:
    """Replaces the server at each save.

    Args:
        prog: the command's name, for messages.
        argv: its arguments.
        settings: what they say.
        sockets: what servers listen on.
    """

    def __init__(
        self,
        prog: str,
        argv: Sequence[str],
        settings: Settings,
        sockets: Sequence[socket.socket],
    ) -> None:
        self._prog = prog
        self._argv = argv
        self._settings = settings
        self._sockets = sockets
        self._current: Server | None = None
        self._living: dict[Server, asyncio.Task[None]] = {}
        self._served = False
        self._saved: set[Path] = set()
        self._news = asyncio.Event()
        self._ending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until a signal says stop.

        Raises:
            DeepaasError: there is nothing to watch.
            SystemExit: the options cannot be used.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine
        handle_signals(task.cancel)
        watching = asyncio.create_task(self._watch())
        # A save from here on is heard.
        await asyncio.sleep(0)
        try:
            await self._replace(set())
            while True:
                getting = asyncio.ensure_future(self._news.wait())
                await asyncio.wait((getting, watching), return_when=asyncio.FIRST_COMPLETED)
                if watching.done():
                    watching.result()
                await self._replace(self._taken())
        except asyncio.CancelledError:
            pass
        finally:
            watching.cancel()
            await self._end()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self) -> None:
        what = watched(choose(self._settings.model_names), self._settings.config_files)
        async for files in saves(what):
            self._saved |= files
            self._news.set()

    def _taken(self) -> set[Path]:
        """Return what was saved since this was asked."""
        self._news.clear()
        files, self._saved = self._saved, set()
        return files

    async def _replace(self, files: set[Path]) -> None:
        """Start a server, and let the one that was there end if all is well."""
        begin = time.monotonic()
        server = await Server.start(self._argv, self._sockets, not self._served)
        self._living[server] = asyncio.create_task(self._mind(server))
        ready = asyncio.create_task(server.said(READY))
        overtaken = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait(
                (ready, overtaken),
                timeout=self._settings.reload_timeout or None,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            overtaken.cancel()
            ready.cancel()
        if not ready.done():
            self._give_up(server, files)
            return
        if not ready.result():
            code = await server.ended()
            if code == USAGE and not self._served:
                sys.exit(code)
            self._say_failed(code, files)
            return
        former, self._current = self._current, server
        if former is not None:
            await former.retire()
        if self._served:
            took = time.monotonic() - begin
            print(f"Reloaded {_named(files)} in {took:.1f} s", flush=True)
        self._served = True

    def _give_up(self, server: Server, files: set[Path]) -> None:
        """Let a server go that does not get ready, or that a save has overtaken."""
        ending = asyncio.create_task(server.give_up())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        if self._news.is_set():
            self._saved |= files
            return
        seconds = self._settings.reload_timeout
        complain(
            self._prog, f"the server is given up: not ready after {seconds:g} s (--reload-timeout)"
        )
        self._say_kept(files)

    async def _mind(self, server: Server) -> None:
        code = await server.ended()
        server.close()
        if server is self._current:
            self._current = None
            complain(self._prog, f"the server {_fate(code)}; the next save starts it again")
        del self._living[server]

    def _say_failed(self, code: int, files: set[Path]) -> None:
        if code < 0:
            complain(self._prog, f"the server {_fate(code)} before it was ready")
        self._say_kept(files)

    def _say_kept(self, files: set[Path]) -> None:
        if self._current is None:
            text = "Nothing is served; the next save is tried"
        else:
            text = f"{_named(files)} not reloaded: what was there before is served on"
        print(text, file=sys.stderr, flush=True)

    async def _end(self) -> None:
        """End all servers; each further signal is passed on to them."""
        self._current = None
        settings = self._settings
        grace = settings.drain_delay + settings.shutdown_grace + PATIENCE
        deadline = time.monotonic() + grace
        number: int = signal.SIGTERM
        while self._living:
            for server in self._living:
                server.send(number)
            left = deadline - time.monotonic()
            try:
                await asyncio.wait(list(self._living.values()), timeout=max(left, 1))
                number = signal.SIGKILL
            except asyncio.CancelledError:
                number = signal.SIGTERM


async def supervise(prog: str, argv: Sequence[str], settings: Settings) -> None:
    """Serve, and serve anew at each save, until a signal says stop; see ``Supervisor``.

    Raises:
        DeepaasError: the address cannot be used.
    """
    async with bound(settings.listen_ip, settings.listen_port) as listener:
        await Supervisor(prog, argv, settings, listener.hold()).run()


def _named(files: set[Path]) -> str:
    first = min(files).name
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"


def _fate(code: int) -> str:
    if code >= 0:
        return f"has ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
