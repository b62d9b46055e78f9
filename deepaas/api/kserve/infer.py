"""Predictions with tensors."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.kserve.bodies import read_call, send_inferred
from deepaas.api.kserve.lookup import find_model
from deepaas.api.v2.reading import within_of
from deepaas.serving.answers import Inferred


async def infer(request: web.Request) -> web.StreamResponse:
    """Answer what a model predicts, in tensors."""
    model = find_model(request)
    within = within_of(request)
    answer, _ = await model.infer(await read_call(request), within=within)
    assert isinstance(answer, Inferred)  # noqa: S101 - it was not asked for item by item
    return await send_inferred(request, answer)
