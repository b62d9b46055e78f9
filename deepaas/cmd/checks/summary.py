"""What will be served, in words."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import marshmallow as ma

from deepaas.schema.description import Argument, Arguments, Description
from deepaas.schema.openapi import produces


def served(description: Description) -> Iterator[str]:
    """Yield lines on the routes of a model, their arguments and answers.

    Args:
        description: of the model.
    """
    root = f"/v2/models/{quote(description.name)}/"
    yield f"GET  {root}"
    if description.predict is not None:
        yield f"POST {root}predict/"
        yield from _arguments(description.predict)
        yield f"  answers {_answers(description)}"
    if description.train is not None:
        yield f"POST {root}train/"
        yield from _arguments(description.train)
    if description.promotable:
        yield "     the result of a training can be promoted: warm takes its directory"


def _arguments(arguments: Arguments) -> Iterator[str]:
    if not len(arguments):
        yield "  no arguments"
        return
    widest = max(len(one.key) for one in arguments)
    for one in arguments:
        words = f"  {one.description}" if one.description else ""
        yield f"  {one.key:<{widest}}  {kind(one)}, {_need(one)}{words}"


def kind(argument: Argument) -> str:
    """Return what an argument is, such as ``integer`` or ``list of file``."""
    one = "file" if argument.is_file else _name(argument.item)
    many = f"list of {one}" if argument.is_list else one
    return f"{many} of {', '.join(map(str, argument.choices))}" if argument.choices else many


def _need(argument: Argument) -> str:
    if argument.required:
        return "required"
    return f"default {argument.default!r}" if argument.has_default else "optional"


def _answers(description: Description) -> str:
    types = ", ".join(produces(description.predict or Arguments()))
    if description.response is not None:
        return f"{types} with {', '.join(description.response.fields)}"
    if description.returned is not None:
        return f"{types}: {_name(description.returned)}"
    return types


def _name(field: ma.fields.Field) -> str:
    # Classes that models, or this package, derive are known by what they derive from.
    kinds = (one.__name__ for one in type(field).__mro__ if one.__module__ == ma.fields.__name__)
    return next(kinds).lower()
