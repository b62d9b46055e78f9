"""Values of arguments that nobody is to see, ``format: password``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import marshmallow as ma

PASSWORD = "password"  # noqa: S105 - it is what OpenAPI calls them
# Stands for what may have been quoted.
WRONG = "Not a valid value."
# Texts that are looked for; where there are more, each message is taken to quote one.
MOST = 1000


def is_secret(field: ma.fields.Field) -> bool:
    """Tell whether a field, or one that is within it, is of passwords.

    Args:
        field: of an argument.
    """
    waiting, seen = [field], set()
    while waiting:
        one = waiting.pop()
        if one.metadata.get("format") == PASSWORD:
            return True
        if isinstance(one, ma.fields.Nested):
            # One that is within itself has a schema, and fields, of its own at each depth; with
            # ``only`` or ``exclude`` it has not all of them.
            kind = type(one.schema), frozenset(one.schema.fields)
            if kind not in seen:
                seen.add(kind)
                waiting += one.schema.fields.values()
        else:
            waiting += _parts(one)
    return False


def _parts(field: ma.fields.Field) -> Iterator[ma.fields.Field]:
    parts = (getattr(field, name, None) for name in ("inner", "key_field", "value_field"))
    yield from filter(None, parts)
    yield from getattr(field, "tuple_fields", ())


def concealed(messages: Any, value: Any) -> Any:
    """Return what is said of a secret value, without what quotes it.

    Args:
        messages: those of ``InvalidArguments`` for one argument.
        value: what was sent.
    """
    texts = {text for text in map(str, _values(value)) if text}

    # Of many values that are wrong, most are told the same.
    @cache
    def quotes(message: str) -> bool:
        return len(texts) > MOST or any(text in message for text in texts)

    return _without(messages, quotes)


def _without(messages: Any, quotes: Callable[[str], bool]) -> Any:
    if isinstance(messages, Mapping):
        # What is sent by a name of its own is told by it.
        return {key: _without(one, quotes) for key, one in messages.items()}
    if isinstance(messages, list):
        return [_without(one, quotes) for one in messages]
    return WRONG if quotes(str(messages)) else messages


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _values(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _values(one)
    else:
        yield value
