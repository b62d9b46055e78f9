"""Arguments out of requests."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from deepaas.api.text import read_apart
from deepaas.exceptions import MalformedRequest
from deepaas.schema.description import Arguments
from deepaas.schema.parsing import Received, collect, load, parse

TIMEOUT = "X-Request-Timeout"
# Longer ones than an event loop can wait are slips as well.
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}", re.ASCII)


def within_of(request: web.Request) -> float | None:
    """Return how many seconds a request gives the server to answer; None if it does not say.

    Args:
        request: the request.

    Raises:
        MalformedRequest: it says something else.
    """
    text = request.headers.get(TIMEOUT)
    if text is None:
        return None
    if SECONDS.fullmatch(text) and (seconds := float(text)) > 0:
        return seconds
    raise MalformedRequest(f"{TIMEOUT} must be a number of seconds above 0, not {text!r}")


async def read_raw(
    arguments: Arguments, received: Received
) -> tuple[dict[str, Any], Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]:
    """Return arguments by key, as they came, and what makes keyword arguments of them.

    Args:
        arguments: the description.
        received: the request.

    Raises:
        MalformedRequest: the JSON document cannot be read.
        InvalidArguments: the JSON document is no object.
    """
    try:
        raw, errors = await read_apart(received.size, collect, arguments, received)
    except ValueError as error:
        raise MalformedRequest(f"malformed JSON: {error}") from None

    async def validate(raw: dict[str, Any]) -> dict[str, Any]:
        return await read_apart(received.size, load, arguments, raw, received.headers, errors)

    return raw, validate


async def read_arguments(arguments: Arguments, received: Received) -> dict[str, Any]:
    """Return validated keyword arguments for a model.

    Args:
        arguments: the description.
        received: the request.

    Raises:
        MalformedRequest: the JSON document cannot be read.
        InvalidArguments: naming each argument that does not fit.
    """
    try:
        return await read_apart(received.size, parse, arguments, received)
    except ValueError as error:
        raise MalformedRequest(f"malformed JSON: {error}") from None
