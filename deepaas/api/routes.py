"""Which handler answers which path."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from deepaas.api.document import get_asset, get_document, get_page, redirect_to_page
from deepaas.api.kserve import routes as kserve
from deepaas.api.kserve.managing import get_index, list_statistics
from deepaas.api.kserve.metadata import get_server
from deepaas.api.kserve.v1.models import list_names
from deepaas.api.metrics import get_metrics
from deepaas.api.v2.debug import get_debug, get_nothing
from deepaas.api.v2.health import get_live, get_ready
from deepaas.api.v2.models import get_model, list_models
from deepaas.api.v2.predict import predict
from deepaas.api.v2.train import (
    delete_training,
    get_training,
    list_trainings,
    promote_training,
    resume_training,
    start_training,
    withdraw_promotion,
)
from deepaas.api.v2.watching import (
    get_artifact,
    get_events,
    get_log,
    get_training_metrics,
    list_artifacts,
)
from deepaas.api.versions import get_v2, get_versions
from deepaas.exceptions import EndpointDisabled
from deepaas.settings import Settings


def documented(settings: Settings) -> list[web.RouteDef]:
    """Return the routes, without base path, whose handlers document themselves.

    Args:
        settings: which endpoints are enabled.
    """
    return [
        web.get("/", get_versions, allow_head=False),
        web.get("/v2", get_server, allow_head=False),
        web.get("/v2/", get_v2, allow_head=False),
        web.get("/v2/models/", list_models, allow_head=False),
        web.get("/v2/models/stats", list_statistics, allow_head=False),
        web.post("/v2/repository/index", get_index),
        web.get("/v1/models", list_names, allow_head=False),
        web.get("/v2/debug/", _debug(settings), allow_head=False),
        web.get("/v2/health/live", get_live, allow_head=False),
        web.get("/v2/health/ready", get_ready, allow_head=False),
    ]


def add_routes(app: web.Application, settings: Settings, root: str) -> None:
    """Add all routes to an application, below the base path.

    What is asked most comes first: the router tries the routes of a prefix in order.

    Args:
        app: the application.
        settings: base path, and which endpoints are enabled.
        root: path of version 2 of the API, ``/v2``.
    """
    one_model = f"{root}/models/{{model}}/"
    enabled = _enabled(settings.predict_endpoint, "predict")
    _add(app, settings, "POST", f"{one_model}predict/", enabled(predict))
    for route in kserve.calls(root, enabled):
        _add(app, settings, *route)
    for route in kserve.named(root):
        _add(app, settings, *route)
    _add(app, settings, "GET", one_model, get_model)
    for route in kserve.others(root):
        _add(app, settings, *route)
    enabled = _enabled(settings.train_endpoint, "train")
    _add(app, settings, "POST", f"{one_model}train/", enabled(start_training))
    _add(app, settings, "GET", f"{one_model}train/", enabled(list_trainings))
    _add(app, settings, "GET", f"{one_model}train/{{uuid}}/", enabled(get_training))
    _add(app, settings, "DELETE", f"{one_model}train/{{uuid}}/", enabled(delete_training))
    one_training = f"{one_model}train/{{uuid}}/"
    _add(app, settings, "POST", f"{one_training}resume/", enabled(resume_training))
    _add(app, settings, "POST", f"{one_training}promote/", enabled(promote_training))
    _add(app, settings, "DELETE", f"{one_training}promote/", enabled(withdraw_promotion))
    _add(app, settings, "GET", f"{one_training}events/", enabled(get_events))
    _add(app, settings, "GET", f"{one_training}log/", enabled(get_log))
    _add(app, settings, "GET", f"{one_training}metrics/", enabled(get_training_metrics))
    _add(app, settings, "GET", f"{one_training}artifacts/", enabled(list_artifacts))
    _add(app, settings, "GET", f"{one_training}artifacts/{{name:.+}}", enabled(get_artifact))
    _add(app, settings, "GET", f"{root}/models/", list_models)
    _add(app, settings, "GET", f"{root}/debug/", _debug(settings))
    _add(app, settings, "GET", f"{root}/health/live/", get_live)
    _add(app, settings, "GET", f"{root}/health/ready/", get_ready)
    app.router.add_get(f"{settings.base_path}{root}/", get_v2)
    if root:
        _add(app, settings, "GET", "/", get_versions)
    if settings.metrics_endpoint:
        app.router.add_get(f"{settings.base_path}/metrics", get_metrics)
    app.router.add_get(f"{settings.base_path}/swagger.json", get_document)
    if settings.doc_endpoint:
        _add(app, settings, "GET", "/api/", get_page)
        _add(app, settings, "GET", "/ui/", redirect_to_page)
        asset = f"{settings.base_path}/api/static/{{name:[A-Za-z0-9_.-]{{1,99}}}}"
        app.router.add_get(asset, get_asset)


def _add(
    app: web.Application, settings: Settings, method: str, path: str, handler: Handler
) -> None:
    """Add a route with and without its trailing slash, and HEAD beside GET."""
    full = f"{settings.base_path}{path}"
    for one in dict.fromkeys((full, full.removesuffix("/") or "/")):
        if method == "GET":
            app.router.add_get(one, handler)
        else:
            app.router.add_route(method, one, handler)


def _debug(settings: Settings) -> Handler:
    handler: Handler = get_debug if settings.debug_endpoint else get_nothing
    return handler


def _enabled(enabled: bool, endpoint: str) -> Callable[[Handler], Handler]:
    async def refuse(request: web.Request) -> web.StreamResponse:
        raise EndpointDisabled(f"the {endpoint} endpoint is disabled on this server")

    return lambda handler: handler if enabled else refuse
