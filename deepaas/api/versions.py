"""Which versions of the API there are."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp_apispec import docs

from deepaas.api.answering import json_response
from deepaas.api.keys import SETTINGS
from deepaas.api.v2 import responses
from deepaas.settings import Settings

Described = Callable[[web.Request], Awaitable[web.Response]]

# For modules that register versions of their own; nothing of ours changes it.
Versions: dict[str, Described] = {}
routes = web.RouteTableDef()


def register_version(version: str, func: Described) -> None:
    """List a further version of the API at ``/``.

    Args:
        version: its name.
        func: coroutine function that answers a request with its description, as JSON.
    """
    Versions[version] = func


def describe_v2(prefix: str) -> dict[str, Any]:
    """Return the description of the API's version 2.

    Args:
        prefix: the base path.
    """
    return {
        "version": "stable",
        "id": "v2",
        "links": [{"rel": "self", "type": "application/json", "href": f"{prefix}/v2/"}],
    }


@routes.get("/")
@docs(
    tags=["versions"],
    summary="List the versions of the API",
    responses={200: {"schema": responses.Versions, "description": "The versions"}},
)
async def get_versions(request: web.Request) -> web.Response:
    """Answer which versions of the API there are."""
    settings = _settings(request)
    prefix = settings.base_path
    links = [
        {"rel": "describedby", "type": "application/json", "href": f"{prefix}/swagger.json"},
    ]
    if settings.doc_endpoint:
        links.insert(0, {"rel": "help", "type": "text/html", "href": f"{prefix}/api"})
    versions = {"v2": describe_v2(prefix)}
    for describe in Versions.values():
        described = await _described(describe, request)
        versions.setdefault(described.get("id", ""), described)
    # By the last one clients of KServe see that they have come to the right place.
    told = {"versions": list(versions.values()), "links": links, "status": "alive"}
    return json_response(told)


@docs(
    tags=["versions"],
    summary="Describe version 2 of the API",
    responses={200: {"schema": responses.Version, "description": "The version"}},
)
async def get_v2(request: web.Request) -> web.Response:
    """Answer what ``/v2/`` is."""
    return json_response(describe_v2(_settings(request).base_path))


def _settings(request: web.Request) -> Settings:
    # Old modules put these handlers into applications of their own.
    return request.config_dict.get(SETTINGS, Settings())


async def _described(describe: Described, request: web.Request) -> dict[str, Any]:
    described: dict[str, Any] = json.loads((await describe(request)).text or "{}")
    return described
