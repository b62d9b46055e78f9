"""Which routes need which scope, over HTTP and gRPC, where callers have to say who they are."""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import web

from deepaas.api.keys import request_key
from deepaas.auth.authenticator import Caller
from deepaas.auth.scopes import Scope


class Need(NamedTuple):
    """What a route needs.

    Args:
        scope: the scope, of the model that the path names if it names one; None for whatever a
            token has.
        token: whether a token is needed at all.
        own: whether the training that the path names must be the caller's own, but for ``admin``.
        action: what it does to trainings and models; empty where it does nothing to them.
    """

    scope: Scope | None = None
    token: bool = True
    own: bool = False
    action: str = ""

    def doing(self, action: str) -> Need:
        """Return the same for a route that does something."""
        return self._replace(action=action)


OPEN = Need(token=False)
ANY = Need()
PREDICT, TRAIN = Need(Scope.PREDICT), Need(Scope.TRAIN)
OWN = Need(Scope.TRAIN, own=True)
METRICS, ADMIN = Need(Scope.METRICS), Need(Scope.ADMIN)
# What is done.
START, RESUME = "training.start", "training.resume"
# A training that has not ended yet is cancelled, by the same route.
DELETE, CANCEL = "training.delete", "training.cancel"
PROMOTE, WITHDRAW = "training.promote", "training.withdraw"
LOAD, UNLOAD = "model.load", "model.unload"

# Without base path and trailing slash; HEAD is as GET.
ROUTES = {
    # Probes and clients that find out what this is cannot show a token, nor can a browser that
    # opens a page. The document says how to ask, and that a token is needed.
    "GET /": OPEN,
    "GET /v2": OPEN,
    "GET /v2/health/live": OPEN,
    "GET /v2/health/ready": OPEN,
    "GET /v2/models/{model}/ready": OPEN,
    "GET /v2/models/{model}/versions/{version}/ready": OPEN,
    "GET /v1/models/{model}": OPEN,
    "GET /swagger.json": OPEN,
    "GET /api": OPEN,
    "GET /api/static/{name}": OPEN,
    "GET /ui": OPEN,
    # What models say of themselves, and how often they are asked; models/stats is one of these.
    "GET /v1/models": ANY,
    "GET /v2/models": ANY,
    "GET /v2/models/{model}": ANY,
    "GET /v2/models/{model}/versions/{version}": ANY,
    "GET /v2/models/{model}/stats": ANY,
    "GET /v2/models/{model}/versions/{version}/stats": ANY,
    "POST /v2/repository/index": ANY,
    "POST /v2/models/{model}/predict": PREDICT,
    "POST /v1/models/{model}:predict": PREDICT,
    "POST /v1/models/{model}:explain": PREDICT,
    **{
        f"POST /v2/models/{{model}}{version}/{way}": PREDICT
        for version in ("", "/versions/{version}")
        for way in ("infer", "generate", "generate_stream")
    },
    # The list has the caller's own trainings.
    "POST /v2/models/{model}/train": TRAIN.doing(START),
    "GET /v2/models/{model}/train": TRAIN,
    "GET /v2/models/{model}/train/{uuid}": OWN,
    "DELETE /v2/models/{model}/train/{uuid}": OWN.doing(DELETE),
    "POST /v2/models/{model}/train/{uuid}/resume": OWN.doing(RESUME),
    "POST /v2/models/{model}/train/{uuid}/promote": OWN.doing(PROMOTE),
    "DELETE /v2/models/{model}/train/{uuid}/promote": OWN.doing(WITHDRAW),
    "GET /v2/models/{model}/train/{uuid}/events": OWN,
    "GET /v2/models/{model}/train/{uuid}/log": OWN,
    "GET /v2/models/{model}/train/{uuid}/metrics": OWN,
    "GET /v2/models/{model}/train/{uuid}/artifacts": OWN,
    "GET /v2/models/{model}/train/{uuid}/artifacts/{name}": OWN,
    # Prometheus need not be able to do anything else.
    "GET /metrics": METRICS,
    "POST /v2/repository/models/{model}/load": ADMIN.doing(LOAD),
    "POST /v2/repository/models/{model}/unload": ADMIN.doing(UNLOAD),
    # What models print is what anybody has sent.
    "GET /v2/debug": ADMIN,
}
# Methods of the Open Inference Protocol; those of health and reflection are open.
RPC = {
    "ServerLive": OPEN,
    "ServerReady": OPEN,
    "ModelReady": OPEN,
    "ServerMetadata": OPEN,
    "ModelMetadata": ANY,
    "RepositoryIndex": ANY,
    "ModelInfer": PREDICT,
    "ModelStreamInfer": PREDICT,
    "ModelStatistics": ANY,
    "RepositoryModelLoad": ADMIN.doing(LOAD),
    "RepositoryModelUnload": ADMIN.doing(UNLOAD),
}
# What is not in the table, such as a route that a module has added, is for those who may all.
UNLISTED = ADMIN

CALLER = request_key("caller", Caller)


def need_of(method: str, path: str) -> Need:
    """Return what a route needs.

    Args:
        method: HTTP method.
        path: the template of its path, without base path.
    """
    method = "GET" if method == "HEAD" else method
    path = path.rstrip("/")
    # Applications of others have what is below /v2 somewhere else.
    found = ROUTES.get(f"{method} {path or '/'}") or ROUTES.get(f"{method} /v2{path}")
    return found or UNLISTED


def needs_of(app: web.Application, base_path: str) -> dict[web.AbstractRoute, Need]:
    """Return what each route of an application needs.

    Args:
        app: the application, with all of its routes.
        base_path: under which they lie.
    """
    return {
        route: need_of(route.method, route.resource.canonical.removeprefix(base_path))
        for route in app.router.routes()
        if route.resource is not None
    }


def caller_of(request: web.Request) -> Caller:
    """Return who asks, once that is known."""
    caller: Caller = request[CALLER]
    return caller
