"""A function's signature and docstring become the description of its arguments."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import docstring_parser
import marshmallow as ma

from deepaas.exceptions import InvalidModel
from deepaas.schema.description import Arguments
from deepaas.schema.hints.defaults import Unfitting, plain_default
from deepaas.schema.hints.forms import Form, Unmappable, name_of
from deepaas.schema.hints.returns import Returned, describe_return
from deepaas.schema.hints.translate import LISTS, Translator
from deepaas.schema.legacy import describe_arguments

ACCEPT = "accept"
PLAIN = (str, int, float, bool)


@dataclass(frozen=True)
class Signature:
    """What a function says of itself.

    Args:
        arguments: what callers send.
        returned: what it answers.
    """

    arguments: Arguments
    returned: Returned = field(default_factory=Returned)


def describe_signature(
    function: Callable[..., Any],
    owner: str,
    declared: Mapping[str, Any] | None = None,
    batched: bool = False,
    streams: bool = False,
    sent: bool = True,
) -> Signature:
    """Describe a function by its hints.

    Args:
        function: a function, or a bound method.
        owner: whose it is, such as ``model 'x', predict()``.
        declared: fields by name, which go before hints.
        batched: whether each of its parameters is a list, of what several callers have sent.
        streams: whether it gives one item after the other.
        sent: whether what it returns is sent to callers.

    Raises:
        InvalidModel: naming the argument, what is wrong with its hint and what would work.
    """
    _see_to_self(function, owner)
    parameters = parameters_of(function)
    hints = _resolved(function, owner, declared or {})
    summary, words = _documented(function)
    translator = Translator()
    fields: dict[str, Any] = dict(declared or {})
    forms: dict[str, Form] = {}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or name in fields:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise InvalidModel(
                f"{owner}: argument {name!r} is taken by its place only; remove the '/' after it"
            )
        try:
            hint = hints.get(name, _hint_of_default(parameter))
            form = translator.form(_of_one(hint) if batched and name in hints else hint)
        except (Unmappable, Unfitting) as error:
            raise InvalidModel(f"{owner}: argument {name!r}: {error}") from error
        except NameError as error:
            raise InvalidModel(f"{owner}: argument {name!r}: a hint within it: {error}") from error
        if "array" in form.metadata and name not in words:
            words[name] = f"An {form.metadata['array']}."
        forms[name] = form
        try:
            fields[name] = _field(form, parameter, words.get(name, ""))
        except Unfitting as error:
            raise InvalidModel(f"{owner}: argument {name!r}: {error}") from error
    try:
        answer = hints.get("return", Any)
        returned = describe_return(_of_one(answer) if batched else answer, streams, sent)
    except Unmappable as error:
        raise InvalidModel(f"{owner}: what it returns: {error}") from error
    fields = _in_order(fields, parameters)
    hidden = _offer(fields, forms, returned)
    arguments = [
        replace(
            one,
            adapt=forms[one.name].adapt if one.name in forms else None,
            passed=one.name != hidden,
        )
        for one in describe_arguments(fields, owner)
    ]
    return Signature(Arguments(arguments, owner, summary), returned)


def parameters_of(function: Any) -> Mapping[str, inspect.Parameter]:
    """Return what a function takes, by name; nothing where that cannot be told."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _see_to_self(function: Any, owner: str) -> None:
    """Refuse a method that leaves ``self`` out, and would take an argument of callers for it."""
    if not inspect.ismethod(function) or isinstance(function.__self__, type):
        return
    first = next(iter(parameters_of(function.__func__).values()), None)
    if first is None or first.kind in (first.KEYWORD_ONLY, first.VAR_KEYWORD):
        raise InvalidModel(f"{owner}: {function.__name__} is a method; give it a parameter self")
    if first.annotation is not first.empty and first.name != "self":
        raise InvalidModel(
            f"{owner}: argument {first.name!r} stands in the place of self; put self before it"
        )


