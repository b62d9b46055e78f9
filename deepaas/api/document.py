"""The Swagger 2.0 document and its page."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

import orjson
from aiohttp import web
from aiohttp_apispec import AiohttpApiSpec
from aiohttp_apispec.aiohttp_apispec import resolver

from deepaas import __version__
from deepaas.api.document_security import declare, declare_limits
from deepaas.api.keys import DOCUMENT, SETTINGS
from deepaas.api.kserve.operations import model_paths as inference_paths
from deepaas.api.v2 import responses
from deepaas.api.v2.operations import model_paths
from deepaas.exceptions import InvalidModel
from deepaas.schema.description import Description
from deepaas.schema.openapi import ParameterRenderer
from deepaas.settings import Settings

STATIC = Path(__file__).parent / "static"
PAGE = "index.html"
# Swagger UI writes style attributes and shows small pictures that it carries in its own files.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
SCHEMAS = (
    responses.Failure,
    responses.Version,
    responses.Versions,
    responses.ModelMeta,
    responses.Prediction,
    responses.Training,
)
ANSWER = "ModelPredictionResponse"


def build_document(
    settings: Settings,
    descriptions: Iterable[Description],
    documented: Iterable[web.RouteDef],
) -> bytes:
    """Return the Swagger 2.0 document as JSON.

    Args:
        settings: base path, and which endpoints are enabled.
        descriptions: what the models offer.
        documented: routes whose handlers document themselves.

    Raises:
        InvalidModel: what a model declares cannot be documented.
    """
    spec = _spec(settings.base_path, documented)
    renderer = ParameterRenderer(spec.plugin)
    definitions = spec.spec.components.schemas
    with warnings.catch_warnings():
        # Models know nothing of each other's schemas; apispec numbers those of the same name.
        warnings.filterwarnings("ignore", "Multiple schemas resolved to the name", UserWarning)
        for description in descriptions:
            try:
                response = _response(spec, renderer, description, ANSWER not in definitions)
                paths = model_paths(
                    settings.base_path, description, settings, renderer, response
                ) | inference_paths(settings.base_path, description, settings.predict_endpoint)
                for path, operations in paths.items():
                    spec.spec.path(path=path, operations=operations)
            except Exception as error:
                raise InvalidModel(
                    f"model {description.name!r}: what it declares cannot be documented: "
                    f"{type(error).__name__}: {error}"
                ) from error
    document = spec.swagger_dict()
    if settings.authentication:
        issuers = settings.trust.issuers if settings.trust else ()
        declare(document, settings.base_path, issuers)
    if settings.rate_limited:
        declare_limits(document)
    return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS, default=str)


def _spec(prefix: str, documented: Iterable[web.RouteDef]) -> AiohttpApiSpec:
    # aiohttp-apispec documents the routes of an application; one that serves nothing keeps its
    # settings out of ours. It names them by strings, which aiohttp warns of.
    routes_only = web.Application()
    routes_only.add_routes(documented)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", web.NotAppKeyWarning)
        spec = AiohttpApiSpec(
            url=None,
            app=routes_only,
            in_place=True,
            prefix=prefix,
            title="DEEPaaS API",
            version=__version__,
            info={"description": "Machine-learning models behind a REST API."},
            schema_name_resolver=resolver,
        )
        for schema in SCHEMAS:
            if resolver(schema) not in spec.spec.components.schemas:
                spec.spec.components.schema(resolver(schema), schema=schema)
    return spec


def _response(
    spec: AiohttpApiSpec, renderer: ParameterRenderer, description: Description, first: bool
) -> dict[str, Any]:
    if description.returned is not None:
        return _enveloped(renderer.property(description.returned), description.streams)
    if description.response is None:
        return {"$ref": "#/definitions/Prediction"}
    name = ANSWER if first else f"{ANSWER}-{description.name}"
    spec.spec.components.schema(name, schema=description.response)
    schema = {"$ref": f"#/definitions/{name}"}
    return _enveloped(schema, True) if description.streams else schema


def _enveloped(schema: dict[str, Any], of_items: bool) -> dict[str, Any]:
    """Return the schema of an answer, or of the list of a stream's items, in its envelope."""
    said = {"type": "array", "items": schema} if of_items else schema
    return {
        "type": "object",
        "required": ["status", "predictions"],
        "properties": {"status": {"type": "string"}, "predictions": said},
    }


async def get_document(request: web.Request) -> web.Response:
    """Answer ``/swagger.json``."""
    return web.Response(
        body=request.app[DOCUMENT], headers={"Content-Type": "application/json; charset=utf-8"}
    )


async def get_page(request: web.Request) -> web.Response:
    """Answer the Swagger UI."""
    prefix = request.app[SETTINGS].base_path
    page = Template((STATIC / PAGE).read_text())
    text = page.substitute(static=f"{prefix}/api/static", spec=f"{prefix}/swagger.json")
    headers = {"Content-Security-Policy": POLICY}
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)


async def redirect_to_page(request: web.Request) -> web.Response:
    """Lead ``/ui`` to the Swagger UI."""
    raise web.HTTPFound(f"{request.app[SETTINGS].base_path}/api")


async def get_asset(request: web.Request) -> web.FileResponse:
    """Answer a file of the Swagger UI."""
    path = STATIC / request.match_info["name"]
    # The page itself is a template.
    if path.name == PAGE or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path)
