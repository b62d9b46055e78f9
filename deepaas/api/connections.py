"""Connections: what aiohttp does below the level of an application, as this server wants it."""

from __future__ import annotations

import asyncio
import re
import ssl
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.web_request import BaseRequest

from deepaas.api.browsers import protect
from deepaas.api.forwarding import Proxies, forwarding
from deepaas.api.keys import CERTIFICATE, PROXIES
from deepaas.api.middlewares import failure
from deepaas.api.request_ids import HEADER
from deepaas.calls import Call, current, enter, identifier_source
from deepaas.log import getLogger

LOG = getLogger(__name__)
KEEPALIVE = 75.0
# Seconds without a byte after which a request that has begun to come is given up; its body is
# read in ``deepaas.api.body``.
SILENCE = 55.0
# Seconds in which those who hold a connection to a server that retires may ask once more.
LAST_CALL = 1.0
# Bytes of an upload that are taken in one go.
READ_BUFFER = 256 * 1024
# Bytes of a request line: arguments in the query can be long.
MAX_LINE = 64 * 1024
# The part of a line that may hold passwords, and what the parser quotes: a header may be a token.
QUERY = re.compile(r"\?[^\s'\"]*")
QUOTED = re.compile(r":?\s*(bytearray\()?b['\"].*", re.DOTALL)


class Connection(web.RequestHandler):
    """A connection that answers JSON also to what is no request at all.

    It ends when headers stop coming; aiohttp itself does that only to one that is idle.
    """

    __slots__ = ("_ending",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ending: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take what has come; as long as it is part of a head, the rest must follow in time."""
        super().data_received(data)
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        # Over TLS the first bytes can come before anybody waits for them.
        first = not self._request_count
        if first or (self._waiter is not None and not self._waiter.done()):
            self._ending = self._loop.call_later(SILENCE, self.force_close)

    async def finish_response(
        self, request: BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer with the request's id; the last one here where the server retires."""
        if not resp.prepared:
            self._identify(resp)
        # Its line in the log comes with this.
        return await super().finish_response(request, resp, start_time)

    def _identify(self, resp: web.StreamResponse) -> None:
        if not (identifier := current().request_id) and isinstance(self._manager, Server):
            # The application has never seen it.
            identifier = self._manager.identifier(None)
            enter(Call(identifier))
        resp.headers[HEADER] = identifier
        if isinstance(self._manager, Server) and self._manager.retiring:
            resp.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """See ``asyncio.Protocol``."""
        if self._ending is not None:
            self._ending.cancel()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what the application never saw, and close the connection.

        Args:
            request: as much as could be read.
            status: HTTP status.
            exc: what went wrong.
            message: the same in words.

        Raises:
            ConnectionError: there is nobody, or nothing, to answer any more.
        """
        if isinstance(exc, ConnectionError):
            LOG.debug("A client has hung up: %s", exc)
            raise exc
        said = QUOTED.sub("", message or "") or HTTPStatus(status).phrase
        words = QUERY.sub("?…", " ".join(said.split()))
        if status >= 500:
            LOG.error("Error in a connection", exc_info=exc)
        else:
            LOG.debug("What a client sent is no HTTP: %s", words)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer is under way already")
        response = failure(status, words)
        protect(response.headers)
        response.force_close()
        return response


class Server(web.Server):
    """Makes a ``Connection`` for each client."""

    retiring = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.identifier = identifier_source()

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application with the connections of this server.

    Args:
        app: the application.
        options: of ``aiohttp.web.AppRunner``, over those that all servers have in common.
    """

    def __init__(self, app: web.Application, **options: Any) -> None:
        common: dict[str, Any] = {
            "handler_cancellation": True,
            "keepalive_timeout": KEEPALIVE,
            "read_bufsize": READ_BUFFER,
            "max_line_size": MAX_LINE,
            # See ``deepaas.api.unpacking``.
            "auto_decompress": False,
        }
        super().__init__(app, **common, **options)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How its sites speak TLS; None if they do not."""
        return self.app[CERTIFICATE].context if CERTIFICATE in self.app else None

    async def retire(self) -> None:
        """Accept no more connections, and answer on each that there is once more.

        Who holds a connection open can have a request under way at the moment when it is closed.
        So each is told with an answer that it was the last one, if one comes within ``LAST_CALL``.
        """
        for site in self.sites:
            await site.stop()
        self.turn_away()

    def turn_away(self) -> None:
        """Answer only once more on each connection, whether it is there already or comes yet."""
        if isinstance(self.server, Server):
            self.server.retiring = True

    def wait(self, seconds: float) -> None:
        """Let calls that run have so many seconds, from now on, to end when this is cleaned up."""
        self._shutdown_timeout = seconds

    async def _make_server(self) -> Server:
        made = await super()._make_server()
        factory = forwarding(self.app.get(PROXIES, Proxies()), made.request_factory)
        return Server(made.request_handler, request_factory=factory, **self._kwargs)
