"""What has been asked of an application, at whatever door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

from deepaas.calls import Call, done_for, identifier_source
from deepaas.serving.measures import Histogram

# What a client has hung up on, as nginx counts it.
HUNG_UP = 499

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
