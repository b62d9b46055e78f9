"""What has been asked of an application, at whatever door."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import NamedTuple, Protocol

from deepaas.calls import Call, current, done_for, identifier_source
from deepaas.serving.measures import Histogram


class Tracing(Protocol):
    """Makes spans of requests."""

    def here(self) -> tuple[str, ...]:
        """Return the span that this is in, as the header ``traceparent`` of W3C Trace Context."""

    def span(self, name: str, traceparent: str | None = None) -> AbstractContextManager[None]:
        """Trace what a ``with`` block does for a request of another door than HTTP.

        Args:
            name: what is asked.
            traceparent: the caller's span, as W3C Trace Context writes it.
        """


class NoTracing:
    """Makes none."""

    def here(self) -> tuple[str, ...]:
        """See ``Tracing``."""
        return ()

    def span(self, name: str, traceparent: str | None = None) -> AbstractContextManager[None]:
        """See ``Tracing``."""
        return nullcontext()


class Kind(NamedTuple):
    """Requests that are counted together.

    Args:
        method: of HTTP, or ``gRPC``.
        route: the template of its path, without the base path; the name of a gRPC method.
        model: the model that was asked; empty for none.
        status: the code of the answer, or the name that gRPC has for it.
    """

    method: str
    route: str
    model: str
    status: str


class Requests:
    """How many requests of each kind there were, and how long they took.

    Args:
        models: names of the models that are served.
        tracing: makes spans of them.
    """

    def __init__(self, models: Collection[str] = (), tracing: Tracing | None = None) -> None:
        self.models = models
        self.tracing = tracing or NoTracing()
        self.identifier = identifier_source()
        self._kinds: dict[Kind, Histogram] = {}

    def __iter__(self) -> Iterator[tuple[Kind, Histogram]]:
        return iter(list(self._kinds.items()))

    def of(self, kind: Kind) -> Histogram:
        """Return the durations, in seconds, of requests of a kind; whoever answers adds to it."""
        return self._kinds.setdefault(kind, Histogram())

    @contextmanager
    def observed(
        self, method: str, route: str, given: str | None = None, traceparent: str | None = None
    ) -> Iterator[Observed]:
        """Identify a request, and count, time and trace what a ``with`` block does for it.

        Which model is asked is taken from the call that the block enters, once it knows.

        Args:
            method: see ``Kind``.
            route: see ``Kind``.
            given: the id that the client gives the request, if any.
            traceparent: the client's span, as W3C Trace Context writes it, if any.
        """
        begun = perf_counter()
        observed = Observed(self.identifier(given))
        with (
            self.tracing.span(route, traceparent),
            done_for(Call(observed.request_id, traces=self.tracing.here())),
        ):
            try:
                yield observed
            finally:
                model = current().model
                kind = Kind(method, route, model if model in self.models else "", observed.status)
                self.of(kind).add(perf_counter() - begun)


class Observed:
    """A request that is observed.

    Args:
        request_id: its id.

    Attributes:
        status: the code of its answer, which the door sets.
    """

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.status = "unknown"
