"""Predictions that come item by item."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from deepaas.client.answers import JSON, read_prediction
from deepaas.client.errors import ClientError, ServerUnreachable
from deepaas.client.events import text_lines

EVENTS = "text/event-stream"
LINES = ("application/x-ndjson", "application/jsonl")
END, ERROR = "end", "error"


async def items_of(response: aiohttp.ClientResponse) -> AsyncIterator[Any]:
    """Give the items of an answer, as they come.

    Args:
        response: the answer, not read yet. Of one that is no stream, JSON is a single item, or the
            items of its list; anything else comes in pieces of any size: text, or bytes.

    Raises:
        ClientError: the model has failed, or the stream breaks off.
    """
    kind = response.content_type
    if kind == EVENTS:
        async for item in _events(response):
            yield item
    elif kind in LINES:
        async for line in text_lines(response.content.iter_any()):
            yield json.loads(line)
    elif kind == JSON:
        value = (await read_prediction(response, None)).value
        for item in value if isinstance(value, list) else [value]:
            yield item
    else:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        async for chunk in response.content.iter_any():
            yield decoder.decode(chunk) if kind.startswith("text/") else chunk


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[Any]:
    kind, data = "", ""
    async for line in text_lines(response.content.iter_any()):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data = value
        elif not line and data:
            if kind == END:
                return
            item = json.loads(data)
            if kind == ERROR:
                raise ClientError(str(item["message"]), response.status)
            yield item
            kind, data = "", ""
    raise ServerUnreachable("the stream has broken off")
