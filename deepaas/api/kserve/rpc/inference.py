"""Predictions over gRPC: one, or several on a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cached_property
from time import perf_counter
from typing import Any

from grpc import StatusCode
from grpc.aio import EOF

from deepaas.api.kserve.bodies import whole
from deepaas.api.kserve.lookup import model_in
from deepaas.api.kserve.rpc.codec import ASKS_FOR_END, IS_END, RpcCall, parameters_of
from deepaas.api.kserve.rpc.context import Context
from deepaas.api.kserve.rpc.errors import Failure, abort, failure_of
from deepaas.api.kserve.rpc.guard import Admit
from deepaas.api.kserve.rpc.inference_pb2 import (
    DESCRIPTOR,
    InferParameter,
    ModelInferRequest,
    ModelInferResponse,
    ModelStreamInferResponse,
)
from deepaas.api.kserve.rpc.reading import read
from deepaas.api.requests import Kind, Requests
from deepaas.calls import current, enter
from deepaas.exceptions import EndpointDisabled, ExecutorClosed, MalformedRequest
from deepaas.files import remove
from deepaas.serving.answers import Inferred
from deepaas.serving.registry import Registry
from deepaas.serving.streams import AnswerStream

# Requests of one stream that are begun before those in front of them have been answered.
AHEAD = 16
STREAM = f"/{DESCRIPTOR.services_by_name['GRPCInferenceService'].full_name}/ModelStreamInfer"


class Predictor:
    """Hands requests to models; what their tensors hold is read and made in the workers.

    Args:
        models: those in service.
        enabled: whether predictions are offered.
        requests: where those on streams are counted; others are where they come in.
    """

    def __init__(self, models: Registry, enabled: bool, requests: Requests) -> None:
        self._models = models
        self._enabled = enabled
        self._requests = requests

    async def begin(
        self, body: bytes, within: float | None, admit: Admit, streamed: bool = False
    ) -> Inferred | AnswerStream:
        """Predict; return an answer, or a stream of them as soon as there is the first.

        Args:
            body: a ``ModelInferRequest``, as it is on the wire.
            within: seconds in which its client wants the answer; None for any time.
            admit: refuses a caller who may not ask the model.
            streamed: whether its answers are messages of a stream; if not, there is one.

        Raises:
            Unauthenticated: the caller has to show who it is.
            Forbidden: the caller may not ask this model.
            LimitExceeded: the caller has asked for too much.
            DeepaasError: see ``ServedModel.infer``.
        """
        if not self._enabled:
            raise EndpointDisabled("the predict endpoint is disabled on this server")
        asked = read(body, ModelInferRequest)
        await admit(asked.model_name, len(body))
        model = model_in(self._models, asked.model_name, asked.model_version or None)
        enter(current()._replace(model=model.name))
        answer, _ = await model.infer(RpcCall(body, streamed), streamed, within)
        return answer

    def count(self, model: str, code: StatusCode, seconds: float) -> None:
        """Count a request on a stream.

        Args:
            model: name of the model that it asked.
            code: what became of it.
            seconds: from its arrival to the end of its answers.
        """
        kind = Kind("gRPC", STREAM, model if model in self._requests.models else "", code.name)
        self._requests.of(kind).add(seconds)


class Begun:
    """A request on a stream that has been handed to a model.

    Args:
        predictor: hands it over.
        body: the request.
        within: seconds in which its client wants the answer; None for any time.
        admit: see ``Predictor.begin``.
    """

    def __init__(
        self, predictor: Predictor, body: bytes, within: float | None, admit: Admit
    ) -> None:
        self._predictor = predictor
        self._body = body
        self._since = perf_counter()
        self._counted = False
        self._task = asyncio.create_task(predictor.begin(body, within, admit, streamed=True))

    async def answers(self) -> AsyncGenerator[bytes]:
        """Give each message of the answer; a failure is one of them."""
        code = StatusCode.CANCELLED
        try:
            answer = await self._task
            if isinstance(answer, AnswerStream):
                async with aclosing(answer):
                    async for item in answer:
                        yield item
            else:
                yield await whole(answer)
            if end := self._end():
                yield end
            code = StatusCode.OK
        except Exception as error:
            failed = failure_of(error)
            code = failed.code
            yield self._failed(failed)
        finally:
            self._count(code)

    async def abandon(self) -> None:
        """Let the model stop, where it has not come to its end."""
        self._task.cancel()
        (answer,) = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(answer, AnswerStream):
            await answer.aclose()
        elif isinstance(answer, Inferred) and answer.path:
            remove(answer.path)
        self._count(StatusCode.CANCELLED)

    @cached_property
    def _request(self) -> ModelInferRequest:
        """What was asked; nothing if it cannot be read."""
        try:
            return read(self._body, ModelInferRequest)
        except MalformedRequest:
            return ModelInferRequest()

    def _count(self, code: StatusCode) -> None:
        if not self._counted:
            self._counted = True
            seconds = perf_counter() - self._since
            self._predictor.count(self._request.model_name, code, seconds)

    def _end(self) -> bytes | None:
        """Return the message that there are no more, for those who want to be told."""
        request = self._request
        if not parameters_of(request.parameters).get(ASKS_FOR_END):
            return None
        response = ModelInferResponse(
            model_name=request.model_name,
            model_version=request.model_version,
            id=request.id,
            parameters={IS_END: InferParameter(bool_param=True)},
        )
        return ModelStreamInferResponse(infer_response=response).SerializeToString()

    def _failed(self, failure: Failure) -> bytes:
        request = self._request
        response = ModelInferResponse(
            model_name=request.model_name, model_version=request.model_version, id=request.id
        )
        return ModelStreamInferResponse(
            error_message=failure.text, infer_response=response
        ).SerializeToString()


async def answer_stream(
    predictor: Predictor, context: Context, admit: Admit, stopping: asyncio.Event
) -> None:
    """Answer the requests of a stream, in their order, each by one message or more.

    Args:
        predictor: hands them to models.
        context: of the call.
        admit: see ``Predictor.begin``.
        stopping: set once the server is to stop: what has been read is answered then, and no more
            is read.
    """
    begun: asyncio.Queue[Begun | None] = asyncio.Queue()
    room = asyncio.Semaphore(AHEAD)
    reading = asyncio.create_task(_read_requests(predictor, context, admit, stopping, begun, room))
    current: Begun | None = None
    try:
        while (current := await begun.get()) is not None:
            async with aclosing(current.answers()) as answers:
                async for message in answers:
                    await context.write(message)
            room.release()
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        left: list[Begun | None] = [current]
        while not begun.empty():
            left.append(begun.get_nowait())
        for one in filter(None, left):
            await one.abandon()
    if stopping.is_set():
        await abort(context, failure_of(ExecutorClosed("the server is shutting down")))


async def _read_requests(
    predictor: Predictor,
    context: Context,
    admit: Admit,
    stopping: asyncio.Event,
    begun: asyncio.Queue[Begun | None],
    room: asyncio.Semaphore,
) -> None:
    """Begin each request as it comes, and put None where there are no more."""
    stopped = asyncio.create_task(stopping.wait())
    next_one: asyncio.Future[Any] | None = None
    try:
        while True:
            await room.acquire()
            next_one = asyncio.ensure_future(context.read())
            await asyncio.wait((next_one, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not next_one.done() or next_one.result() is EOF:
                return
            request, within = next_one.result(), context.time_remaining()
            begun.put_nowait(Begun(predictor, request, within, admit))
    finally:
        begun.put_nowait(None)
        stopped.cancel()
        if next_one is not None:
            next_one.cancel()
