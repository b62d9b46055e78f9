"""What runs inside a worker: a model gets ready, predicts and trains."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import marshmallow as ma
import orjson
from multidict import CIMultiDict, MultiDict

from deepaas import log
from deepaas.current import inside
from deepaas.exceptions import DiskFull, InvalidArguments
from deepaas.model.describe import DIRECTORY, describe
from deepaas.model.refusals import Refusal, allow_any_reason, as_refusal
from deepaas.schema.description import Arguments, Description
from deepaas.schema.legacy import old_ways_allowed
from deepaas.schema.parsing import Received, parse
from deepaas.serving.answers import ANY_BYTES, JSON, Answer, Form, is_raw, render
from deepaas.serving.bars import reported_bars
from deepaas.serving.encoding import to_json

LONGEST_REPR = 10_000


class Loadable(Protocol):
    """Where a model comes from; picklable."""

    @property
    def name(self) -> str:
        """The name under which it is served."""

    def load(self, describing: bool = False) -> Any:
        """Return the model object, or what it can be described by."""


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


class NoRoom(NamedTuple):
    """A large answer found no room on the disk."""

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
        checks: whether its answers are checked against its return hint.
    """

    name: str
    model: Any
    description: Description
    checks: bool = False


@dataclass(frozen=True)
class Prepare:
    """The set-up of a worker: loads a model and warms it.

    Args:
        source: where the model comes from.
        warm: whether to call its ``warm``.
        log_level: lowest level of what it logs to its output; empty leaves logging to the model.
        log_file: where it logs as well; empty for nowhere else.
        directory: what a promoted training has left, for ``warm``; None if none was promoted.
    """

    source: Loadable
    warm: bool = True
    log_level: str = ""
    log_file: str = ""
    directory: Path | None = None

    def __call__(self) -> ReadyModel:
        """Return the model, ready; raises whatever the model raises."""
        if self.log_level:
            log.setup(self.log_level, self.log_file, console=True)
        allow_any_reason()
        model = self.source.load()
        warm = getattr(model, "warm", None)
        given = {} if self.directory is None else {DIRECTORY: self.directory}
        if (self.warm or given) and warm is not None:
            with contextlib.suppress(NotImplementedError), old_ways_allowed():
                warm(**given)
        name = self.source.name
        return ReadyModel(name, model, describe(name, model), self.log_level == "DEBUG")


def predict(
    ready: ReadyModel, arguments: dict[str, Any], accept: str, spool: str
) -> tuple[Any, ...] | Refusal | NotOffered | Invalid | Failure | NoRoom:
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
    if isinstance(result, Refusal | NotOffered | Invalid):
        return result
    try:
        answer = render(result, ready.description.response, Form(accept, spool))
        if ready.checks and ready.description.returned is not None:
            _check(ready.description.returned, answer)
        return tuple(answer)
    except (TypeError, ValueError) as error:
        return Failure(f"its answer cannot be sent: {error}")
    except DiskFull as error:
        return NoRoom(str(error))


def predict_document(
    ready: ReadyModel,
    body: bytes,
    parts: Mapping[str, Sequence[tuple[str, Any]]],
    spool: str,
) -> tuple[Any, ...] | Refusal | NotOffered | Failure | NoRoom | Invalid | Unreadable:
    """Predict for a large JSON document or form, which is read and validated here.

    Args:
        ready: the model.
        body: the document; empty if there is none.
        parts: the other parts of the request: ``query``, ``form``, ``headers`` and ``cookies``.
        spool: see ``Form``.

    Returns:
        See ``predict``.
    """
    declared = ready.description.predict or Arguments()
    received = Received(
        query=MultiDict(parts["query"]),
        form=MultiDict(parts.get("form", ())),
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
) -> tuple[Any, ...] | Refusal | NotOffered | Invalid | Failure | NoRoom:
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
    if isinstance(result, Refusal | NotOffered | Invalid):
        return result
    shown = repr(result)
    if accept == JSON and is_raw(result):
        # A file of bytes is what it is, whatever it would be announced as.
        accept = ""
    if isinstance(result, bytes | bytearray | memoryview):
        accept = accept or ANY_BYTES
    try:
        return *render(result, ready.description.response, Form(accept, spool, bare=True)), shown
    except TypeError:
        return "text/plain", shown.encode(), "", "", shown
    except ValueError as error:
        return Failure(f"its answer cannot be sent: {error}")
    except DiskFull as error:
        return NoRoom(str(error))


def train(
    ready: ReadyModel, arguments: dict[str, Any], folder: str = ""
) -> Trained | Refusal | NotOffered | Invalid:
    """Train; a result without a JSON form is kept as its ``repr``.

    Args:
        ready: the model.
        arguments: keyword arguments.
        folder: what is kept for the training, see ``deepaas.current``.
    """
    with inside(folder) as training, reported_bars(training):
        result = _call(ready, "train", arguments)
    if isinstance(result, Refusal | NotOffered | Invalid):
        return result
    try:
        return Trained(to_json(result))
    except Exception:
        return Trained(orjson.dumps(_repr(result)))


def _call(ready: ReadyModel, function: str, arguments: dict[str, Any]) -> Any:
    implementation: Callable[..., Any] | None = getattr(ready.model, function, None)
    declared: Arguments | None = getattr(ready.description, function)
    if implementation is None or declared is None:
        return NotOffered(f"has no {function} function")
    try:
        arguments = declared.adapt(arguments)
    except InvalidArguments as error:
        return Invalid(error.messages)
    try:
        return implementation(**arguments)
    except NotImplementedError as error:
        return NotOffered(f"does not implement {function}" + (f": {error}" if str(error) else ""))
    except Exception as error:
        if (refusal := as_refusal(error)) is not None:
            return refusal
        raise


def _check(returned: ma.fields.Field, answer: Answer) -> None:
    """Compare an answer with the return hint, as an author who debugs wants it.

    Raises:
        ValueError: it does not fit.
    """
    if answer.content_type != JSON or answer.body is None:
        return
    try:
        returned.deserialize(orjson.loads(answer.body)["predictions"])
    except ma.ValidationError as error:
        raise ValueError(f"it does not follow the return hint: {error.messages}") from error


def _repr(value: Any) -> str:
    try:
        return repr(value)[:LONGEST_REPR]
    except Exception:
        return f"<{type(value).__name__}>"
