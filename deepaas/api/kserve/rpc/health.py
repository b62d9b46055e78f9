"""The standard health service of gRPC, which probes of orchestrators and load balancers ask."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from grpc import StatusCode
from grpc.aio import ServicerContext
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthServicer

from deepaas.api.kserve.rpc.state import State

# Seconds after which whoever watches hears of a change.
INTERVAL = 0.5
SERVING, NOT_SERVING, UNKNOWN = (
    HealthCheckResponse(status=one)
    for one in (
        HealthCheckResponse.SERVING,
        HealthCheckResponse.NOT_SERVING,
        HealthCheckResponse.SERVICE_UNKNOWN,
    )
)


class Health(HealthServicer):
    """Tells whether predictions can be made.

    Args:
        state: of the server.
        services: names of those that it offers; the empty one stands for all.
    """

    def __init__(self, state: State, *services: str) -> None:
        self._state = state
        self._services = ("", *services)

    async def Check(
        self,
        request: HealthCheckRequest,
        context: ServicerContext[HealthCheckRequest, HealthCheckResponse],
    ) -> HealthCheckResponse:
        """Tell how a service is."""
        if request.service not in self._services:
            names = ", ".join(map(repr, self._services))
            text = f"no service {request.service!r} here; there is: {names}"
            await context.abort(StatusCode.NOT_FOUND, text)
        return self._now(request.service)

    async def Watch(
        self,
        request: HealthCheckRequest,
        context: ServicerContext[HealthCheckRequest, HealthCheckResponse],
    ) -> AsyncIterator[HealthCheckResponse]:
        """Tell how a service is, and again when that changes, until the server stops."""
        told = None
        while True:
            stopping = self._state.stopping.is_set()
            now = self._now(request.service)
            if now is not told:
                yield now
                told = now
            if stopping:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._state.stopping.wait(), INTERVAL)

    def _now(self, service: str) -> HealthCheckResponse:
        if service not in self._services:
            return UNKNOWN
        return SERVING if self._state.ready else NOT_SERVING
