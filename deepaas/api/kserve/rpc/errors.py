"""Errors become statuses of gRPC."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote

from grpc import StatusCode
from grpc.aio import ServicerContext

from deepaas import exceptions
from deepaas.files import no_room
from deepaas.log import getLogger
from deepaas.serving.outward import outward

LOG = getLogger(__name__)
STATUS: dict[type[exceptions.DeepaasError], StatusCode] = {
    exceptions.MalformedRequest: StatusCode.INVALID_ARGUMENT,
    exceptions.InvalidArguments: StatusCode.INVALID_ARGUMENT,
    exceptions.Unauthenticated: StatusCode.UNAUTHENTICATED,
    exceptions.Forbidden: StatusCode.PERMISSION_DENIED,
    exceptions.EndpointDisabled: StatusCode.UNIMPLEMENTED,
    exceptions.FunctionNotOffered: StatusCode.UNIMPLEMENTED,
    exceptions.UnknownModel: StatusCode.NOT_FOUND,
    exceptions.Conflict: StatusCode.FAILED_PRECONDITION,
    exceptions.PayloadTooLarge: StatusCode.RESOURCE_EXHAUSTED,
    exceptions.DiskFull: StatusCode.RESOURCE_EXHAUSTED,
    exceptions.LimitExceeded: StatusCode.RESOURCE_EXHAUSTED,
    exceptions.ExecutorClosed: StatusCode.UNAVAILABLE,
    exceptions.IssuerUnavailable: StatusCode.UNAVAILABLE,
    exceptions.ModelStarting: StatusCode.UNAVAILABLE,
    exceptions.ModelUnloaded: StatusCode.UNAVAILABLE,
    exceptions.Overloaded: StatusCode.UNAVAILABLE,
    exceptions.StorageUnavailable: StatusCode.UNAVAILABLE,
    exceptions.Timeout: StatusCode.DEADLINE_EXCEEDED,
}
# What goes wrong within the server.
WITHIN = (StatusCode.INTERNAL, StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED)
# What an HTTP error stands for that a model has raised on purpose.
REFUSALS = {
    400: StatusCode.INVALID_ARGUMENT,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.NOT_FOUND,
    409: StatusCode.ABORTED,
    413: StatusCode.RESOURCE_EXHAUSTED,
    416: StatusCode.OUT_OF_RANGE,
    422: StatusCode.INVALID_ARGUMENT,
    429: StatusCode.RESOURCE_EXHAUSTED,
    501: StatusCode.UNIMPLEMENTED,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.DEADLINE_EXCEEDED,
    507: StatusCode.RESOURCE_EXHAUSTED,
}
# gRPC's own way to say after how many milliseconds it may be worth while to ask again.
RETRY = "grpc-retry-pushback-ms"
# Seconds, where nothing else is known.
RETRY_AFTER = 5
# Bytes of a message, as it is sent: clients take 8 KiB for all that is said of an answer.
LONGEST = 4096

Answer = Callable[[Any, Any, "ServicerContext[Any, Any]"], Awaitable[Any]]


class Failure(NamedTuple):
    """What a client is told of a call that failed.

    Args:
        code: of which kind it is.
        text: what was wrong.
        retry_after: seconds after which it may be worth while to ask again; None if it never is.
    """

    code: StatusCode
    text: str
    retry_after: int | None = None


def failure_of(error: Exception) -> Failure:
    """Return what a client is told of an error; log what it is not told.

    Args:
        error: what was raised.
    """
    if isinstance(error, exceptions.ModelRefusal):
        usual = StatusCode.INTERNAL if error.status >= 500 else StatusCode.FAILED_PRECONDITION
        return Failure(REFUSALS.get(error.status, usual), _sendable(str(error)))
    if isinstance(error, exceptions.DeepaasError):
        if isinstance(error, exceptions.ModelError):
            LOG.error("%s\n%s", error, error.trace)
        elif isinstance(error, exceptions.StorageUnavailable):
            LOG.warning("%s: %s", error, error.why)
        code = STATUS.get(type(error), StatusCode.INTERNAL)
        unless_said = RETRY_AFTER if code is StatusCode.UNAVAILABLE else None
        retry_after = getattr(error, "retry_after", unless_said)
        text = outward(str(error)) if code in WITHIN else str(error)
        return Failure(code, _sendable(text), retry_after)
    if isinstance(error, OSError) and no_room(error):
        return Failure(StatusCode.RESOURCE_EXHAUSTED, "the server's disk is full")
    LOG.error("Unexpected error in a call over gRPC", exc_info=error)
    return Failure(StatusCode.INTERNAL, "internal error of the server; its log says more")


def telling(answer: Answer) -> Answer:
    """Make a method of a servicer end calls that fail with their status.

    Args:
        answer: the method; it answers one message with another.
    """

    @functools.wraps(answer)
    async def wrapped(self: Any, request: Any, context: ServicerContext[Any, Any]) -> Any:
        try:
            return await answer(self, request, context)
        except Exception as error:
            await abort(context, failure_of(error))

    return wrapped


async def abort(context: ServicerContext[Any, Any], failure: Failure) -> NoReturn:
    """End a call that failed.

    Args:
        context: of the call.
        failure: what its client is told.

    Raises:
        grpc.aio.AbortError: always; for gRPC to catch.
    """
    after = failure.retry_after
    retry = () if after is None else ((RETRY, str(after * 1000)),)
    said = (*(context.trailing_metadata() or ()), *retry)
    await context.abort(failure.code, failure.text, said)


def _sendable(text: str) -> str:
    """Return a text as far as it fits into an answer."""
    # Names that are quoted may have characters that UTF-8 has no form for.
    text = text.encode(errors="backslashreplace").decode()
    while (size := len(quote(text))) > LONGEST:
        text = f"{text[: len(text) * LONGEST // size - 2]}…"
    return text
