"""The models as a repository, and what has become of their predictions: Triton's extensions."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from aiohttp_apispec import docs

from deepaas.api.body import read_whole
from deepaas.api.keys import REGISTRY, SETTINGS
from deepaas.api.kserve import repository
from deepaas.api.kserve.failures import JSON_HEADERS
from deepaas.api.kserve.lookup import find_model
from deepaas.api.kserve.operations import TAG
from deepaas.api.kserve.responses import RepositoryEntry, StatisticsOfModels
from deepaas.api.v2.models import get_model
from deepaas.exceptions import MalformedRequest
from deepaas.tensors.values import read_document

# What clients may say of an unloading, and what makes no difference here.
HARMLESS = {"unload_dependents"}


@docs(
    tags=[TAG],
    summary="List the models, and how each is",
    responses={
        200: {"schema": RepositoryEntry(many=True), "description": "The models"},
    },
)
async def get_index(request: web.Request) -> web.Response:
    """Answer which models there are, and how each is."""
    ready = (await _read(request)).get("ready", False)
    if not isinstance(ready, bool):
        raise MalformedRequest("'ready' must be true or false")
    return _json(repository.index(request.app[REGISTRY], ready))


async def load_model(request: web.Request) -> web.Response:
    """Set up the workers of a model."""
    model = find_model(request)
    await _refuse_parameters(request)
    await model.load_workers()
    return _json({"name": model.name, "load": True})


async def unload_model(request: web.Request) -> web.Response:
    """End the workers of a model, once what runs in them has come to its end."""
    model = find_model(request)
    await _refuse_parameters(request)
    model.unload_workers()
    return _json({"name": model.name, "unload": True})


async def get_statistics(request: web.Request) -> web.Response:
    """Answer how often a model has predicted, and how long it took."""
    return _json({"model_stats": [repository.statistics(find_model(request))]})


@docs(
    tags=[TAG],
    summary="Tell how often each model has predicted, and how long it took",
    responses={200: {"schema": StatisticsOfModels, "description": "The statistics"}},
)
async def list_statistics(request: web.Request) -> web.Response:
    """Answer the same of all models; or what a model says of itself that is called so."""
    models = request.app[REGISTRY]
    if any(model.name == request.match_info["model"] for model in models):
        return await get_model(request)
    return _json({"model_stats": [repository.statistics(model) for model in models]})


async def _read(request: web.Request) -> dict[str, Any]:
    body = await read_whole(request, request.app[SETTINGS].bounds)
    document = read_document(body) if body.strip() else {}
    if not isinstance(document, dict):
        raise MalformedRequest("the request must be an object")
    return document


async def _refuse_parameters(request: web.Request) -> None:
    """Refuse what would change a model: it is loaded as the server was told to serve it."""
    parameters = (await _read(request)).get("parameters") or {}
    if not isinstance(parameters, dict):
        raise MalformedRequest("the 'parameters' of the request must be an object")
    if unknown := parameters.keys() - HARMLESS:
        names = ", ".join(sorted(unknown))
        raise MalformedRequest(f"a model is loaded as it was configured, without {names}")


def _json(document: Any) -> web.Response:
    return web.Response(body=orjson.dumps(document), headers=JSON_HEADERS)
