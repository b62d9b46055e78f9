"""Which models there are, and whether they are ready."""

from __future__ import annotations

import orjson
from aiohttp import web
from aiohttp_apispec import docs

from deepaas.api.keys import REGISTRY
from deepaas.api.kserve.failures import JSON_HEADERS
from deepaas.api.kserve.lookup import find_model
from deepaas.api.kserve.v1.responses import TAG, ModelNames
from deepaas.exceptions import FunctionNotOffered


@docs(
    tags=[TAG],
    summary="List the names of the models in service",
    responses={200: {"schema": ModelNames, "description": "The names"}},
)
async def list_names(request: web.Request) -> web.Response:
    """Answer the names of all models."""
    names = [model.name for model in request.app[REGISTRY]]
    return web.Response(body=orjson.dumps({"models": names}), headers=JSON_HEADERS)


async def explain(request: web.Request) -> web.Response:
    """Refuse: models of this server say nothing of how they come to what they predict."""
    raise FunctionNotOffered(f"model {find_model(request).name!r} has no explainer")
