"""Each answer names its request, in the header ``X-Request-ID``."""

from __future__ import annotations

from aiohttp import web
from aiohttp.web_request import BaseRequest
from multidict import istr

from deepaas.calls import current

HEADER = istr("X-Request-ID")


async def begin(request: BaseRequest, response: web.StreamResponse) -> None:
    """Send the head of an answer, as ``prepare`` does, with the request's id.

    Args:
        request: what it answers.
        response: an answer whose body the caller writes. One that is returned whole is sent, with
            the id, by the connection.
    """
    if identifier := current().request_id:
        response.headers[HEADER] = identifier
    await response.prepare(request)
