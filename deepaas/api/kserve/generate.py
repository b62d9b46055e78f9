"""Texts that are generated, whole or as they come: Triton's extension ``generate``."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.body import read_whole
from deepaas.api.keys import SETTINGS
from deepaas.api.kserve.bodies import send_inferred, whole
from deepaas.api.kserve.lookup import find_model
from deepaas.api.streaming import send_stream
from deepaas.api.v2.reading import within_of
from deepaas.schema.accept import EVENTS
from deepaas.serving.answers import Inferred
from deepaas.serving.streams import AnswerStream
from deepaas.tensors.generate import GenerateCall

EVENT_HEADERS = {"Content-Type": EVENTS, "Cache-Control": "no-store"}


async def generate(request: web.Request) -> web.StreamResponse:
    """Answer what a model predicts, its outputs by name."""
    answer, _ = await _ask(request, item_by_item=False)
    assert isinstance(answer, Inferred)  # noqa: S101 - it was not asked for item by item
    return await send_inferred(request, answer)


async def generate_stream(request: web.Request) -> web.StreamResponse:
    """Answer each item that a model yields as an event; one event if it yields none."""
    answer, version = await _ask(request, item_by_item=True)
    if isinstance(answer, AnswerStream):
        answer.content_type = EVENTS
        return await send_stream(request, answer, version, end=b"")
    return web.Response(body=b"data: %b\n\n" % await whole(answer), headers=EVENT_HEADERS)


async def _ask(request: web.Request, item_by_item: bool) -> tuple[Inferred | AnswerStream, str]:
    model = find_model(request)
    within = within_of(request)
    body = await read_whole(request, request.app[SETTINGS].bounds)
    return await model.infer(GenerateCall(body), item_by_item, within)
