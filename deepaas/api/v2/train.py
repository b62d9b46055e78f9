"""Trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from deepaas.api.access import CANCEL, caller_of
from deepaas.api.answering import json_response
from deepaas.api.auditing import note
from deepaas.api.body import receive
from deepaas.api.keys import REGISTRY, SCRATCH, SETTINGS, TRAININGS
from deepaas.api.v2.reading import read_raw
from deepaas.exceptions import MalformedRequest
from deepaas.files import CallFiles
from deepaas.serving.served import ServedModel

if TYPE_CHECKING:
    from deepaas.trainings.service import TrainingService

YES, NO = ("1", "true"), ("0", "false")


async def start_training(request: web.Request) -> web.Response:
    """Start a training, or queue it."""
    app, model = request.app, model_of(request)
    files = CallFiles(app[SCRATCH])
    try:
        received = await receive(request, files, app[SETTINGS].bounds)
        raw, validate = await read_raw(model.train_arguments, received)
        training = await app[TRAININGS].start(model, raw, validate, caller_of(request).subject)
        note(request, training=training.identifier)
    finally:
        # Those of a training have been moved.
        files.remove()
    return json_response(training.as_json())


async def list_trainings(request: web.Request) -> web.Response:
    """Answer the trainings of a model that are the caller's, oldest first."""
    model = model_of(request)
    owner = caller_of(request).owner(model.name)
    trainings = await trainings_of(request).of_model(model, owner)
    return json_response([training.as_json() for training in trainings])


async def get_training(request: web.Request) -> web.Response:
    """Answer one training."""
    training = await trainings_of(request).get(model_of(request), uuid_of(request))
    details = switch(request, "details")
    return json_response(training.in_detail() if details else training.as_json())


async def delete_training(request: web.Request) -> web.Response:
    """Cancel a training, or forget it where it has ended."""
    trainings, model, uuid = trainings_of(request), model_of(request), uuid_of(request)
    if not (await trainings.get(model, uuid)).status.finished:
        note(request, action=CANCEL)
    training = await trainings.delete(model, uuid)
    return json_response(training.as_json())


async def resume_training(request: web.Request) -> web.Response:
    """Start a training again that has ended before it was done."""
    training = await trainings_of(request).resume(model_of(request), uuid_of(request))
    return json_response(training.as_json())


async def promote_training(request: web.Request) -> web.Response:
    """Put what a training has made into service."""
    model = model_of(request)
    trainings = trainings_of(request)
    await trainings.promotions.promote(model, await trainings.get(model, uuid_of(request)))
    return json_response({"model": model.name, "version": model.version})


async def withdraw_promotion(request: web.Request) -> web.Response:
    """Serve what the model brings itself again."""
    model = model_of(request)
    await trainings_of(request).promotions.withdraw(model, uuid_of(request))
    return json_response({"model": model.name, "version": model.version})


def model_of(request: web.Request) -> ServedModel:
    """Return the model that a path names, if it can train.

    Raises:
        UnknownModel: there is none.
        FunctionNotOffered: it cannot train.
    """
    model = request.app[REGISTRY].get(request.match_info["model"])
    _ = model.train_arguments
    return model


def trainings_of(request: web.Request) -> TrainingService:
    """Return the trainings of the server, which has some where a model can train.

    Raises:
        UnknownModel: there is no model that the path names.
        FunctionNotOffered: it cannot train.
    """
    model_of(request)
    return request.app[TRAININGS]


def uuid_of(request: web.Request) -> str:
    """Return the training that a path names."""
    return request.match_info["uuid"]


def switch(request: web.Request, name: str) -> bool:
    """Return what the query says of a switch that is off unless it is mentioned.

    Raises:
        MalformedRequest: it is neither on nor off.
    """
    text = request.query.get(name, "0")
    if text not in (*YES, *NO):
        raise MalformedRequest(f"{name} must be 1 or 0, not {text!r}")
    return text in YES
