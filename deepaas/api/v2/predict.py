"""Predictions."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.answering import send
from deepaas.api.body import receive
from deepaas.api.keys import REGISTRY, SCRATCH, SETTINGS
from deepaas.api.streaming import send_stream
from deepaas.api.text import LARGE
from deepaas.api.v2.reading import read_arguments, within_of
from deepaas.files import CallFiles
from deepaas.serving.streams import AnswerStream


async def predict(request: web.Request) -> web.StreamResponse:
    """Answer what a model predicts."""
    app = request.app
    model = app[REGISTRY].get(request.match_info["model"])
    wanted = ",".join(request.headers.getall("Accept", ()))
    within = within_of(request)
    files = CallFiles(app[SCRATCH])
    try:
        received = await receive(request, files, app[SETTINGS].bounds)
        if received.size > LARGE:
            answer, version = await model.predict_document(received, wanted, within)
        else:
            arguments = await read_arguments(model.predict_arguments, received)
            answer, version = await model.predict(arguments, wanted, within)
        if isinstance(answer, AnswerStream):
            # The model may read its files as long as it streams.
            return await send_stream(request, answer, version)
    finally:
        files.remove()
    return await send(request, answer, version)
