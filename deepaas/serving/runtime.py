"""What runs inside a worker: a model gets ready, predicts and trains."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import orjson
from multidict import CIMultiDict, MultiDict

from deepaas import log
from deepaas.exceptions import InvalidArguments
from deepaas.model.describe import describe
from deepaas.schema.description import Arguments, Description
from deepaas.schema.legacy import old_ways_allowed
from deepaas.schema.parsing import Received, parse
from deepaas.serving.answers import Form, render
from deepaas.serving.encoding import to_json

LONGEST_LINE = 400
LONGEST_REPR = 10_000


class Loadable(Protocol):
    """Where a model comes from; picklable."""

    @property
    def name(self) -> str:
        """The name under which it is served."""

    def load(self) -> Any:
        """Return the model object."""


class Refusal(NamedTuple):
    """A model answered with an HTTP error of its own choice."""

    status: int
    reason: str
    text: str
    headers: dict[str, str]


class NotOffered(NamedTuple):
    """A model does not implement what it was asked for."""

    text: str


class Failure(NamedTuple):
    """A model answered what cannot be sent."""

    text: str


class Invalid(NamedTuple):
    """Arguments do not fit; see ``InvalidArguments``."""

    messages: dict[str, Any]


class Unreadable(NamedTuple):
    """A JSON document cannot be read."""

    text: str


class Trained(NamedTuple):
    """What a training returned, as JSON."""

    output: bytes


@dataclass
class ReadyModel:
    """A model in its worker.

    Args:
        name: the name under which it is served.
        model: the object.
        description: what it offers.
    """

    name: str
    model: Any
    description: Description


@dataclass(frozen=True)
class Prepare:
    """The set-up of a worker: loads a model and warms it.

    Args:
        source: where the model comes from.
        warm: whether to call its ``warm``.
        log_level: lowest level of what it logs to its output; empty leaves logging to the model.
        log_file: where it logs as well; empty for nowhere else.
    """

    source: Loadable
    warm: bool = True
    log_level: str = ""
    log_file: str = ""

    def __call__(self) -> ReadyModel:
        """Return the model, ready; raises whatever the model raises."""
        if self.log_level:
            log.setup(self.log_level, self.log_file, console=True)
        model = self.source.load()
        allow_any_reason()
        warm = getattr(model, "warm", None)
        if self.warm and warm is not None:
            with contextlib.suppress(NotImplementedError), old_ways_allowed():
                warm()
        name = self.source.name
        return ReadyModel(name, model, describe(name, model))


def predict(
    ready: ReadyModel, arguments: dict[str, Any], accept: str, spool: str
) -> tuple[Any, ...] | Refusal | NotOffered | Failure:
    """Predict, and make the answer that the caller wants.

    Args:
        ready: the model.
        arguments: keyword arguments.
        accept: see ``Form``.
        spool: see ``Form``.

    Returns:
        The parts of an ``Answer`` as a plain tuple, which pickles in a third of the time, or why
        there is none.
    """
    result = _call(ready, "predict", arguments)
    if isinstance(result, Refusal | NotOffered):
        return result
    try:
        return tuple(render(result, ready.description.response, Form(accept, spool)))
    except (TypeError, ValueError) as error:
        return Failure(f"its answer cannot be sent: {error}")


def predict_document(
    ready: ReadyModel,
    body: bytes,
    parts: Mapping[str, Sequence[tuple[str, str]]],
    spool: str,
) -> tuple[Any, ...] | Refusal | NotOffered | Failure | Invalid | Unreadable:
    """Predict for a large JSON document, which is read and validated here.

    Args:
        ready: the model.
        body: the document.
        parts: the other parts of the request, ``query``, ``headers`` and ``cookies``.
        spool: see ``Form``.

    Returns:
        See ``predict``.
    """
    declared = ready.description.predict or Arguments()
    received = Received(
        query=MultiDict(parts["query"]),
        body=body,
        headers=CIMultiDict(parts["headers"]),
        cookies=MultiDict(parts["cookies"]),
    )
    try:
        arguments = parse(declared, received)
    except InvalidArguments as error:
        return Invalid(error.messages)
    except ValueError as error:
        return Unreadable(str(error))
    return predict(ready, arguments, declared.accepted(arguments), spool)


def predict_shown(
    ready: ReadyModel, arguments: dict[str, Any], accept: str, spool: str
) -> tuple[Any, ...] | Refusal | NotOffered | Failure:
    """Predict, and show the result as Python does beside the answer.

    Args:
        ready: the model.
        arguments: keyword arguments.
        accept: see ``Form``.
        spool: see ``Form``.

    Returns:
        The parts of an ``Answer`` without the API's envelope and the ``repr`` of the result; or
        why there is none. A result that has no JSON form is answered as its ``repr``.
    """
    result = _call(ready, "predict", arguments)
    if isinstance(result, Refusal | NotOffered):
        return result
    shown = repr(result)
    try:
        return *render(result, ready.description.response, Form(accept, spool, bare=True)), shown
    except TypeError:
        return "text/plain", shown.encode(), "", "", shown
    except ValueError as error:
        return Failure(f"its answer cannot be sent: {error}")


def train(ready: ReadyModel, arguments: dict[str, Any]) -> Trained | Refusal | NotOffered:
    """Train; a result without a JSON form is kept as its ``repr``."""
    result = _call(ready, "train", arguments)
    if isinstance(result, Refusal | NotOffered):
        return result
    try:
        return Trained(to_json(result))
    except Exception:
        return Trained(orjson.dumps(_repr(result)))


def _call(ready: ReadyModel, function: str, arguments: dict[str, Any]) -> Any:
    allow_any_reason()
    implementation: Callable[..., Any] | None = getattr(ready.model, function, None)
    if implementation is None:
        return NotOffered(f"has no {function} function")
    try:
        return implementation(**arguments)
    except NotImplementedError as error:
        return NotOffered(f"does not implement {function}" + (f": {error}" if str(error) else ""))
    except Exception as error:
        if (refusal := as_refusal(error)) is not None:
            return refusal
        raise


def as_refusal(error: Exception) -> Refusal | None:
    """Return what an HTTP error of aiohttp or Werkzeug says; None for any other exception."""
    aiohttp = sys.modules.get("aiohttp.web_exceptions")
    if aiohttp is not None and isinstance(error, aiohttp.HTTPException):
        reason = str(error.reason or "")
        default = f"{error.status}: {reason}"
        text = error.text if error.text and error.text != default else reason
        headers = {
            name: _printable(value)
            for name, value in error.headers.items()
            if name.lower() not in ("content-type", "content-length")
        }
        return Refusal(error.status, _one_line(reason), text, headers)
    werkzeug = sys.modules.get("werkzeug.exceptions")
    if werkzeug is not None and isinstance(error, werkzeug.HTTPException) and error.code:
        text = str(error.description or error.name)
        return Refusal(error.code, _one_line(text), text, {})
    return None


def allow_any_reason() -> None:
    """Let aiohttp's HTTP errors be made with an exception or several lines as their reason.

    Many models do ``raise HTTPBadRequest(reason=error)``, which aiohttp answers with a TypeError
    or a ValueError of its own. Nothing happens in workers whose model does not use aiohttp.
    """
    aiohttp = sys.modules.get("aiohttp.web_exceptions")
    base = getattr(aiohttp, "HTTPException", None)
    if base is None or getattr(base.__init__, "takes_any_reason", False):
        return
    original = base.__init__

    def __init__(self: Any, *, reason: Any = None, text: Any = None, **kwargs: Any) -> None:
        if reason is not None:
            full = str(reason)
            reason = _one_line(full)
            text = full if text is None and full != reason else text
        original(self, reason=reason, text=text, **kwargs)

    __init__.takes_any_reason = True  # type: ignore[attr-defined]
    base.__init__ = __init__


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())[:LONGEST_LINE]


def _printable(text: str) -> str:
    """Return what can stand in a header: control characters would break the answer off."""
    return "".join(one if one.isprintable() else " " for one in text)


def _repr(value: Any) -> str:
    try:
        return repr(value)[:LONGEST_REPR]
    except Exception:
        return f"<{type(value).__name__}>"
