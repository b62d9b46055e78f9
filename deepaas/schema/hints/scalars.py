"""Plain types, and choices of plain values."""

from __future__ import annotations

import datetime
import decimal
import enum
import typing
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

import marshmallow as ma

from deepaas.schema.hints.forms import Form, Unmappable
from deepaas.schema.numbers import WholeNumber
from deepaas.types import Password, Url

# More of them are no period of time to Python.
SECONDS = datetime.timedelta.max.days * 86400
# Some value of each type, to try constraints with.
SAMPLES: dict[Any, Any] = {
    str: "a",
    bool: True,
    int: 1,
    float: 1.0,
    list: [],
    set: [],
    tuple: (),
    dict: {},
    datetime.date: datetime.date(2024, 1, 31),
    datetime.datetime: datetime.datetime(2024, 1, 31),  # noqa: DTZ001 - any will do
    datetime.time: datetime.time(12),
    datetime.timedelta: datetime.timedelta(1),
    uuid.UUID: uuid.UUID(int=0),
    decimal.Decimal: decimal.Decimal(1),
}


def _same(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    # A switch is a number to Python, and none in JSON.
    return int(value) if isinstance(value, bool) else value


ANYTHING = Form(ma.fields.Raw, plain=_same, allow_none=True)
FORMS: dict[Any, Form] = {
    str: Form(ma.fields.Str, plain=_same),
    int: Form(WholeNumber, plain=_number),
    float: Form(ma.fields.Float, plain=float),
    bool: Form(ma.fields.Bool, plain=_same),
    Any: ANYTHING,
    object: ANYTHING,
    datetime.date: Form(ma.fields.Date, plain=_same),
    datetime.datetime: Form(ma.fields.DateTime, plain=_same),
    datetime.time: Form(ma.fields.Time, plain=_same),
    datetime.timedelta: Form(
        partial(ma.fields.TimeDelta, serialization_type=float),
        plain=_same,
        metadata={"minimum": -SECONDS, "maximum": SECONDS},
    ),
    uuid.UUID: Form(ma.fields.UUID, plain=_same),
    decimal.Decimal: Form(ma.fields.Decimal, plain=_same),
    Password: Form(
        ma.fields.Str,
        adapt=Password,
        plain=_same,
        metadata={"format": "password"},
        alike=True,
    ),
    Url: Form(ma.fields.Url, adapt=Url, plain=_same, alike=True),
}


def of_plain(hint: Any) -> Form | None:
    """Return the form of a plain type; None if it is none.

    Args:
        hint: any hint.
    """
    try:
        return FORMS.get(hint)
    except TypeError:
        return None


def of_choices(hint: Any, values: Sequence[Any]) -> Form:
    """Return the form of one of several values.

    Args:
        hint: for messages.
        values: texts, whole numbers or switches, all of one type; and None, perhaps.

    Raises:
        Unmappable: they are of several types, or of another one.
    """
    choices = [one for one in values if one is not None]
    kinds = {type(one) for one in choices}
    if len(kinds) != 1 or (kind := kinds.pop()) not in (str, int, bool):
        raise Unmappable(hint, "give it values of one type, all texts or all whole numbers")
    return Form(
        FORMS[kind].make,
        plain=_same,
        validators=[ma.validate.OneOf(choices)],
        allow_none=len(choices) < len(values),
    )


def of_enum(hint: type[enum.Enum], answering: bool = False) -> Form:
    """Return the form of an enumeration: its values where they can be sent, else its names.

    Args:
        hint: the enumeration.
        answering: whether its values go to callers, who get them whatever they are.
    """
    members = list(hint)
    try:
        form = of_choices(hint, [one.value for one in members])
    except Unmappable:
        if answering:
            return ANYTHING
        form = of_choices(hint, [one.name for one in members])
        return Form(form.make, hint.__getitem__, lambda one: one.name, form.validators)
    # A member of an IntEnum is a number itself.
    return Form(form.make, hint, lambda one: hint(one).value, form.validators)


def sample_of(hint: Any) -> Any:
    """Return some plain value of a type, whichever; None where constraints are not about one."""
    kind = typing.get_origin(hint) or hint
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind), None)
    for one, value in SAMPLES.items():
        if kind is one:
            return value
    return None
