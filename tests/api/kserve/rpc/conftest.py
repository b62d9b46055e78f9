"""Servers that speak gRPC, and a client out of generated code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from deepaas.api.connections import Runner
from deepaas.api.keys import RPC_ADDRESS
from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from tests.api.kserve.rpc.asking import request_of


@dataclass
class Rpc:
    """A client of a server.

    Args:
        runner: runs the server.
        channel: leads to it.
    """

    runner: Runner
    channel: grpc.aio.Channel

    @property
    def stub(self) -> GRPCInferenceServiceStub:
        """The protocol's calls."""
        return GRPCInferenceServiceStub(self.channel)

    def infer(
        self, model: str, arguments: Mapping[str, Any], **options: Any
    ) -> grpc.aio.UnaryUnaryCall[messages.ModelInferRequest, messages.ModelInferResponse]:
        """Ask a model with plain values."""
        return self.stub.ModelInfer(request_of(model, arguments), **options)


Dial = Callable[..., Awaitable[Rpc]]


@pytest.fixture
async def dial_loaded(start_runner) -> AsyncIterator[Dial]:
    """Serve loaded models, and return a client over gRPC."""
    async with AsyncExitStack() as stack:

        async def start(*models: LoadedModel, **settings: Any) -> Rpc:
            runner = await start_runner(*models, grpc_port=0, **settings)
            options = [("grpc.max_receive_message_length", -1)]
            channel = grpc.aio.insecure_channel(runner.app[RPC_ADDRESS], options)
            return Rpc(runner, await stack.enter_async_context(channel))

        yield start


@pytest.fixture
def dial(dial_loaded) -> Dial:
    """Serve modules of ``tests.models`` by name, and return a client over gRPC."""

    def start(*names: str, **settings: Any) -> Awaitable[Rpc]:
        models = [LoadedModel.of(Source(name, f"tests.models.{name}")) for name in names]
        return dial_loaded(*models, **settings)

    return start
