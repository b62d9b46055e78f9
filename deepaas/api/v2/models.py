"""Which models are in service, and what they say of themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import web
from aiohttp_apispec import docs

from deepaas.api.answering import encoded, json_response
from deepaas.api.keys import REGISTRY, SETTINGS
from deepaas.api.v2 import responses
from deepaas.exceptions import ModelError, ModelRefusal
from deepaas.log import getLogger
from deepaas.model.describe import stock_metadata
from deepaas.serving.served import ServedModel

# What has a fixed meaning, whatever a model says.
TENSORS = ("versions", "platform", "inputs", "outputs", "properties")
LOG = getLogger(__name__)


@docs(
    tags=["models"],
    summary="List the models in service with what they say of themselves",
    responses={200: {"schema": responses.ModelList, "description": "The models"}},
)
async def list_models(request: web.Request) -> web.Response:
    """Answer all models; one that fails to describe itself does not hide the others."""
    models = []
    for model in request.app[REGISTRY]:
        try:
            shown = encoded(_with_links(request, model, await model.metadata()))
        except (ModelError, ModelRefusal) as error:
            LOG.exception("%s", error)
            shown = encoded(_with_links(request, model, stock_metadata(model.name)))
        models.append(orjson.Fragment(shown))
    return json_response({"models": models})


async def get_model(request: web.Request) -> web.Response:
    """Answer what one model says of itself."""
    model = request.app[REGISTRY].get(request.match_info["model"])
    own = _with_links(request, model, await model.metadata())
    # Clients of the Open Inference Protocol find here what they look for; see ``api/kserve``.
    for key in TENSORS:
        own.pop(key, None)
    return json_response({**model.tensors, **own})


def _with_links(
    request: web.Request, model: ServedModel, metadata: dict[str, Any]
) -> dict[str, Any]:
    prefix = request.app[SETTINGS].base_path
    links = [{"rel": "self", "href": f"{prefix}/v2/models/{quote(model.name)}"}]
    return {"id": model.name, "name": model.name, "links": links, **metadata}
