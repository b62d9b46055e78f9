"""What is sent over gRPC becomes a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message

from deepaas.api.kserve.rpc.context import Context
from deepaas.api.kserve.rpc.errors import abort, failure_of
from deepaas.exceptions import MalformedRequest

Sent = TypeVar("Sent", bound=Message)
Answer = Callable[[Any, Context], Awaitable[Any]]


def read(body: bytes, kind: type[Sent]) -> Sent:
    """Return a message.

    Args:
        body: as it is on the wire.
        kind: what it is to be.

    Raises:
        MalformedRequest: it is something else.
    """
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise MalformedRequest(f"this is no {kind.DESCRIPTOR.name}: {error}") from None


def reading(answer: Answer, kind: type[Message]) -> Answer:
    """Return a method of a servicer that is given bytes.

    gRPC itself would answer what cannot be read as if the server had failed, and log a traceback.

    Args:
        answer: the method.
        kind: what it is asked.
    """

    async def read_first(body: bytes, context: Context) -> Any:
        try:
            request = read(body, kind)
        except MalformedRequest as error:
            await abort(context, failure_of(error))
        return await answer(request, context)

    return read_first
