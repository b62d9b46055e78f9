"""Requests are identified, counted and timed, at whatever door they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from deepaas.api.middlewares import Handler
from deepaas.api.request_ids import HEADER
from deepaas.calls import Call, done_for, enter, identifier_source
from deepaas.serving.measures import Histogram

# What a client has hung up on, as nginx counts it.
HUNG_UP = 499
# Stands for whatever text a client has invented: what counts are kept for is bounded.
OTHER = "other"

Traces = Callable[[], tuple[str, ...]]


class Kind(NamedTuple):
    """Requests that are counted together.

    Args:
        method: of HTTP, or ``gRPC``.
        route: the template of its path, without the base path; the name of a gRPC method.
        model: the model that was asked; empty for none.
        status: the code of the answer.
    """

    method: str
    route: str
    model: str
    status: str


def untraced() -> tuple[str, ...]:
    """Return the span that the request is at, where there are none."""
    return ()


class Requests:
    """How many requests of each kind there were, and how long they took.

    Args:
        models: names of the models that are served.
        traces: returns the span that the request is at, if there is any.
    """

    def __init__(self, models: Collection[str] = (), traces: Traces = untraced) -> None:
        self.models = models
        self.traces = traces
        self.identifier = identifier_source()
        self._kinds: dict[Kind, Histogram] = {}

    def __iter__(self) -> Iterator[tuple[Kind, Histogram]]:
        return iter(list(self._kinds.items()))

    def of(self, kind: Kind) -> Histogram:
        """Return the durations, in seconds, of requests of a kind; whoever answers adds to it."""
        return self._kinds.setdefault(kind, Histogram())

    @contextmanager
    def observed(
        self, method: str, route: str, model: str = "", given: str | None = None
    ) -> Iterator[Observed]:
        """Identify a request, and count and time what a ``with`` block does for it.

        Args:
            method: see ``Kind``.
            route: see ``Kind``.
            model: the model that is asked, as the client names it.
            given: the id that the client gives the request, if any.
        """
        begun = perf_counter()
        observed = Observed(self.identifier(given))
        known = model if model in self.models else ""
        try:
            with done_for(Call(observed.request_id, known, self.traces())):
                yield observed
        except asyncio.CancelledError:
            observed.status = str(HUNG_UP)
            raise
        finally:
            self.of(Kind(method, route, known, observed.status)).add(perf_counter() - begun)


class Observed:
    """A request that is observed.

    Args:
        request_id: its id.

    Attributes:
        status: the code of its answer; that of an unexpected end as long as there is none.
    """

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.status = "500"


def observing(requests: Requests, base_path: str = "") -> Middleware:
    """Return the middleware that observes requests over HTTP; it is the outermost.

    It does what ``Requests.observed`` does for other doors, in a third of the time.

    Args:
        requests: where they are counted.
        base_path: what all routes have in common.
    """
    known: dict[tuple[Any, ...], Histogram] = {}
    identifier, traces, models = requests.identifier, requests.traces, requests.models

    def durations(key: tuple[Any, ...]) -> Histogram:
        """Look up what is kept for a kind of request once, and then never again."""
        resource, method, model, status = key
        route = "unmatched"
        if resource is not None:
            route = resource.canonical.removeprefix(base_path).rstrip("/") or "/"
        made = known[key] = requests.of(Kind(method, route, model, str(status)))
        return made

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        begun = perf_counter()
        match = request.match_info
        model = match.get("model", "")
        if model not in models:
            model = ""
        enter(Call(identifier(request.headers.get(HEADER)), model, traces()))
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as answer:
            status = answer.status
            raise
        except asyncio.CancelledError:
            status = HUNG_UP
            raise
        finally:
            method = request.method
            if method not in hdrs.METH_ALL:
                method = OTHER
            key = (match.route.resource, method, model, status)
            (known.get(key) or durations(key)).add(perf_counter() - begun)

    return observe
