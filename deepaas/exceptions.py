"""Everything that can go wrong, as types. Nothing of HTTP in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DeepaasError(Exception):
    """Base of all errors that DEEPaaS raises on purpose; its text is fit to show to a person."""


class ConfigurationError(DeepaasError):
    """An option has a value that cannot be used."""


class ModuleNotFoundError(DeepaasError):
    """A model, or something that it needs, cannot be imported."""


class NoModelsAvailable(DeepaasError):
    """No model is installed, or none that can be served."""


class MultipleModelsFound(DeepaasError):
    """Several models are installed and none was chosen, where only one can be used."""


class InvalidModel(DeepaasError):
    """A model was found, but what it declares cannot be served."""


class ModelStartupError(DeepaasError):
    """A model failed while its worker got ready (import or ``warm``)."""


class UnknownModel(DeepaasError):
    """A call names a model that is not in service."""


class UnknownTraining(DeepaasError):
    """A call names a training that does not exist."""


class UnknownArtifact(DeepaasError):
    """A call names a file that a training has not made."""


class Unauthenticated(DeepaasError):
    """Whoever asks does not show who they are.

    Args:
        text: what is wrong, and what would be right.
        shown: whether anything was shown at all.
    """

    def __init__(self, text: str, shown: bool = True) -> None:
        super().__init__(text)
        self.shown = shown


class Forbidden(DeepaasError):
    """Whoever asks may not do this.

    Args:
        text: what is missing.
        scope: the name of the scope that is.
    """

    def __init__(self, text: str, scope: str) -> None:
        super().__init__(text)
        self.scope = scope


class CrossSite(DeepaasError):
    """A page of somebody else's asks, in the browser of whoever looks at it."""


class UnknownHost(DeepaasError):
    """A server is asked under a name that is not its own."""


class UnknownToken(DeepaasError):
    """There is no token of that name."""


class FunctionNotOffered(DeepaasError):
    """The model does not implement the function that was asked for."""


class EndpointDisabled(DeepaasError):
    """The operator has switched this part of the API off."""


class StorageUnavailable(DeepaasError):
    """The database does not answer.

    Args:
        why: what it or its driver says of that, which may name hosts: for the operator alone.
    """

    def __init__(self, why: str = "") -> None:
        super().__init__("the database does not answer")
        self.why = why

    def __reduce__(self) -> tuple[type[StorageUnavailable], tuple[str]]:
        return type(self), (self.why,)


class IssuerUnavailable(DeepaasError):
    """A provider of OpenID Connect does not tell whose token was shown."""


class Overloaded(DeepaasError):
    """So much waits already that no more is taken for now.

    Args:
        text: what waits.
        retry_after: seconds after which it may be worth while to ask again.
    """

    def __init__(self, text: str, retry_after: int = 5) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class LimitExceeded(DeepaasError):
    """Whoever asks has asked too often, or for too much, for now.

    Args:
        text: which limit that is.
        retry_after: seconds after which it may be worth while to ask again.
    """

    def __init__(self, text: str, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class ModelStarting(DeepaasError):
    """A model is called whose workers have never been ready yet."""


class ModelUnloaded(DeepaasError):
    """A model is called that was unloaded, and is not loaded by a call."""


class Timeout(DeepaasError):
    """A model has not answered within the time that a call may take."""


class Conflict(DeepaasError):
    """What was asked for does not fit the state of things."""


class MalformedRequest(DeepaasError):
    """What was sent cannot be read at all."""


class StalledRequest(DeepaasError):
    """What was to be sent stopped coming."""


class UnsupportedContent(DeepaasError):
    """What was sent is of a kind that is not read."""


class PayloadTooLarge(DeepaasError):
    """What was sent is larger than allowed."""


class DiskFull(DeepaasError):
    """There is no room on the server's disk for what a call needs to write."""


class InvalidArguments(DeepaasError):
    """Arguments do not fit the model's declarations.

    Args:
        messages: for each argument a list of messages, or for lists a map from index to messages.
    """

    def __init__(self, messages: Mapping[str, Any]) -> None:
        self.messages = dict(messages)
        super().__init__(
            "; ".join(f"{name}: {in_words(text)}" for name, text in self.messages.items())
        )


def in_words(messages: Any) -> str:
    """Return messages of ``InvalidArguments`` as one line.

    Args:
        messages: those of one argument.
    """
    if isinstance(messages, Mapping):
        return ", ".join(f"{key}: {in_words(value)}" for key, value in messages.items())
    return " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)


class ModelError(DeepaasError):
    """A model raised, or answered what cannot be sent.

    Args:
        text: what happened, naming the model.
        trace: the traceback of the worker, for the log.
    """

    def __init__(self, text: str, trace: str = "") -> None:
        super().__init__(text)
        self.trace = trace


class ModelRefusal(DeepaasError):
    """A model refused a call on purpose, with an HTTP error of its own choice.

    Args:
        status: the HTTP status that the model chose, 200 to 599.
        reason: one line, the model's own words.
        text: the whole of the model's words where they are longer than a line, else the reason.
        headers: response headers that the model set, such as ``Location``.
    """

    def __init__(
        self, status: int, reason: str, text: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text or reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})


class ExecutorClosed(DeepaasError):
    """The executor is shutting down and takes no more work."""


class WorkerDied(DeepaasError):
    """The process that ran a job ended before it could answer."""


class WorkerNotReady(DeepaasError):
    """A worker could not get ready: its set-up raised or its process ended."""


class RemoteError(DeepaasError):
    """A job raised in its worker.

    Args:
        kind: the name of the exception's class, such as ``ValueError``.
        text: the exception's text.
        trace: the traceback of the worker.
    """

    def __init__(self, kind: str, text: str, trace: str) -> None:
        super().__init__(f"{kind}: {text}" if text else kind)
        self.kind = kind
        self.text = text
        self.trace = trace

    def __reduce__(self) -> tuple[type[RemoteError], tuple[str, str, str]]:
        return type(self), (self.kind, self.text, self.trace)
