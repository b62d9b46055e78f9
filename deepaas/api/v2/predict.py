"""Predictions."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.answering import send
from deepaas.api.body import receive
from deepaas.api.keys import REGISTRY, SCRATCH, SETTINGS
from deepaas.api.v2.reading import read_arguments
from deepaas.files import UploadedFile, remove


async def predict(request: web.Request) -> web.StreamResponse:
    """Answer what a model predicts."""
    app = request.app
    model = app[REGISTRY].get(request.match_info["model"])
    uploads: list[UploadedFile] = []
    try:
        received = await receive(request, app[SCRATCH], app[SETTINGS].client_max_size, uploads)
        answer = await model.predict(read_arguments(model.predict_arguments, received))
    finally:
        for upload in uploads:
            remove(upload.filename or "")
    return await send(request, answer)
