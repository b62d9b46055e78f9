"""Asking a server: a request and the whole of its answer in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from multidict import CIMultiDictProxy
from yarl import URL

# For bodies that are JSON already, or claim to be.
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """An answer that has been read.

    Args:
        status: HTTP status.
        reason: the words of the status line.
        headers: its headers.
        body: its content.
        url: what was asked.
    """

    status: int
    reason: str | None
    headers: CIMultiDictProxy[str]
    body: bytes
    url: URL

    @property
    def json(self) -> Any:
        """The body, which is strict JSON and says so."""
        assert self.content_type == "application/json", (self.status, self.headers, self.body)
        return orjson.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def content_type(self) -> str:
        """The content type without its parameters."""
        return self.headers["Content-Type"].partition(";")[0]

    @property
    def message(self) -> str:
        """What the body of an error says; it says it under both names, and nothing else."""
        assert self.status >= 400
        document = self.json
        assert set(document) == {"error", "message"}
        assert document["error"] == document["message"] != ""
        assert "Traceback" not in document["error"]
        return document["error"]

    @property
    def predictions(self) -> Any:
        """What the model answered, out of the envelope."""
        assert self.status == 200, self.body
        document = self.json
        assert set(document) == {"status", "predictions"}
        assert document["status"] == "OK"
        return document["predictions"]


async def ask(
    client: aiohttp.ClientSession, method: str, path: str | URL, **options: Any
) -> Answer:
    """Send a request and read its answer; redirects are not followed.

    Args:
        client: a session of the fixture ``serve``.
        method: HTTP method.
        path: path and query, or the whole URL.
        options: those of ``aiohttp.ClientSession.request``.
    """
    options = {"allow_redirects": False, **options}
    async with client.request(method, path, **options) as response:
        body = await response.read()
        return Answer(response.status, response.reason, response.headers, body, response.url)


async def get(client: aiohttp.ClientSession, path: str | URL, **options: Any) -> Answer:
    """Send a GET request; see ``ask``."""
    return await ask(client, "GET", path, **options)


async def predict(client: aiohttp.ClientSession, model: str, **options: Any) -> Answer:
    """Ask a model for a prediction; see ``ask``."""
    return await ask(client, "POST", f"/v2/models/{model}/predict/", **options)
