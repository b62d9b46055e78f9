"""Functions with one argument, called as a worker calls them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from deepaas.exceptions import InvalidArguments, in_words
from deepaas.schema.hints.signatures import Signature, describe_signature
from deepaas.schema.parsing import Received, parse

OWNER = "model 'm', predict()"
NO_DEFAULT = object()


def described(function: Callable[..., Any], **options: Any) -> Signature:
    """Describe a function as that of a model."""
    return describe_signature(function, OWNER, **options)


def taking(hint: Any, default: Any = NO_DEFAULT) -> Callable[..., Any]:
    """Return a function with an argument ``x`` of a hint."""

    def function(x):
        return x

    function.__annotations__ = {"x": hint}
    if default is not NO_DEFAULT:
        function.__defaults__ = (default,)
    return function


def call(function: Callable[..., Any], **sent: Any) -> Any:
    """Call a function with what a JSON document says."""
    arguments = described(function).arguments
    parsed = parse(arguments, Received(body=json.dumps(sent).encode()))
    return function(**arguments.adapt(parsed))


def received(hint: Any, value: Any, default: Any = NO_DEFAULT) -> Any:
    """Return what a function with one argument receives for a value of JSON."""
    return call(taking(hint, default), x=value)


def refusal(hint: Any, value: Any) -> str:
    """Return the words by which a value of JSON is refused."""
    try:
        got = received(hint, value)
    except InvalidArguments as error:
        return in_words(error.messages["x"])
    raise AssertionError(f"{got!r} was taken")


def default_of(function: Callable[..., Any], name: str = "x") -> Any:
    """Return the default that callers are told of."""
    index = list(inspect.signature(function).parameters).index(name)
    return described(function).arguments[index].default
