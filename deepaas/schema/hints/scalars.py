"""Plain types, and choices of plain values."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Sequence
from typing import Any

import marshmallow as ma

from deepaas.schema.hints.forms import Form, Unmappable
from deepaas.schema.numbers import WholeNumber
from deepaas.types import Url


def _same(value: Any) -> Any:
    return value


FORMS: dict[Any, Form] = {
    str: Form(ma.fields.Str, plain=_same),
    int: Form(WholeNumber, plain=_same),
    float: Form(ma.fields.Float, plain=float),
    bool: Form(ma.fields.Bool, plain=_same),
    Any: Form(ma.fields.Raw, plain=_same, allow_none=True),
    object: Form(ma.fields.Raw, plain=_same, allow_none=True),
    datetime.date: Form(ma.fields.Date, plain=_same),
    datetime.datetime: Form(ma.fields.DateTime, plain=_same),
    datetime.time: Form(ma.fields.Time, plain=_same),
    datetime.timedelta: Form(ma.fields.TimeDelta, plain=_same),
    uuid.UUID: Form(ma.fields.UUID, plain=_same),
    decimal.Decimal: Form(ma.fields.Decimal, plain=_same),
    Url: Form(ma.fields.Url, adapt=Url, plain=_same),
}


def of_choices(hint: Any, values: Sequence[Any]) -> Form:
    """Return the form of one of several values.

    Args:
        hint: for messages.
        values: texts, whole numbers or switches, all of one type.

    Raises:
        Unmappable: they are of several types, or of another one.
    """
    kinds = {type(one) for one in values}
    if len(kinds) == 1 and (kind := kinds.pop()) in (str, int, bool):
        form = FORMS[kind]
        return Form(form.make, plain=_same, validators=[ma.validate.OneOf(list(values))])
    raise Unmappable(hint, "give it values of one type, all texts or all whole numbers")


def of_enum(hint: type[enum.Enum]) -> Form:
    """Return the form of an enumeration: its values where they can be sent, else its names."""
    members = list(hint)
    try:
        form = of_choices(hint, [one.value for one in members])
    except Unmappable:
        form = of_choices(hint, [one.name for one in members])
        return Form(form.make, hint.__getitem__, lambda one: one.name, form.validators)
    return Form(form.make, hint, lambda one: one.value, form.validators)
