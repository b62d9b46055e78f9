"""The Open Inference Protocol's calls."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from grpc.aio import ServicerContext

from deepaas import __version__
from deepaas.api.keys import REGISTRY
from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.api.kserve.rpc.errors import telling
from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceServicer
from deepaas.api.kserve.rpc.state import State
from deepaas.exceptions import UnknownModel
from deepaas.serving.served import ServedModel

Context = ServicerContext[Any, Any]
EXTENSIONS = ("parameters",)



class Inference(GRPCInferenceServiceServicer):
    """Translates calls for the models in service.

    Args:
        app: the application.
        state: of its server.
    """

    def __init__(self, app: web.Application, state: State) -> None:
        self._models = app[REGISTRY]
        self._state = state

    @telling
    async def ServerLive(
        self, request: messages.ServerLiveRequest, context: Context
    ) -> messages.ServerLiveResponse:
        """Answer as long as there is anybody to answer."""
        return messages.ServerLiveResponse(live=True)

    @telling
    async def ServerReady(
        self, request: messages.ServerReadyRequest, context: Context
    ) -> messages.ServerReadyResponse:
        """Answer whether each model can be asked."""
        return messages.ServerReadyResponse(ready=self._state.ready)

    @telling
    async def ModelReady(
        self, request: messages.ModelReadyRequest, context: Context
    ) -> messages.ModelReadyResponse:
        """Answer whether a model has a worker that lives, or is loaded at its next call."""
        model = self._model(request.name, request.version)
        ready = model.ready and not self._state.stopping.is_set()
        return messages.ModelReadyResponse(ready=ready)

    @telling
    async def ServerMetadata(
        self, request: messages.ServerMetadataRequest, context: Context
    ) -> messages.ServerMetadataResponse:
        """Answer which server this is."""
        return messages.ServerMetadataResponse(
            name="deepaas", version=__version__, extensions=EXTENSIONS
        )

    def _model(self, name: str, version: str) -> ServedModel:
        model = self._models.get(name)
        if version and version != model.version:
            there = f"; there is version {model.version!r}" if model.version else ""
            raise UnknownModel(f"model {model.name!r} is not here in version {version!r}{there}")
        return model
