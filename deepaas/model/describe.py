"""Asking a model object what it offers, once."""

from __future__ import annotations

import asyncio
import inspect
import traceback
import types
from collections.abc import Callable, Mapping
from typing import Any

from deepaas.authoring import Batching, Mark, Role, mark_of
from deepaas.exceptions import InvalidModel, ModelError, ModelRefusal
from deepaas.log import getLogger
from deepaas.model.authored import OFFERED, Authored
from deepaas.model.flaat import refuse_decorated
from deepaas.model.refusals import allow_any_reason, as_refusal
from deepaas.schema.description import Arguments, Description
from deepaas.schema.hints.signatures import Signature, describe_signature, parameters_of
from deepaas.schema.legacy import (
    describe_arguments,
    describe_response,
    named_fields,
    old_ways_allowed,
)

LOG = getLogger(__name__)
# The argument of ``warm`` that says where the result of a promoted training lies.
DIRECTORY = "directory"


def describe(name: str, model: Any) -> Description:
    """Build the description of a model.

    Args:
        name: the name under which it is served.
        model: a module or an object.

    Raises:
        InvalidModel: what it declares cannot be served; names model, function and argument.
    """
    if not any(hasattr(model, one) for one in OFFERED):
        raise InvalidModel(
            f"model {name!r} offers none of {', '.join(OFFERED)}: call a function predict, or mark "
            f"it with @deepaas.predict; or is {model!r} not what was meant?"
        )
    predict, train = (_function(name, model, function) for function in ("predict", "train"))
    response = describe_response(getattr(model, "schema", None), f"model {name!r}, schema")
    implementation = getattr(model, "predict", None)
    return Description(
        name,
        predict.arguments if predict else None,
        train.arguments if train else None,
        response,
        predict.returned.field if predict and response is None else None,
        DIRECTORY in parameters_of(getattr(model, "warm", None)),
        _batching(name, implementation),
        streams=_streams(implementation) or bool(predict and predict.returned.streams),
        concurrency=_concurrency(implementation),
    )


def stock_metadata(name: str, model: Any = None) -> dict[str, Any]:
    """Return the metadata of a model that offers none.

    Args:
        name: the name under which it is served.
        model: its docstring, or that of its predict, describes it.
    """
    words = ""
    if isinstance(model, Authored | types.ModuleType):
        words = inspect.getdoc(model) or inspect.getdoc(getattr(model, "predict", None)) or ""
    return {
        "id": name,
        "name": name,
        "description": words.partition("\n\n")[0]
        or "This model offers no description of itself (it has no get_metadata).",
    }


def ask_metadata(name: str, model: Any) -> dict[str, Any]:
    """Return a model's own metadata over the stock ones.

    Args:
        name: the name under which it is served.
        model: a module or an object.

    Raises:
        InvalidModel: it answers something else than a mapping.
        Exception: whatever the model raises, but for NotImplementedError.

    A ``get_metadata`` that is a coroutine function runs to its end in an event loop of its own.
    """
    function = getattr(model, "get_metadata", None)
    if function is None:
        return stock_metadata(name, model)
    allow_any_reason()
    try:
        metadata = function()
        if inspect.iscoroutine(metadata):
            metadata = asyncio.run(metadata)
    except NotImplementedError:
        return stock_metadata(name, model)
    if not isinstance(metadata, Mapping):
        raise InvalidModel(
            f"model {name!r}: get_metadata() must return a dict, not {type(metadata).__name__}"
        )
    return {"id": name, "name": name, **metadata}


def metadata_of(name: str, model: Any) -> dict[str, Any]:
    """Return a model's metadata, see ``ask_metadata``, with its failures as errors of ours.

    Raises:
        ModelRefusal: it raised an HTTP error.
        ModelError: it raised anything else.
    """
    try:
        return ask_metadata(name, model)
    except (Exception, SystemExit) as error:
        if (refusal := as_refusal(error)) is not None:
            raise ModelRefusal(*refusal) from error
        text = f"model {name!r} failed in get_metadata: {type(error).__name__}: {error}"
        raise ModelError(text, "".join(traceback.format_exception(error))) from error


def _is(question: Callable[[Any], bool], function: Any) -> bool:
    """Ask something of a function, or of what makes an object one."""
    return question(function) or question(getattr(type(function), "__call__", None))  # noqa: B004 - what kind it is matters


def _streams(predict: Any) -> bool:
    return _is(inspect.isgeneratorfunction, predict) or _is(inspect.isasyncgenfunction, predict)


def _concurrency(predict: Any) -> int:
    if not (_is(inspect.iscoroutinefunction, predict) or _is(inspect.isasyncgenfunction, predict)):
        return 0
    return (mark_of(predict) or Mark(Role.PREDICT)).concurrency


def _function(name: str, model: Any, function: str) -> Signature | None:
    implementation = getattr(model, function, None)
    if implementation is None:
        return None
    if not callable(implementation):
        raise InvalidModel(
            f"model {name!r}: {function} must be a function, not {type(implementation).__name__}"
        )
    refuse_decorated(f"model {name!r}: {function}", implementation)
    mark = mark_of(implementation)
    owner = f"model {name!r}, get_{function}_args()"
    declares = getattr(model, f"get_{function}_args", None)
    declared = _declared(declares, owner) if declares else {}
    if not declares or mark is not None:
        # What is declared in the old way goes before hints.
        fields = named_fields(declared, owner)
        return describe_signature(
            implementation,
            f"model {name!r}, {function}()",
            fields,
            batched=mark is not None and mark.batching.largest > 0,
            streams=_streams(implementation),
            sent=function == "predict",
        )
    arguments = describe_arguments(declared, owner)
    _compare(name, function, implementation, arguments)
    return Signature(arguments)


def _batching(name: str, predict: Any) -> Batching:
    mark = mark_of(predict)
    if mark is None or not mark.batching.largest:
        return Batching()
    if _streams(predict) or _is(inspect.iscoroutinefunction, predict):
        raise InvalidModel(
            f"model {name!r}: predict with largest_batch must be a plain function that returns a "
            "list with one result for each call, neither a generator nor async"
        )
    return mark.batching


def _declared(declare: Callable[[], Any], owner: str) -> Any:
    try:
        with old_ways_allowed():
            return declare()
    except NotImplementedError:
        return {}
    except (Exception, SystemExit) as error:
        raise InvalidModel(f"{owner} raised {type(error).__name__}: {error}") from error


def _compare(name: str, function: str, implementation: Any, arguments: Arguments) -> None:
    """Warn where every call would fail because a function does not take what is declared."""
    try:
        parameters = inspect.signature(implementation).parameters.values()
    except (TypeError, ValueError):
        return
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    taken = {one.name for one in parameters if one.kind is not one.POSITIONAL_ONLY}
    unknown = [argument.name for argument in arguments if argument.name not in taken]
    if unknown:
        LOG.warning(
            "model %r: get_%s_args() declares %s, which %s() does not take; add it to %s's "
            "parameters, or **kwargs",
            name,
            function,
            ", ".join(map(repr, unknown)),
            function,
            function,
        )
