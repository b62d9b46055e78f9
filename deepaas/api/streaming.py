"""Sending answers item by item, while the model makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import orjson
from aiohttp import web

from deepaas.api.answering import VERSION, content_type_of
from deepaas.api.patience import patience
from deepaas.api.request_ids import begin
from deepaas.exceptions import DeepaasError, ModelError
from deepaas.log import getLogger
from deepaas.schema.accept import EVENTS, LINES
from deepaas.serving.outward import outward
from deepaas.serving.streams import AnswerStream

LOG = getLogger(__name__)
# Seconds without an item after which a comment keeps proxies from closing the connection.
KEEP_ALIVE = 15.0
END = b"event: end\ndata: {}\n\n"


async def send_stream(
    request: web.Request, stream: AnswerStream, version: str, end: bytes = END
) -> web.StreamResponse:
    """Send a stream; each item counts as taken once the client has room for more.

    A client that takes nothing for too long is hung up on. A model that fails in the middle is told
    of by an event or a line of JSON; but for events, the connection breaks off then, so that nobody
    takes what came for the whole.

    Args:
        request: what it answers.
        stream: the answer; it is closed in the end.
        version: version of the model that makes it; empty if it is not known.
        end: the last event, if it is one of events.
    """
    async with aclosing(stream):
        response = _response(stream.content_type, version)
        events = stream.content_type == EVENTS
        framed = _frame(stream.content_type)
        await begin(request, response)
        with patience(request):
            try:
                while True:
                    try:
                        async with asyncio.timeout(KEEP_ALIVE if events else None):
                            item = await anext(stream)
                    except TimeoutError:
                        await response.write(b": still here\n\n")
                        continue
                    except StopAsyncIteration:
                        break
                    # An empty chunk would be the last.
                    if data := framed(item):
                        await response.write(data)
            except DeepaasError as error:
                return await _break_off(request, response, stream.content_type, error)
            if events:
                await response.write(end)
            await response.write_eof()
        return response


async def _break_off(
    request: web.Request, response: web.StreamResponse, content_type: str, error: DeepaasError
) -> web.StreamResponse:
    if isinstance(error, ModelError):
        LOG.error("%s\n%s", error, error.trace)
    text = outward(str(error))
    said = orjson.dumps({"error": text, "message": text})
    if content_type == EVENTS:
        await response.write(b"event: error\ndata: %b\n\n" % said)
        await response.write_eof()
        return response
    if content_type in LINES:
        await response.write(said + b"\n")
    if request.transport is not None:
        # What has been written is sent, but no end.
        request.transport.close()
    return response


def _response(content_type: str, version: str) -> web.StreamResponse:
    # Proxies such as nginx hold back what they are not told to pass on.
    headers = {
        "Content-Type": content_type_of(content_type),
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    return web.StreamResponse(headers=headers | ({VERSION: version} if version else {}))


def _frame(content_type: str) -> Callable[[bytes], bytes]:
    if content_type == EVENTS:
        return lambda item: b"data: %b\n\n" % item
    if content_type in LINES:
        return lambda item: item + b"\n"
    return lambda item: item
