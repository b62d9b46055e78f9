"""Traces, by OpenTelemetry: spans of requests, continued by what runs for them in workers.

The exporter, the sampler and the name of the service are configured by the environment variables
``OTEL_…`` of OpenTelemetry's specification; spans go out by OTLP over HTTP.
"""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from deepaas.calls import Call, current
from deepaas.exceptions import ConfigurationError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

try:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation import aiohttp_server
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as error:
    raise ConfigurationError(
        f"--tracing needs what is not installed ({error}): pip install 'deepaas[otel]'"
    ) from None

# Milliseconds between two exports of a worker, which is ended at once when its server ends.
WORKER_DELAY = 500
# Seconds that the end of a training, or of a server, may take to send what is left.
LAST_EXPORT = 2.0
DELAY = "OTEL_BSP_SCHEDULE_DELAY"
TRAIN = "train"


def _provider(delay: int | None = None) -> TracerProvider:
    # Without OTEL_SERVICE_NAME, that of the SDK would be "unknown_service".
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    resource = Resource.create({} if named else {"service.name": "deepaas"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    given = None if DELAY in os.environ else delay
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=given))
    return provider


def _in_time(export: Callable[[], object]) -> None:
    """Export what is left; nobody waits for a receiver that is not there."""
    exporting = threading.Thread(target=export, daemon=True)
    exporting.start()
    exporting.join(LAST_EXPORT)


def _hide_query(request: web.Request) -> None:
    """Take arguments, passwords among them, out of what the current span tells of a request."""
    span = trace.get_current_span()
    known = getattr(span, "attributes", None) or {}
    plain = {
        "http.target": request.path,
        "http.url": str(request.url.with_query(None)),
        "url.query": "",
    }
    span.set_attributes({name: text for name, text in plain.items() if name in known})


class ServerTracing:
    """Spans of the requests of one application."""

    def __init__(self) -> None:
        self._provider = _provider()

    def middleware(self) -> Middleware:
        """Return what makes a span of each request; it goes around all other middlewares."""
        instrumentor = aiohttp_server.AioHttpServerInstrumentor()
        # Its middleware needs what this sets up. The class of applications that it puts in the
        # place of aiohttp's own, for all that there are in the process, is not wanted.
        with warnings.catch_warnings():
            # aiohttp's, of that class.
            warnings.simplefilter("ignore", DeprecationWarning)
            instrumentor.instrument(tracer_provider=self._provider)
        made: Middleware = aiohttp_server.create_aiohttp_middleware(self._provider)
        instrumentor.uninstrument()

        @web.middleware
        async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
            async def within(request: web.Request) -> web.StreamResponse:
                _hide_query(request)
                return await handler(request)

            return await made(request, within if request.query_string else handler)

        return traced

    @contextmanager
    def span(self, name: str, traceparent: str | None = None) -> Iterator[None]:
        """Trace what a ``with`` block does for a request of another door than HTTP.

        Args:
            name: what is asked.
            traceparent: the caller's span, as W3C Trace Context writes it.
        """
        tracer = self._provider.get_tracer("deepaas")
        caller = TraceContextTextMapPropagator().extract({"traceparent": traceparent or ""})
        with tracer.start_as_current_span(name, context=caller, kind=trace.SpanKind.SERVER):
            yield

    @staticmethod
    def here() -> tuple[str, ...]:
        """Return the span that this is in, as the header ``traceparent`` of W3C Trace Context."""
        span = trace.get_current_span().get_span_context()
        if not span.is_valid:
            return ()
        return (f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}",)

    async def close(self, app: object = None) -> None:
        """Send what is left, if that does not take long."""
        await asyncio.to_thread(_in_time, self._provider.shutdown)


class WorkerTracing:
    """Spans of what the worker of a model does.

    The provider is that of the process: spans that the model itself makes, or a library that it
    uses, go the same way and are below these.

    Args:
        model: the name of the model.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._provider = _provider(WORKER_DELAY)
        trace.set_tracer_provider(self._provider)
        self._tracer = self._provider.get_tracer("deepaas")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def around(self, job: str) -> Iterator[None]:
        """Trace a job, for each of those for whom it is done.

        Args:
            job: its name, as workers are told it.
        """
        call = current()
        if not call.traces:
            yield
            return
        function = TRAIN if job.endswith(f":{TRAIN}") else "predict"
        with ExitStack() as spans:
            # What the model itself traces is below the span of the first.
            for place in reversed(range(len(call.traces))):
                spans.enter_context(self._span(function, call, place))
            yield
        if function == TRAIN:
            # Its process ends with it.
            _in_time(self._provider.force_flush)

    @contextmanager
    def _span(self, function: str, call: Call, place: int) -> Iterator[None]:
        caller = self._propagator.extract({"traceparent": call.traces[place]})
        attributes: dict[str, str | int] = {
            "deepaas.model": self._model,
            "deepaas.request_id": call.request_id,
            "deepaas.calls": len(call.traces),
        }
        name = f"{function} {self._model}"
        with self._tracer.start_as_current_span(name, context=caller, attributes=attributes):
            yield
