"""Errors as clients of the Open Inference Protocol read them."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from aiohttp import web

# Without a charset: KServe's client would not read the text.
JSON_HEADERS = {"Content-Type": "application/json"}


def failure(
    status: int, text: str, reason: str | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return the answer of a failed request.

    Args:
        status: HTTP status.
        text: what was wrong.
        reason: the status line's words, if not the usual ones.
        headers: further headers.
    """
    body = orjson.dumps({"error": text.encode(errors="backslashreplace").decode()})
    return web.Response(
        status=status, body=body, reason=reason or None, headers={**(headers or {}), **JSON_HEADERS}
    )
