"""Requests to one server, and its answers; aiohttp's exceptions end here."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from deepaas.client.errors import ClientError, ServerUnreachable, failure
from deepaas.client.trust import Verify, trust

CHUNK = 256 * 1024


class Connection:
    """A server.

    Args:
        url: its address, with its base path if it has one.
        timeout: seconds for which it may be silent while it is asked; None for any time.
        headers: sent with each request.
        token: shown with each request; that of the environment variable ``DEEPAAS_TOKEN`` if not
            given, unless the headers have another.
        verify: whom to trust over TLS, see ``deepaas.client.trust``.

    Raises:
        ValueError: this is no address of a server, or there are no certificates to trust.
    """

    def __init__(
        self,
        url: str,
        timeout: float | None,
        headers: Mapping[str, str] | None,
        token: str | None = None,
        verify: Verify = True,
    ) -> None:
        root = URL(url)
        if root.scheme not in ("http", "https") or not root.host:
            raise ValueError(f"{url!r} is no URL such as http://127.0.0.1:5000")
        root = root.with_query(None).with_fragment(None)
        root = root.with_path(root.path.rstrip("/"))
        # This is what the server shows at its start as the URL of its API.
        self._root = root.parent if root.name == "v2" else root
        self._timeout = timeout
        self._headers = dict(headers or {})
        named = {name.lower() for name in self._headers}
        token = token or os.environ.get("DEEPAAS_TOKEN")
        # What the URL or the headers say is meant for this server.
        if token and "authorization" not in named and root.user is None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._trust = trust(verify)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def request(
        self, method: str, *path: str, silence: float | None = None, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask the server, and give its answer, which is still to be read.

        Args:
            method: HTTP method.
            path: segments of the path below the base path.
            silence: seconds for which the server may be silent, if not the usual ones.
            options: of ``aiohttp.ClientSession.request``.

        Raises:
            ClientError: the server refuses, or cannot be reached.
        """
        url = self._root.joinpath(*path)
        # Passwords are not to be shown.
        shown = url.with_user(None)
        seconds = self._timeout if silence is None else silence
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)
        try:
            # A POST that is redirected would become a GET.
            async with self._opened().request(
                method, url, timeout=timeout, allow_redirects=method == "GET", **options
            ) as response:
                if response.status >= 300:
                    body = await response.read()
                    raise failure(response.status, response.reason or "", response.headers, body)
                yield response
        except TimeoutError:
            raise ServerUnreachable(f"{shown} has been silent for {seconds} seconds") from None
        except aiohttp.ClientError as error:
            why = str(error) or type(error).__name__
            raise ServerUnreachable(f"{shown} cannot be reached: {why}") from error

    async def ask(self, method: str, *path: str, **options: Any) -> Any:
        """Ask the server, and return its answer, which is JSON.

        Args:
            method: HTTP method.
            path: segments of the path below the base path.
            options: see ``request``.

        Raises:
            ClientError: the server refuses, or cannot be reached, or is no DEEPaaS server.
        """
        async with self.request(method, *path, **options) as response:
            return await decoded(response)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        # It belongs to the event loop in which it is made.
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._trust)
            self._session = aiohttp.ClientSession(connector=connector, headers=self._headers)
        return self._session


async def decoded(response: aiohttp.ClientResponse) -> Any:
    """Return the document of an answer.

    Args:
        response: the answer, not read yet.

    Raises:
        ClientError: it is no JSON.
    """
    body = await response.read()
    try:
        return json.loads(body)
    except ValueError:
        shown = response.url.with_user(None)
        raise ClientError(f"the answer of {shown} is not JSON", response.status) from None


async def save(response: aiohttp.ClientResponse, to: Path) -> Path:
    """Write an answer to a file, which is there whole or not at all.

    Args:
        response: the answer, not read yet.
        to: where to; what is there is replaced.

    Returns:
        The same path.

    Raises:
        OSError: it cannot be written.
    """
    part = to.parent / f".{uuid.uuid4().hex}.part"
    try:
        with await asyncio.to_thread(open, part, "wb") as file:
            async for chunk in response.content.iter_chunked(CHUNK):
                await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(part.replace, to)
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)
    return to
