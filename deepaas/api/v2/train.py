"""Trainings."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.answering import json_response
from deepaas.api.body import receive
from deepaas.api.keys import REGISTRY, SCRATCH, SETTINGS, TRAININGS
from deepaas.api.v2.reading import read_arguments
from deepaas.files import CallFiles
from deepaas.serving.served import ServedModel


async def start_training(request: web.Request) -> web.Response:
    """Start a training, or queue it."""
    app, model = request.app, _model(request)
    files = CallFiles(app[SCRATCH])
    try:
        received = await receive(request, files, app[SETTINGS].client_max_size)
        arguments = await read_arguments(model.train_arguments, received)
    except BaseException:
        files.remove()
        raise
    training = await app[TRAININGS].start(model, arguments, files.remove)
    return json_response(training.as_json())


async def list_trainings(request: web.Request) -> web.Response:
    """Answer the trainings of a model, oldest first."""
    trainings = request.app[TRAININGS].of_model(_model(request))
    return json_response([training.as_json() for training in trainings])


async def get_training(request: web.Request) -> web.Response:
    """Answer one training."""
    training = request.app[TRAININGS].get(_model(request), request.match_info["uuid"])
    return json_response(training.as_json())


async def delete_training(request: web.Request) -> web.Response:
    """Cancel a training, or forget it where it has ended."""
    training = await request.app[TRAININGS].delete(_model(request), request.match_info["uuid"])
    return json_response(training.as_json())


def _model(request: web.Request) -> ServedModel:
    return request.app[REGISTRY].get(request.match_info["model"])
