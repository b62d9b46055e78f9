"""Predictions."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.answering import send
from deepaas.api.body import receive
from deepaas.api.keys import REGISTRY, SCRATCH, SETTINGS
from deepaas.api.v2.reading import read_arguments
from deepaas.files import UploadedFile, remove

# JSON documents of more bytes are read by workers: reading one would keep this process from
# answering others.
LARGE = 32 * 1024


async def predict(request: web.Request) -> web.StreamResponse:
    """Answer what a model predicts."""
    app = request.app
    model = app[REGISTRY].get(request.match_info["model"])
    uploads: list[UploadedFile] = []
    try:
        received = await receive(request, app[SCRATCH], app[SETTINGS].client_max_size, uploads)
        if len(received.body) > LARGE:
            answer, version = await model.predict_document(received)
        else:
            arguments = read_arguments(model.predict_arguments, received)
            answer, version = await model.predict(arguments)
    finally:
        for upload in uploads:
            remove(upload.filename or "")
    return await send(request, answer, version)
