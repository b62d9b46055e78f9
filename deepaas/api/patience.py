"""How long a client may take nothing of what is sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from deepaas.api.keys import SETTINGS
from deepaas.log import getLogger

LOG = getLogger(__name__)
# So often it is looked whether anything was taken: looks are counted, not seconds, since a server
# that is held up itself takes nothing for that from its clients.
LOOKS = 4


@contextmanager
def patience(request: web.Request) -> Iterator[None]:
    """Hang up on a client that takes nothing for too long; whoever writes to it is cancelled then.

    Args:
        request: whose answer is sent meanwhile; it is prepared already.
    """
    if not (seconds := request.app[SETTINGS].stream_timeout):
        yield
        return
    taking = _Taking(request, seconds)
    try:
        yield
    finally:
        taking.stop()


class _Taking:
    """Looks what a client takes, without a timer for each thing that is sent.

    Args:
        request: the client's.
        seconds: its patience.
    """

    def __init__(self, request: web.Request, seconds: float) -> None:
        self._request = request
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._taken = -1
        self._looks = 0
        self._next = self._loop.call_later(seconds / LOOKS, self._look)

    def stop(self) -> None:
        """Look no more."""
        self._next.cancel()

    def _look(self) -> None:
        transport = self._request.transport
        if transport is None:
            return
        waiting = transport.get_write_buffer_size()
        taken = self._request.writer.output_size - waiting
        self._looks = self._looks + 1 if waiting and taken == self._taken else 0
        self._taken = taken
        if self._looks >= LOOKS:
            LOG.warning(
                "A client was hung up on: it has taken nothing of %s for %g s (--stream-timeout)",
                *(self._request.path, self._seconds),
            )
            transport.abort()
            return
        self._next = self._loop.call_later(self._seconds / LOOKS, self._look)
