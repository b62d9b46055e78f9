"""Processes of commands, forked from one that has imported all that they need."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.commands import forking


class Process:
    """A running command, with what tests use of ``asyncio.subprocess.Process``.

    Args:
        pid: its process id.
        life: where its exit code will arrive.
        stdout: what it prints.
        stderr: what it prints as errors; None if that is among the rest.
    """

    def __init__(
        self,
        pid: int,
        life: socket.socket,
        stdout: asyncio.StreamReader,
        stderr: asyncio.StreamReader | None,
    ) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._life = life
        self._ending = asyncio.create_task(self._end())

    async def wait(self) -> int:
        """Wait until it has ended; return its exit code, or the negative of a signal."""
        return await asyncio.shield(self._ending)

    async def communicate(self) -> tuple[bytes, bytes]:
        """Return what it prints until it has ended."""
        streams = [one.read() for one in (self.stdout, self.stderr) if one is not None]
        *printed, _ = await asyncio.gather(*streams, self.wait())
        return printed[0], b"".join(printed[1:])

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)

    async def _end(self) -> int:
        with self._life as life:
            self.returncode = int(await asyncio.get_running_loop().sock_recv(life, 16))
        return self.returncode


class Commands:
    """Starts commands, from its first one on until it is closed."""

    def __init__(self) -> None:
        self._asked: socket.socket | None = None
        self._forking: subprocess.Popen[bytes] | None = None

    async def start(
        self,
        command: str,
        *argv: str,
        environment: Mapping[str, str],
        folder: Path,
        merged: bool = False,
    ) -> Process:
        """Run ``deepaas-COMMAND``.

        Args:
            command: the last word of its name.
            argv: its arguments.
            environment: its environment variables.
            folder: its working directory.
            merged: whether errors come among what it prints.
        """
        given = {
            "module": f"deepaas.cmd.{command}",
            "argv": argv,
            "environment": dict(environment),
            "folder": str(folder),
        }
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        out, prints = os.pipe()
        files = [theirs.fileno(), prints, prints]
        if not merged:
            err, complains = os.pipe()
            files[2] = complains
        socket.send_fds(self._server(), [json.dumps(given).encode()], files)
        theirs.close()
        for file in set(files[1:]):
            os.close(file)
        ours.setblocking(False)
        pid = int(await asyncio.get_running_loop().sock_recv(ours, 16))
        return Process(pid, ours, await _reader(out), None if merged else await _reader(err))

    def close(self) -> None:
        """End the process that forks, not those that it has forked."""
        if self._asked is not None and self._forking is not None:
            self._asked.close()
            self._forking.wait()

    def _server(self) -> socket.socket:
        if self._asked is None:
            self._asked, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
            with theirs:
                self._forking = subprocess.Popen(
                    [sys.executable, forking.__file__, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                )
        return self._asked


async def _reader(file: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(file, "rb", 0))
    return reader
