"""How the server is, for those who watch over it."""

from __future__ import annotations

from aiohttp import web
from aiohttp_apispec import docs

from deepaas.api.answering import json_response
from deepaas.api.keys import REGISTRY
from deepaas.api.v2 import responses
from deepaas.serving.outward import outward


@docs(
    tags=["health"],
    summary="Tell that the server lives",
    responses={200: {"schema": responses.Health, "description": "It does"}},
)
async def get_live(request: web.Request) -> web.Response:
    """Answer as long as there is anybody to answer."""
    return json_response({"live": True, "ready": _ready(request)})


@docs(
    tags=["health"],
    summary="Tell whether predictions can be made",
    responses={
        200: {
            "schema": responses.Readiness,
            "description": "Each model has a worker that lives, or is loaded at its next call",
        },
        503: {
            "schema": responses.Readiness,
            "description": "A model has none for now, or the server is about to stop",
        },
    },
)
async def get_ready(request: web.Request) -> web.Response:
    """Answer whether each model has a worker that lives, and how each is."""
    ready = _ready(request)
    models = {}
    for model in request.app[REGISTRY]:
        state, why = model.condition
        models[model.name] = {"state": state.value} | ({"reason": outward(why)} if why else {})
    return json_response({"live": True, "ready": ready, "models": models}, 200 if ready else 503)


def _ready(request: web.Request) -> bool:
    return request.app[REGISTRY].ready
