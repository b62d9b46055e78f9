"""The server of gRPC, which lives as long as the application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from aiohttp import web
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from deepaas.api.access import ANY, OPEN, RPC, UNLISTED
from deepaas.api.keys import (
    AUDIT,
    AUTHENTICATOR,
    CERTIFICATE,
    PROXIES,
    RATE_LIMITS,
    REGISTRY,
    REQUESTS,
    RPC_ADDRESS,
    SETTINGS,
)
from deepaas.api.kserve.rpc.credentials import credentials
from deepaas.api.kserve.rpc.guard import Guard
from deepaas.api.kserve.rpc.health import Health
from deepaas.api.kserve.rpc.inference_pb2 import DESCRIPTOR
from deepaas.api.kserve.rpc.observing import observed
from deepaas.api.kserve.rpc.reading import reading
from deepaas.api.kserve.rpc.servicer import Inference
from deepaas.api.kserve.rpc.state import State
from deepaas.exceptions import DeepaasError
from deepaas.settings import Settings

SERVICE = DESCRIPTOR.services_by_name["GRPCInferenceService"]
# What is asked and answered here goes to and from workers as the bytes that it is on the wire.
UNREAD = ("ModelInfer", "ModelStreamInfer")
MAKERS = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


class RpcServer:
    """Serves over gRPC what an application serves over HTTP.

    Args:
        port: gives the port to listen on, when it is time to; 0 for any free one.
    """

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port
        self._state: State | None = None
        self._server: grpc.aio.Server | None = None

    def attach(self, app: web.Application) -> None:
        """Let it start and end with an application.

        Args:
            app: all that it needs has been appended before.
        """
        app.cleanup_ctx.append(self._serving)
        app.on_shutdown.insert(0, self._tell)
        app.on_shutdown.append(self._stop)

    async def _serving(self, app: web.Application) -> AsyncIterator[None]:
        settings = app[SETTINGS]
        self._state = State(app[REGISTRY])
        self._server = _server(_largest(settings))
        guard = Guard(
            app[AUTHENTICATOR],
            app[PROXIES],
            app[RATE_LIMITS],
            app[AUDIT],
            settings.authentication,
        )
        servicer = Inference(app, self._state, guard)
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    SERVICE.full_name, _handlers(servicer, guard, app)
                )
            ]
        )
        health_pb2_grpc.add_HealthServicer_to_server(
            Health(self._state, SERVICE.full_name), self._server
        )
        health = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        names = (SERVICE.full_name, health, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        host = f"[{settings.listen_ip}]" if ":" in settings.listen_ip else settings.listen_ip
        port = self._port()
        try:
            if CERTIFICATE in app:
                shown = credentials(app[CERTIFICATE])
                port = self._server.add_secure_port(f"{host}:{port}", shown)
            else:
                port = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise DeepaasError(f"cannot listen on {host}:{port} for gRPC: {error}") from None
        await self._server.start()
        app[RPC_ADDRESS] = f"{host}:{port}"
        yield
        # Whoever is still there has had the time to end.
        await self._server.stop(None)

    async def _tell(self, app: web.Application) -> None:
        if self._state is not None:
            self._state.stopping.set()

    async def _stop(self, app: web.Application) -> None:
        """Take no more calls, and let those that run end.

        Meanwhile those over HTTP do the same: whoever ends the application gives it, as a whole, no
        more time than that.
        """
        if self._server is not None:
            await self._server.stop(app[SETTINGS].shutdown_grace)


def _largest(settings: Settings) -> int:
    """Return how many bytes a message may have, 0 for any number.

    gRPC takes a message into memory, and unpacks it, before anybody can ask who has sent it; what
    probes and reflection are sent, it takes from everybody.
    """
    if settings.client_max_size or not settings.authentication:
        return settings.client_max_size
    return settings.max_arguments_size


def _server(largest: int) -> grpc.aio.Server:
    return grpc.aio.server(
        options=[
            # Two servers would share a port, and take turns at its clients.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", largest or -1),
            ("grpc.max_send_message_length", -1),
        ]
    )


def _handlers(
    servicer: Inference, guard: Guard, app: web.Application
) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
    for method in SERVICE.methods:
        make = MAKERS[method.client_streaming, method.server_streaming]
        write = None
        # Which model is asked is seen where the bytes are read; before that, who opens a stream.
        need = ANY if method.client_streaming else OPEN
        if method.name not in UNREAD:
            write = GetMessageClass(method.output_type).SerializeToString
            need = RPC.get(method.name, UNLISTED)
        path = f"/{SERVICE.full_name}/{method.name}"
        answer = guard.guarded(getattr(servicer, method.name), need)
        if method.name not in UNREAD:
            answer = reading(answer, GetMessageClass(method.input_type))
        answer = observed(answer, path, app[REQUESTS], app[PROXIES], app[SETTINGS].access_log)
        handlers[method.name] = make(answer, None, write)
    return handlers
