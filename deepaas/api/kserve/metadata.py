"""What the server and its models say of themselves to clients of the Open Inference Protocol."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from aiohttp_apispec import docs

from deepaas import __version__
from deepaas.api.keys import REGISTRY
from deepaas.api.kserve.failures import JSON_HEADERS, failure
from deepaas.api.kserve.lookup import find_model
from deepaas.api.kserve.operations import TAG
from deepaas.api.kserve.responses import ServerMetadata
from deepaas.serving.outward import outward

# What both REST and gRPC have.
COMMON = ("binary_tensor_data", "parameters", "model_repository", "statistics")
EXTENSIONS = (*COMMON, "generate")
SERVER: dict[str, Any] = {"name": "deepaas", "version": __version__, "extensions": EXTENSIONS}


@docs(
    tags=[TAG],
    summary="Tell which server this is",
    responses={200: {"schema": ServerMetadata, "description": "The server"}},
)
async def get_server(request: web.Request) -> web.Response:
    """Answer which server this is."""
    return _json(SERVER)


async def get_version_of_model(request: web.Request) -> web.Response:
    """Answer which tensors a version of a model takes and gives."""
    return _json(find_model(request).tensors)


async def get_model_ready(request: web.Request) -> web.Response:
    """Answer whether a model has a worker that lives, or is loaded at its next call.

    A server that is about to stop has no model that is.
    """
    model = find_model(request)
    if request.app[REGISTRY].leaving:
        return failure(503, f"model {model.name!r} is not ready: the server is about to stop")
    if model.ready:
        return _json({"name": model.name, "ready": True})
    state, why = model.condition
    text = f"model {model.name!r} is not ready: {state}"
    return failure(503, f"{text}, since {outward(why)}" if why else text)


def _json(document: Any) -> web.Response:
    return web.Response(body=orjson.dumps(document), headers=JSON_HEADERS)
