"""Where a server listens: the port is taken at once, and opened when all is ready."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from deepaas.exceptions import DeepaasError

if TYPE_CHECKING:
    from deepaas.api.connections import Runner

# Connections that wait to be accepted.
BACKLOG = 128


class Listener:
    """Sockets that are bound.

    Args:
        where: host and port, for people.
        sockets: one for each address of the host.
    """

    def __init__(self, where: str, sockets: list[socket.socket]) -> None:
        self._where = where
        self._sockets = sockets

    def hold(self) -> list[socket.socket]:
        """Return the sockets; connections wait in them from now on until somebody accepts them.

        Raises:
            DeepaasError: another server has opened the port meanwhile.
        """
        for one in self._sockets:
            try:
                one.listen(BACKLOG)
            except OSError as error:
                raise _failure(self._where, error) from None
        return self._sockets

    def release(self) -> int:
        """Give the port to somebody else in this process, who binds it at once.

        Returns:
            The port.
        """
        port: int = self._sockets[0].getsockname()[1]
        for one in self._sockets:
            one.close()
        return port

    async def open(self, runner: Runner) -> None:
        """Take connections.

        Args:
            runner: answers them; it has been set up.

        Raises:
            DeepaasError: another server has opened the port meanwhile.
        """
        for one in self._sockets:
            try:
                await web.SockSite(runner, one, ssl_context=runner.tls).start()
            except OSError as error:
                raise _failure(self._where, error) from None


@asynccontextmanager
async def bound(host: str, port: int) -> AsyncIterator[Listener]:
    """Bind a port for the time of a ``with`` block; clients are refused until it is opened.

    Args:
        host: an address, or a name of one or several.
        port: 0 for any free one.

    Raises:
        DeepaasError: it cannot be listened on.
    """
    where = f"{host}:{port}"
    try:
        # asyncio resolves names and binds all their addresses, but wants to know who answers.
        server = await asyncio.get_running_loop().create_server(
            asyncio.Protocol, host, port, start_serving=False
        )
    except OSError as error:
        raise _failure(where, error) from None
    sockets = [one.dup() for one in server.sockets]
    server.close()
    try:
        yield Listener(where, sockets)
    finally:
        for one in sockets:
            one.close()


def _failure(where: str, error: OSError) -> DeepaasError:
    why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    return DeepaasError(f"cannot listen on {where}: {why}")
