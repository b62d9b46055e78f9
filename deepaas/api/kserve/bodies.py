"""Bodies of the Open Inference Protocol, as they come and go."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from deepaas.api.answering import send_file
from deepaas.api.body import read_whole
from deepaas.api.keys import SETTINGS
from deepaas.exceptions import MalformedRequest
from deepaas.files import remove
from deepaas.schema.accept import negotiate
from deepaas.serving.answers import Inferred
from deepaas.tensors.rest import FORMATS, HEADER, RestCall

IDENTITY = "identity"
OFFERED = (*FORMATS, IDENTITY)


async def read_call(request: web.Request) -> RestCall:
    """Return a request for an inference, which the worker reads.

    What is said by its ``Content-Type`` does not matter: some clients send none, and one that says
    ``application/octet-stream`` of JSON.

    Args:
        request: the request.

    Raises:
        MalformedRequest: the header that tells how long its JSON is holds no number.
        DeepaasError: its body cannot be read, or is too large; see ``read_whole``.
    """
    said = request.headers.get(HEADER)
    if said is not None and not (said.isascii() and said.isdigit() and len(said) < 20):
        raise MalformedRequest(f"{HEADER} must be a number of bytes, not {said!r}")
    length = None if said is None else int(said)
    body = await read_whole(request, request.app[SETTINGS].bounds, length)
    encoding = _encoding(request.headers.get("Accept-Encoding", ""))
    return RestCall(body, length, encoding)


async def send_inferred(request: web.Request, answer: Inferred) -> web.StreamResponse:
    """Send an answer; a file is streamed, and removed.

    Args:
        request: what it answers.
        answer: the answer.
    """
    if answer.body is not None:
        return web.Response(body=answer.body, headers=answer.headers)
    return await send_file(request, answer.path, answer.headers)


async def whole(answer: Inferred) -> bytes:
    """Return an answer's bytes; the file that may hold them is removed.

    Args:
        answer: an answer.
    """
    if answer.body is not None:
        return answer.body
    try:
        return await asyncio.to_thread(Path(answer.path).read_bytes)
    finally:
        remove(answer.path)


@lru_cache(maxsize=64)
def _encoding(header: str) -> str:
    """Return the ``Content-Encoding`` that a client likes best; empty for none."""
    chosen = negotiate(header, OFFERED, IDENTITY) if header else IDENTITY
    return "" if chosen in (None, IDENTITY) else str(chosen)
