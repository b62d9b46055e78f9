"""What runs inside a worker: a model gets ready, predicts and trains."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import CoroutineType
from typing import Any, Protocol

from multidict import CIMultiDict, MultiDict

from deepaas import log
from deepaas.current import inside
from deepaas.exceptions import DiskFull, InvalidArguments
from deepaas.executors.base import Around
from deepaas.model.describe import DIRECTORY, describe
from deepaas.model.refusals import Refusal, allow_any_reason, as_refusal
from deepaas.schema.accept import EVENTS, JSON
from deepaas.schema.description import Arguments, Description
from deepaas.schema.legacy import old_ways_allowed
from deepaas.schema.parsing import Received, parse
from deepaas.serving.answers import ANY_BYTES, Form, is_raw, render
from deepaas.serving.bars import reported_bars
from deepaas.serving.checking import Check, check_of
from deepaas.serving.encoding import to_json_or_repr
from deepaas.serving.items import OF_JSON, Unsendable, collect, in_a_line, is_stream, stream
from deepaas.serving.outcomes import (
    NO_RESULT,
    Failure,
    Invalid,
    NoRoom,
    NotOffered,
    Trained,
    Unreadable,
)
from deepaas.tensors.fields import Slot
from deepaas.tensors.metadata import output_slots


class Loadable(Protocol):
    """Where a model comes from; picklable."""

    @property
    def name(self) -> str:
        """The name under which it is served."""

    def load(self, describing: bool = False) -> Any:
        """Return the model object, or what it can be described by."""


@dataclass
class ReadyModel:
    """A model in its worker.

    Args:
        name: the name under which it is served.
        model: the object.
        description: what it offers.
        check: what its answers, or the items of its streams, have to pass.
        around: returns what a job, given by its name, is done in; None for nothing.
    """

    name: str
    model: Any
    description: Description
    check: Check | None = None
    around: Around | None = None

    @cached_property
    def outputs(self) -> dict[str, Slot]:
        """The tensors that it is known to answer, by name."""
        return output_slots(self.description)


@dataclass(frozen=True)
class Prepare:
    """The set-up of a worker: loads a model and warms it.

    Args:
        source: where the model comes from.
        warm: whether to call its ``warm``.
        log_level: lowest level of what it logs to its output; empty leaves logging to the model.
        log_file: where it logs as well; empty for nowhere else.
        log_format: how it logs, ``text`` or ``json``.
        tracing: whether its jobs are traced.
        directory: what a promoted training has left, for ``warm``; None if none was promoted.
    """

    source: Loadable
    warm: bool = True
    log_level: str = ""
    log_file: str = ""
    log_format: str = log.TEXT
    tracing: bool = False
    directory: Path | None = None

    def __call__(self) -> ReadyModel | Coroutine[Any, Any, ReadyModel]:
        """Return the model, ready, or what makes it so; raises whatever the model raises."""
        if self.log_level:
            form, name = self.log_format, self.source.name
            log.setup(self.log_level, self.log_file, console=True, form=form, model=name)
        allow_any_reason()
        model = self.source.load()
        warm = getattr(model, "warm", None)
        given = {} if self.directory is None else {DIRECTORY: self.directory}
        if (self.warm or given) and warm is not None:
            with contextlib.suppress(NotImplementedError), old_ways_allowed():
                warming = warm(**given)
                if type(warming) is CoroutineType:
                    return self._after(warming, model)
        return self._ready(model)

    async def _after(self, warming: Coroutine[Any, Any, Any], model: Any) -> ReadyModel:
        with contextlib.suppress(NotImplementedError):
            await warming
        return self._ready(model)

    def _ready(self, model: Any) -> ReadyModel:
        name = self.source.name
        description = describe(name, model)
        check = check_of(description, debugs=self.log_level == "DEBUG")
        return ReadyModel(name, model, description, check, self._around())

    def _around(self) -> Around | None:
        if not self.tracing:
            return None
        # It takes long to import, and may not be installed.
        from deepaas.tracing import WorkerTracing

        return WorkerTracing(self.source.name).around


def predict(
    ready: ReadyModel,
    arguments: dict[str, Any],
    accept: str,
    spool: str,
    streamed: str = EVENTS,
) -> Any:
    """Predict, and make the answer that the caller wants.

    Args:
        ready: the model.
        arguments: keyword arguments.
        accept: see ``Form``.
        spool: see ``Form``.
        streamed: content type of a stream, where ``accept`` is empty.

    Returns:
        The parts of an ``Answer`` as a plain tuple, which pickles in a third of the time, or why
        there is none: ``Refusal``, ``NotOffered``, ``Failure`` or ``NoRoom``. A model that streams
        makes this a generator of ``Begun`` and of bytes, and one whose predict is a coroutine
        function a coroutine; see ``Job``.
    """
    result = call_model(ready, "predict", arguments)
    return answer(ready, result, accept, spool, streamed)


def answer(ready: ReadyModel, result: Any, accept: str, spool: str, streamed: str = EVENTS) -> Any:
    """Make the answer that the caller wants of a result; see ``predict``."""
    if type(result) is CoroutineType:
        return _answered_later(ready, result, accept, spool, streamed)
    if isinstance(result, NO_RESULT):
        return result
    if is_stream(result):
        content_type, outcome = accept or streamed, partial(outcome_of, "predict")
        if content_type != JSON:
            return stream(result, content_type, outcome, ready.check)
        items = collect(result, content_type, outcome, ready.check)
        return answer(of_items(ready), items, accept, spool)
    try:
        bare = ready.description.response is not None
        return tuple(render(result, ready.check, Form(accept, spool, bare)))
    except (TypeError, ValueError) as error:
        return unsendable(error)
    except DiskFull as error:
        return NoRoom(str(error))


async def _answered_later(ready: ReadyModel, result: Coroutine[Any, Any, Any], *form: Any) -> Any:
    return answer(ready, await result, *form)


def predict_document(
    ready: ReadyModel,
    body: bytes,
    parts: Mapping[str, Sequence[tuple[str, Any]]],
    spool: str,
    streamed: str = EVENTS,
) -> Any:
    """Predict for a large JSON document or form, which is read and validated here.

    Args:
        ready: the model.
        body: the document; empty if there is none.
        parts: the other parts of the request: ``query``, ``form``, ``headers`` and ``cookies``.
        spool: see ``Form``.
        streamed: see ``predict``.

    Returns:
        What ``predict`` does, or ``Invalid`` or ``Unreadable``.
    """
    read = read_document(ready, body, parts)
    if isinstance(read, Invalid | Unreadable):
        return read
    return predict(ready, *read, spool, streamed)


def read_document(
    ready: ReadyModel, body: bytes, parts: Mapping[str, Sequence[tuple[str, Any]]]
) -> tuple[dict[str, Any], str] | Invalid | Unreadable:
    """Return keyword arguments and the content type of the answer; see ``predict_document``."""
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
    return arguments, declared.accepted(arguments)


def predict_shown(
    ready: ReadyModel,
    arguments: dict[str, Any],
    accept: str,
    spool: str,
    item_by_item: bool = False,
) -> Any:
    """Predict, and show the result as Python does beside the answer.

    Args:
        ready: the model.
        arguments: keyword arguments.
        accept: see ``Form``.
        spool: see ``Form``.
        item_by_item: whether the items of a model that streams come by themselves, as JSON; else
            they are taken for a list.

    Returns:
        The parts of an ``Answer`` without the API's envelope and the ``repr`` of the result; or
        why there is none, or a generator or coroutine, see ``predict``. A result that has no JSON
        form is answered as its ``repr``.
    """
    return answer_shown(ready, call_model(ready, "predict", arguments), accept, spool, item_by_item)


def answer_shown(
    ready: ReadyModel, result: Any, accept: str, spool: str, item_by_item: bool = False
) -> Any:
    """Make an answer of a result, and show it; see ``predict_shown``."""
    if type(result) is CoroutineType:
        return _shown_later(ready, result, accept, spool, item_by_item)
    if isinstance(result, NO_RESULT):
        return result
    if is_stream(result):
        outcome = partial(outcome_of, "predict")
        if item_by_item:
            return stream(result, JSON, outcome, ready.check, in_a_line)
        # Events and lines are for what comes over time.
        accept = JSON if accept in OF_JSON else accept
        items = collect(result, accept, outcome, ready.check)
        return answer_shown(of_items(ready), items, accept, spool)
    shown = repr(result)
    if accept == JSON and is_raw(result):
        # A file of bytes is what it is, whatever it would be announced as.
        accept = ""
    if isinstance(result, bytes | bytearray | memoryview):
        accept = accept or ANY_BYTES
    try:
        return *render(result, ready.check, Form(accept, spool, bare=True)), shown
    except TypeError:
        return "text/plain", shown.encode(errors="replace"), "", "", shown
    except ValueError as error:
        return unsendable(error)
    except DiskFull as error:
        return NoRoom(str(error))


async def _shown_later(ready: ReadyModel, result: Coroutine[Any, Any, Any], *form: Any) -> Any:
    return answer_shown(ready, await result, *form)


def of_items(ready: ReadyModel) -> ReadyModel:
    """Return a model whose answers are lists of items: what is declared is said of each of them."""
    free = replace(ready.description, response=None, returned=None)
    return replace(ready, check=None, description=free)


def train(ready: ReadyModel, arguments: dict[str, Any], folder: str = "") -> Any:
    """Train; a result without a JSON form is kept as its ``repr``.

    Args:
        ready: the model.
        arguments: keyword arguments.
        folder: what is kept for the training, see ``deepaas.current``.

    Returns:
        ``Trained``, or why there is nothing: ``Refusal`` or ``NotOffered``. A train that is a
        coroutine function makes this a coroutine.
    """
    with contextlib.ExitStack() as stack:
        training = stack.enter_context(inside(folder))
        stack.enter_context(reported_bars(training))
        result = call_model(ready, "train", arguments)
        if type(result) is CoroutineType:
            return _trained_later(result, stack.pop_all())
    return _trained(result)


async def _trained_later(
    result: Coroutine[Any, Any, Any], training: contextlib.ExitStack
) -> Trained | Refusal | NotOffered | Invalid:
    with training:
        trained = await result
    return _trained(trained)


def _trained(result: Any) -> Trained | Refusal | NotOffered | Invalid:
    if isinstance(result, Refusal | NotOffered | Invalid):
        return result
    return Trained(to_json_or_repr(result))


def call_model(ready: ReadyModel, function: str, arguments: dict[str, Any]) -> Any:
    """Call a function of a model.

    Args:
        ready: the model.
        function: ``predict`` or ``train``.
        arguments: validated keyword arguments.

    Returns:
        What it returns, be it a coroutine; or why there is nothing, one of ``NO_RESULT``.
    """
    implementation: Callable[..., Any] | None = getattr(ready.model, function, None)
    declared: Arguments | None = getattr(ready.description, function)
    if implementation is None or declared is None:
        return NotOffered(f"has no {function} function")
    try:
        arguments = declared.adapt(arguments)
    except InvalidArguments as error:
        return Invalid(error.messages)
    try:
        result = implementation(**arguments)
    except Exception as error:
        if (outcome := outcome_of(function, error)) is not None:
            return outcome
        raise
    return _called(function, result) if type(result) is CoroutineType else result


async def _called(function: str, result: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await result
    except Exception as error:
        if (outcome := outcome_of(function, error)) is not None:
            return outcome
        raise


def outcome_of(function: str, error: Exception) -> Refusal | NotOffered | Failure | None:
    """Return what a function says by raising; None if it has failed."""
    if isinstance(error, Unsendable):
        return unsendable(error)
    if isinstance(error, NotImplementedError):
        return not_implemented(function, error)
    return as_refusal(error)


def unsendable(error: Exception) -> Failure:
    """Say that what a model has answered cannot be sent."""
    return Failure(f"its answer cannot be sent: {error}")


def not_implemented(function: str, error: NotImplementedError) -> NotOffered:
    """Say that a model does not implement what it was asked for."""
    return NotOffered(f"does not implement {function}" + (f": {error}" if str(error) else ""))