def _resolved(function: Any, owner: str, declared: Container[str]) -> dict[str, Any]:
    """Return the hints of a function, at least those of arguments that are not declared."""
    target = inspect.unwrap(function)
    if isinstance(target, functools.partial):
        target = inspect.unwrap(target.func)
    if not (inspect.isroutine(target) or isinstance(target, type)):
        target = inspect.unwrap(type(target).__call__)
    try:
        return typing.get_type_hints(target, include_extras=True)
    except Exception:
        # One by one it is found out whose it is; those that fields stand for are not looked at.
        return _one_by_one(target, owner, declared)


def _one_by_one(target: Any, owner: str, declared: Container[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, hint in getattr(target, "__annotations__", {}).items():
        if name in declared:
            continue
        alone = types.FunctionType((lambda: None).__code__, getattr(target, "__globals__", {}))
        alone.__annotations__ = {name: hint}
        whose = f"{owner}: " + ("what it returns" if name == "return" else f"argument {name!r}")
        try:
            found |= typing.get_type_hints(alone, include_extras=True)
        except NameError as error:
            raise InvalidModel(
                f"{whose}: its type hint cannot be resolved: {error}; import it where the function "
                "is defined, not only under TYPE_CHECKING"
            ) from error
        except Exception as error:
            raise InvalidModel(f"{whose}: its type hint cannot be read: {error}") from error
    return found


def _hint_of_default(parameter: inspect.Parameter) -> Any:
    kind = type(parameter.default)
    return kind if kind in PLAIN else Any


def _of_one(hint: Any) -> Any:
    """Return the hint of one caller's value out of that of a list of several callers' values."""
    if typing.get_origin(hint) is typing.Annotated:
        inner, *annotations = typing.get_args(hint)
        return typing.Annotated[(_of_one(inner), *annotations)]
    if hint is Any or hint in LISTS:
        return Any
    if typing.get_origin(hint) in LISTS:
        return typing.get_args(hint)[0]
    raise Unmappable(hint, f"with largest_batch it must be a list: list[{name_of(hint)}]")


def _field(form: Form, parameter: inspect.Parameter, words: str) -> ma.fields.Field:
    options: dict[str, Any] = {}
    if parameter.default is parameter.empty:
        options["required"] = True
    elif parameter.default is None:
        options |= {"load_default": None}
        form = replace(form, allow_none=True)
    elif form.plain is not None:
        options["load_default"] = plain_default(form, parameter.default)
    if words and "description" not in form.metadata:
        options["metadata"] = {"description": words}
    return form.field(**options)


def _documented(function: Any) -> tuple[str, dict[str, str]]:
    """Return the summary of a docstring, and its words for each parameter."""
    text = inspect.getdoc(function) or ""
    try:
        parsed = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return text.partition("\n")[0], {}
    words = {
        # NumPy's style may name several at once.
        name.strip().lstrip("*"): " ".join(one.description.split())
        for one in parsed.params
        if one.description
        for name in one.arg_name.split(",")
    }
    return parsed.short_description or "", words


def _in_order(fields: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as the function has them, and those that it takes by ``**`` at the end."""
    return {name: fields[name] for name in (*parameters, *fields) if name in fields}


def _offer(fields: dict[str, Any], forms: dict[str, Form], returned: Returned) -> str:
    """Let callers choose the content type; return the name of what the function does not take."""
    if not returned.types:
        return ""
    offered = list(returned.types)
    chosen: dict[str, Any] = {
        "load_default": offered[0],
        "validate": ma.validate.OneOf(offered),
    }
    if ACCEPT in forms:
        if not any(isinstance(one, ma.validate.OneOf) for one in fields[ACCEPT].validators):
            if fields[ACCEPT].load_default in offered:
                chosen["load_default"] = fields[ACCEPT].load_default
            fields[ACCEPT] = ma.fields.Str(**chosen, metadata=fields[ACCEPT].metadata)
        return ""
    if ACCEPT in fields:
        return ""
    metadata = {"location": "headers", "description": "The content type of the answer."}
    fields[ACCEPT] = ma.fields.Str(**chosen, metadata=metadata)
    return ACCEPT
