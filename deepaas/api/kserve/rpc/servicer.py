"""The Open Inference Protocol's calls."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from deepaas.api.access import RPC
from deepaas.api.keys import REGISTRY, REQUESTS, SETTINGS
from deepaas.api.kserve import repository
from deepaas.api.kserve.bodies import whole
from deepaas.api.kserve.lookup import model_in
from deepaas.api.kserve.metadata import COMMON, SERVER
from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.api.kserve.rpc.context import Context
from deepaas.api.kserve.rpc.errors import telling
from deepaas.api.kserve.rpc.guard import Admit, Guard
from deepaas.api.kserve.rpc.inference import Predictor, answer_stream
from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceServicer
from deepaas.api.kserve.rpc.state import State
from deepaas.serving.answers import Inferred
from deepaas.serving.served import ServedModel


class Inference(GRPCInferenceServiceServicer):
    """Translates calls for the models in service.

    Args:
        app: the application.
        state: of its server.
        guard: lets through who may call.
    """

    def __init__(self, app: web.Application, state: State, guard: Guard) -> None:
        self._models = app[REGISTRY]
        self._state = state
        self._guard = guard
        enabled = app[SETTINGS].predict_endpoint
        self._predictor = Predictor(self._models, enabled, app[REQUESTS])

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
        return messages.ModelReadyResponse(ready=model.ready and self._state.staying)

    @telling
    async def ServerMetadata(
        self, request: messages.ServerMetadataRequest, context: Context
    ) -> messages.ServerMetadataResponse:
        """Answer which server this is."""
        return messages.ServerMetadataResponse(**SERVER | {"extensions": COMMON})

    @telling
    async def ModelMetadata(
        self, request: messages.ModelMetadataRequest, context: Context
    ) -> messages.ModelMetadataResponse:
        """Answer which tensors a model takes and gives."""
        model = self._model(request.name, request.version)
        document = model.tensors
        del document["properties"]
        return messages.ModelMetadataResponse(**document)

    @telling
    async def ModelInfer(self, body: bytes, context: Context) -> bytes:
        """Predict; both messages are bytes, as they are on the wire."""
        admit = self._admitting("ModelInfer", context)
        answer = await self._predictor.begin(body, context.time_remaining(), admit)
        assert isinstance(answer, Inferred)  # noqa: S101 - it was not asked for item by item
        return await whole(answer)

    async def ModelStreamInfer(self, bodies: AsyncIterator[bytes], context: Context) -> None:
        """Predict, for each request on a stream; messages are bytes, as they are on the wire."""
        admit = self._admitting("ModelStreamInfer", context)
        await answer_stream(self._predictor, context, admit, self._state.stopping)

    @telling
    async def ModelStatistics(
        self, request: messages.ModelStatisticsRequest, context: Context
    ) -> messages.ModelStatisticsResponse:
        """Answer how often a model has predicted, or each of all models."""
        models = [self._model(request.name, request.version)] if request.name else self._models
        told = [messages.ModelStatistics(**repository.statistics(model)) for model in models]
        return messages.ModelStatisticsResponse(model_stats=told)

    @telling
    async def RepositoryIndex(
        self, request: messages.RepositoryIndexRequest, context: Context
    ) -> messages.RepositoryIndexResponse:
        """Answer which models there are, and how each is."""
        entry = messages.RepositoryIndexResponse.ModelIndex
        told = [entry(**one) for one in repository.index(self._models, request.ready)]
        return messages.RepositoryIndexResponse(models=told)

    @telling
    async def RepositoryModelLoad(
        self, request: messages.RepositoryModelLoadRequest, context: Context
    ) -> messages.RepositoryModelLoadResponse:
        """Load a model whose workers wait for a call."""
        model = self._model(_named(request))
        await model.load_workers()
        return messages.RepositoryModelLoadResponse(model_name=model.name, isLoaded=True)

    @telling
    async def RepositoryModelUnload(
        self, request: messages.RepositoryModelUnloadRequest, context: Context
    ) -> messages.RepositoryModelUnloadResponse:
        """End the workers of a model until its next call."""
        model = self._model(_named(request))
        model.unload_workers()
        return messages.RepositoryModelUnloadResponse(model_name=model.name, isUnloaded=True)

    def _admitting(self, method: str, context: Context) -> Admit:
        return self._guard.admitting(RPC[method], context)

    def _model(self, name: str, version: str = "") -> ServedModel:
        return model_in(self._models, name, version or None)


def _named(
    request: messages.RepositoryModelLoadRequest | messages.RepositoryModelUnloadRequest,
) -> str:
    """Return the name of a model, which clients of KServe send where others name a repository."""
    return request.model_name or request.repository_name
