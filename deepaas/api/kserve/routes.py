"""Which handler answers which path of KServe's protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from aiohttp.typedefs import Handler

from deepaas.api.kserve.generate import generate, generate_stream
from deepaas.api.kserve.infer import infer
from deepaas.api.kserve.managing import (
    get_index,
    get_statistics,
    list_statistics,
    load_model,
    unload_model,
)
from deepaas.api.kserve.metadata import get_model_ready, get_server, get_version_of_model
from deepaas.api.kserve.v1.models import explain, list_names
from deepaas.api.kserve.v1.predict import predict as v1_predict


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
        yield Route("POST", f"{model}generate/", enabled(generate))
        yield Route("POST", f"{model}generate_stream/", enabled(generate_stream))
    if root:
        yield Route("POST", "/v1/models/{model}:predict", enabled(v1_predict))


def named(root: str) -> Iterator[Route]:
    """Give the routes that come before those of models, which would take them for one.

    Args:
        root: path of version 2 of the API, ``/v2``.
    """
    yield Route("GET", f"{root}/models/{{model:stats}}/", list_statistics)


def others(root: str) -> Iterator[Route]:
    """Give all other routes.

    Args:
        root: path of version 2 of the API, ``/v2``.
    """
    plain, versioned = _models(root)
    yield Route("GET", versioned, get_version_of_model)
    for model in (plain, versioned):
        yield Route("GET", f"{model}ready/", get_model_ready)
        yield Route("GET", f"{model}stats/", get_statistics)
    yield Route("POST", f"{root}/repository/index/", get_index)
    in_repository = f"{root}/repository/models/{{model}}/"
    yield Route("POST", f"{in_repository}load/", load_model)
    yield Route("POST", f"{in_repository}unload/", unload_model)
    if root:
        # With its slash, the path is DEEPaaS' own.
        yield Route("GET", root, get_server)
        yield from _v1()


def _v1() -> Iterator[Route]:
    yield Route("POST", "/v1/models/{model}:explain", explain)
    yield Route("GET", "/v1/models/", list_names)
    # What is asked of a model by POST is no model.
    yield Route("GET", "/v1/models/{model:[^/]+(?<!:predict)(?<!:explain)}/", get_model_ready)


def _models(root: str) -> tuple[str, str]:
    plain = f"{root}/models/{{model}}/"
    return plain, f"{plain}versions/{{version}}/"
