"""Whether arguments make a description, one by one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import marshmallow as ma

from deepaas.authoring import mark_of
from deepaas.cmd.blame import place
from deepaas.cmd.checks.findings import Finding, Findings, in_short
from deepaas.exceptions import DeepaasError, InvalidModel
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.hints.signatures import describe_signature
from deepaas.schema.legacy import describe_arguments, named_fields, old_ways_allowed

DECLARED = "write it as the message says; nothing of the model is served before"
HINTED = "change it as the message says, or declare a field for it in get_{}_args"


def undescribed(model: Any, function: str) -> Findings:
    """Find what keeps the arguments of a function from being described.

    Args:
        model: that has the function.
        function: ``predict`` or ``train``.
    """
    implementation = getattr(model, function, None)
    declare = getattr(model, f"get_{function}_args", None)
    fields: Mapping[str, Any] = {}
    if callable(declare):
        owner = f"get_{function}_args()"
        try:
            with old_ways_allowed():
                fields = named_fields(declare(), owner)
        except NotImplementedError:
            pass
        except DeepaasError as error:
            yield Finding(in_short(error), DECLARED)
        except (Exception, SystemExit) as error:
            yield Finding(
                f"{owner} raised {type(error).__name__}: {in_short(error)}{place(error)}",
                "mend that line; it is called when the model is loaded",
            )
        broken = 0
        for name, field in fields.items():
            for found in _refusal(describe_arguments, {name: field}, owner):
                broken += 1
                yield Finding(found, DECLARED)
        if not broken:
            for found in _refusal(describe_arguments, fields, owner):
                yield Finding(found, DECLARED)
    elif callable(implementation):
        for found in hints(implementation, function):
            yield Finding(found, HINTED.format(function))


def hints(implementation: Callable[..., Any], function: str) -> list[str]:
    """Return what is wrong with the hints of a function.

    Args:
        implementation: the function.
        function: its name.
    """
    owner = f"{function}()"
    try:
        parameters = list(inspect.signature(implementation).parameters)
    except (TypeError, ValueError):
        parameters = []
    mark = mark_of(implementation)
    describe = partial(
        describe_signature,
        batched=mark is not None and mark.batching.largest > 0,
        sent=function == "predict",
    )
    found: list[str] = []
    # What is declared needs no hint; so each is looked at without the others.
    hinted = (*parameters, "return")
    for one in hinted:
        others = {name: ma.fields.Raw() for name in hinted if name != one}
        found += _refusal(describe, implementation, owner, others)
    return list(dict.fromkeys(found))


def unhinted(model: Any, function: str, arguments: Arguments) -> Findings:
    """Find parameters of which nothing is known.

    Args:
        model: that has the function.
        function: ``predict`` or ``train``.
        arguments: what it is called with.
    """
    if hasattr(model, f"get_{function}_args"):
        return
    try:
        parameters = inspect.signature(getattr(model, function)).parameters
    except (TypeError, ValueError):
        return
    for argument in arguments:
        parameter = parameters.get(argument.name)
        known = parameter is None or parameter.annotation is not parameter.empty
        if not known and type(argument.field) is ma.fields.Raw:
            yield Finding(
                f"{function}: {argument.name!r} has no type hint: callers may send anything",
                f"write one, such as {argument.name}: str",
                harmless=True,
            )


def unfitting_accept(function: str, arguments: Arguments) -> Findings:
    """Find an ``accept`` that is no content type.

    Args:
        function: ``predict`` or ``train``.
        arguments: what it is called with.
    """
    accept = arguments.accept
    if accept is not None and not isinstance(accept.field, ma.fields.String | ma.fields.Enum):
        yield Finding(
            f"{function}: {accept.key!r} is no text, and gets the content type that a caller wants",
            "write accept: str, with the content types in the return hint; or give the argument "
            "another name",
        )


def unfitting_defaults(function: str, arguments: Arguments) -> Findings:
    """Find defaults that their own field would refuse.

    Args:
        function: its name.
        arguments: its arguments.
    """
    for argument in arguments:
        default = argument.default
        if not argument.has_default or default is None or argument.is_file:
            continue
        if (why := _misfit(argument, default)) is not None:
            yield Finding(
                f"{function}: the default {default!r} of {argument.key!r} does not fit its own "
                f"declaration: {why}",
                "change the default or the declaration: callers who send it would be refused",
            )


def _misfit(argument: Argument, default: Any) -> str | None:
    field = argument.field
    try:
        field.deserialize(default)
    except Exception as error:
        refused = _why(error)
    else:
        return None
    # One that is written as the model gets it, such as a date, may be right all the same.
    try:
        name = argument.name
        if field.deserialize(field.serialize(name, {name: default})) == default:
            return None
    except Exception:
        return refused
    return refused


def _why(error: Exception) -> str:
    if isinstance(error, ma.ValidationError) and isinstance(error.messages, list):
        return in_short(" ".join(map(str, error.messages)))
    return in_short(error)


def _refusal(describe: Callable[..., Any], *args: Any) -> list[str]:
    try:
        with old_ways_allowed():
            describe(*args)
    except InvalidModel as error:
        return [in_short(error)]
    return []
