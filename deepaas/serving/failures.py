"""What a call has come to in a worker becomes an error that any door can tell."""

from __future__ import annotations

from typing import Any

from deepaas.exceptions import (
    DiskFull,
    FunctionNotOffered,
    InvalidArguments,
    MalformedRequest,
    ModelError,
    ModelRefusal,
    ModelStartupError,
    RemoteError,
    WorkerDied,
    WorkerNotReady,
)
from deepaas.model.refusals import Refusal
from deepaas.serving.outcomes import (
    Invalid,
    Malformed,
    NoRoom,
    NotOffered,
    Raised,
    Unreadable,
)


def failure(name: str, function: str, error: Exception) -> Exception:
    """Return what is told of an error that an executor has raised; itself if that is fit for it.

    Args:
        name: of the model.
        function: that was called.
        error: what was raised.
    """
    text = f"model {name!r} failed in {function}"
    if isinstance(error, RemoteError):
        return ModelError(f"{text}: {error}", error.trace)
    if isinstance(error, WorkerDied):
        return ModelError(f"{text}: {error}")
    if isinstance(error, WorkerNotReady):
        notes = "\n".join(getattr(error, "__notes__", ()))
        return ModelError(f"{text}, as it does not get ready: {error}", notes)
    return error


def not_ready(name: str, error: WorkerNotReady) -> ModelStartupError:
    """Return what is told of a model that does not get ready at a start.

    Args:
        name: of the model.
        error: what its workers came to.
    """
    told = ModelStartupError(f"model {name!r} failed while it got ready: {error}")
    told.add_note("\n".join(getattr(error, "__notes__", ())))
    return told


def error_of(name: str, function: str, outcome: Any) -> Exception:
    """Return what is told of a call that has come to no answer.

    Args:
        name: of the model.
        function: that was called.
        outcome: what it has come to; see ``deepaas.serving.outcomes``.
    """
    if isinstance(outcome, Invalid):
        return InvalidArguments(outcome.messages)
    if isinstance(outcome, Unreadable):
        return MalformedRequest(f"malformed JSON: {outcome.text}")
    if isinstance(outcome, Malformed):
        return MalformedRequest(outcome.text)
    if isinstance(outcome, Refusal):
        return ModelRefusal(*outcome)
    if isinstance(outcome, Raised):
        return failure(name, function, RemoteError(*outcome))
    if isinstance(outcome, NoRoom):
        return DiskFull(outcome.text)
    if isinstance(outcome, NotOffered):
        return FunctionNotOffered(f"model {name!r} {outcome.text}")
    return ModelError(f"model {name!r} failed in {function}: {outcome.text}")
