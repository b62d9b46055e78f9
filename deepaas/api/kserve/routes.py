"""Which handler answers which path of the Open Inference Protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple

from aiohttp import web

from deepaas.api.kserve.infer import infer
from deepaas.api.kserve.metadata import get_model_ready, get_server, get_version_of_model

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Route(NamedTuple):
    """A handler, and where it answers.

    Args:
        method: HTTP method.
        path: with its trailing slash, if it answers there as well.
        handler: the handler.
    """

    method: str
    path: str
    handler: Handler


def calls(root: str, enabled: Callable[[Handler], Handler]) -> Iterator[Route]:
    """Give the routes of predictions.

    Args:
        root: path of version 2 of the API, ``/v2``.
        enabled: makes the handler of what may be disabled.
    """
    for model in _models(root):
        yield Route("POST", f"{model}infer/", enabled(infer))


def others(root: str) -> Iterator[Route]:
    """Give all other routes.

    Args:
        root: path of version 2 of the API, ``/v2``.
    """
    plain, versioned = _models(root)
    yield Route("GET", versioned, get_version_of_model)
    for model in (plain, versioned):
        yield Route("GET", f"{model}ready/", get_model_ready)
    if root:
        # With its slash, the path is DEEPaaS' own.
        yield Route("GET", root, get_server)


def _models(root: str) -> tuple[str, str]:
    plain = f"{root}/models/{{model}}/"
    return plain, f"{plain}versions/{{version}}/"
