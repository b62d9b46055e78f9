"""Values to show how a model is called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import marshmallow as ma

from deepaas.schema.description import Argument
from deepaas.schema.numbers import Array

TABLE = Path(__file__).with_name("sample.csv")
# Kinds of files of which there is no sample: it is enough to say what they are.
TYPES = {"audio/": "audio/wav", "video/": "video/mp4"}
PLAIN: dict[type[ma.fields.Field], Any] = {
    ma.fields.Boolean: True,
    ma.fields.DateTime: "2024-01-31T12:00:00",
    ma.fields.Date: "2024-01-31",
    ma.fields.Time: "12:00:00",
    ma.fields.TimeDelta: 1,
    ma.fields.Url: "https://example.org",
    ma.fields.Email: "someone@example.org",
    ma.fields.UUID: "12345678-1234-5678-1234-567812345678",
    Array: [1],
}
# A class may need others of its own kind, and so on.
DEEPEST = 5
NUMBERS = (1, 0, 2, 3, 0.5, 10, -1)
WORDS = ("text", "a", "A", "1")


def example_texts(argument: Argument) -> list[str]:
    """Return texts that are a valid value of an argument, as far as it can be guessed.

    Args:
        argument: not a file.

    Returns:
        One text, or one for each item of a list.
    """
    value = argument.example
    if value is None:
        value = example(argument.field)
    several = value if argument.is_list and isinstance(value, list) else [value]
    return [one if isinstance(one, str) else json.dumps(one, default=str) for one in several]


def example_file(argument: Argument, picture: Path) -> str:
    """Return what follows the ``@`` of ``curl -F`` for a file.

    Args:
        argument: a file.
        picture: what is sent where nothing is known of it.
    """
    if argument.example is not None:
        return str(argument.example)
    family = str(argument.item.metadata.get("family") or "")
    if family == "table":
        return str(TABLE)
    return f"{picture};type={TYPES[family]}" if family in TYPES else str(picture)


def example(field: ma.fields.Field, depth: int = 0) -> Any:
    """Return a plain value that a field takes, as far as it can be guessed; else any value.

    Args:
        field: any field.
        depth: in how many others it is.
    """
    if depth > DEEPEST:
        return None
    fitting = (one for one in _guesses(field, depth) if _fits(field, one))
    return next(fitting, WORDS[0])


def _fits(field: ma.fields.Field, value: Any) -> bool:
    try:
        field.deserialize(value)
    except Exception:
        return False
    return True


def _guesses(field: ma.fields.Field, depth: int) -> Iterator[Any]:
    if "example" in field.metadata:
        yield field.metadata["example"]
    for validator in field.validators:
        if isinstance(validator, ma.validate.OneOf):
            yield from validator.choices
    for kind, value in PLAIN.items():
        if isinstance(field, kind):
            yield value
    match field:
        case ma.fields.Number():
            yield from _within(field)
            yield from NUMBERS
        case ma.fields.List(inner=inner):
            # In a query, an empty list is none at all.
            for length in (0, 1, 2, 3) if depth else (1, 2, 3):
                yield [example(inner, depth + 1) for _ in range(length)]
        case ma.fields.Tuple(tuple_fields=fields):
            yield [example(one, depth + 1) for one in fields]
        case ma.fields.Mapping():
            yield {}
        case ma.fields.Nested():
            members = field.schema.fields
            yield {
                one.data_key or name: example(one, depth + 1)
                for name, one in members.items()
                if one.required
            }
    for word in WORDS:
        yield word
        yield from (word * length for length in _lengths(field))


def _within(field: ma.fields.Field) -> Iterator[Any]:
    for validator in field.validators:
        if isinstance(validator, ma.validate.Range):
            low, high = validator.min, validator.max
            if low is not None:
                yield low if validator.min_inclusive else low + 1
            if high is not None:
                yield high if validator.max_inclusive else high - 1
            if low is not None and high is not None:
                yield (low + high) / 2


def _lengths(field: ma.fields.Field) -> Iterator[int]:
    for validator in field.validators:
        if isinstance(validator, ma.validate.Length):
            yield from (one for one in (validator.equal, validator.min, validator.max) if one)
