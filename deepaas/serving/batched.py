"""What runs inside a worker for several calls at once."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from deepaas.exceptions import InvalidArguments
from deepaas.executors.outcomes import describe
from deepaas.executors.worker import Interrupted
from deepaas.model.refusals import Refusal, as_refusal
from deepaas.schema.description import Arguments
from deepaas.serving.inference import UNREAD, infer, read_inference
from deepaas.serving.outcomes import Failure, Invalid, NotOffered, Raised, Unreadable
from deepaas.serving.runtime import (
    ReadyModel,
    answer,
    answer_shown,
    not_implemented,
    predict,
    predict_document,
    predict_shown,
    read_document,
)

# Values of these types have no shape.
PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, dict})


class _Call(NamedTuple):
    """A call that can be in a batch.

    Args:
        arguments: keyword arguments.
        accept: see ``Form``.
        spool: see ``Form``.
        answer: makes an outcome of a result.
    """

    arguments: dict[str, Any]
    accept: str
    spool: str
    answer: Callable[..., Any]


class _Failed(NamedTuple):
    """Stands for the result of a call that has none.

    Args:
        outcome: what its caller is told.
    """

    outcome: Refusal | NotOffered | Raised | Failure


def predict_batch(ready: ReadyModel, payloads: Sequence[bytes], version: str = "") -> list[Any]:
    """Predict for several calls.

    Those that fit together share one call of the model's function.

    Args:
        ready: the model.
        payloads: for each call, pickled: the name of ``predict``, ``predict_document``,
            ``predict_shown`` or ``infer``, and what that takes but for the model.
        version: of the model, where answers tell it.

    Returns:
        For each call what that function would return, or ``Raised``.
    """
    outcomes: list[Any] = [None] * len(payloads)
    groups: dict[Hashable, list[tuple[int, _Call]]] = {}
    for place, payload in enumerate(payloads):
        call = _alone(_receive, ready, payload, version)
        if isinstance(call, _Call):
            # Without arguments a function cannot tell how many calls there are.
            group = _alone(_fit, call) if call.arguments else place
            if isinstance(group, _Failed):
                outcomes[place] = group.outcome
            else:
                groups.setdefault(group, []).append((place, call))
        else:
            outcomes[place] = call.outcome if isinstance(call, _Failed) else call
    for members in groups.values():
        results = _results(ready, [call for _, call in members])
        for (place, call), result in zip(members, results, strict=True):
            if not isinstance(result, _Failed):
                result = _alone(call.answer, ready, result, call.accept, call.spool)
            outcomes[place] = result.outcome if isinstance(result, _Failed) else result
    return outcomes


def _receive(ready: ReadyModel, payload: bytes, version: str) -> Any:
    """Return a call, or why there is none."""
    name, args = pickle.loads(payload)  # noqa: S301 - the server wrote it
    if name == infer.__name__:
        call, _, spool, folder = args
        inference = read_inference(ready, call, version, folder)
        if isinstance(inference, UNREAD):
            return inference
        made = _Call(inference.arguments, inference.accept, spool, inference.answer)
        return _adapted(ready, made)
    if name != predict_document.__name__:
        arguments, accept, spool, *_ = args
        makes: dict[str, Callable[..., Any]] = {
            predict.__name__: answer,
            predict_shown.__name__: answer_shown,
        }
        return _adapted(ready, _Call(arguments, accept, spool, makes[name]))
    body, parts, spool, *_ = args
    read = read_document(ready, body, parts)
    if isinstance(read, Invalid | Unreadable):
        return read
    arguments, accept = read
    return _adapted(ready, _Call(arguments, accept, spool, answer))


def _adapted(ready: ReadyModel, call: _Call) -> _Call | Invalid:
    declared = ready.description.predict or Arguments()
    try:
        return call._replace(arguments=declared.adapt(call.arguments))
    except InvalidArguments as error:
        return Invalid(error.messages)


def _fit(call: _Call) -> Hashable:
    """Return what is the same for calls that can share a call of the function."""
    shapes = [_shape(value) for value in call.arguments.values()]
    return call.accept, tuple(call.arguments), tuple(shapes)


def _shape(value: Any) -> Hashable:
    """Return the shape and kind of an array; None for anything else."""
    if type(value) in PLAIN:
        return None
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    return None if shape is None or dtype is None else (tuple(shape), str(dtype))


def _results(ready: ReadyModel, calls: Sequence[_Call]) -> list[Any]:
    """Return a result for each call; if the function raises, each call is tried by itself."""
    results = _alone(_ask, ready.model, calls)
    if not isinstance(results, _Failed):
        return [_failed(one) if isinstance(one, BaseException) else one for one in results]
    if len(calls) == 1 or isinstance(results.outcome, Failure):
        return [results] * len(calls)
    return [_results(ready, [call])[0] for call in calls]


def _ask(model: Any, calls: Sequence[_Call]) -> list[Any] | tuple[Any, ...] | _Failed:
    names = calls[0].arguments
    results = model.predict(**{name: [call.arguments[name] for call in calls] for name in names})
    if not isinstance(results, list | tuple) or len(results) != len(calls):
        got = type(results).__name__
        if isinstance(results, list | tuple):
            got += f" of {len(results)}"
        text = f"it is to return a list with one result for each of its {len(calls)} calls"
        return _Failed(Failure(f"{text}, not {got}"))
    return results


def _alone(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function; what it raises is a failure that others have no part in."""
    process = os.getpid()
    try:
        return function(*args)
    except Interrupted:
        raise
    except BaseException as error:  # as ``deepaas.executors.worker`` does for a call by itself
        if os.getpid() != process:
            # A child that the model has forked is none of ours.
            raise
        return _failed(error)


def _failed(error: BaseException) -> _Failed:
    if isinstance(error, NotImplementedError):
        return _Failed(not_implemented("predict", error))
    return _Failed(as_refusal(error) or Raised(*describe(error)))
