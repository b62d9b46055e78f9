"""Defaults have to fit the hints that they stand beside."""

from __future__ import annotations

import datetime
import math
from typing import Any

import marshmallow as ma
import orjson

from deepaas.exceptions import in_words
from deepaas.schema.hints.forms import Form


class Unfitting(Exception):
    """A default is none of the values that its hint is for.

    Args:
        default: what it is.
        reason: what callers would be told of it.
        member: whose it is, such as ``Point.x``; empty for an argument's.
    """

    def __init__(self, default: Any, reason: str, member: str = "") -> None:
        self.reason = reason
        whose = f"the default of {member}," if member else "its default"
        comma = "," if member else ""
        super().__init__(
            f"{whose} {default!r}{comma} does not fit its hint: {reason.rstrip('.')}. Give it one "
            "that does, or None where it may be absent"
        )


def plain_default(form: Form, default: Any) -> Any:
    """Return a default as callers would send it.

    Args:
        form: of the argument, with a ``plain``.
        default: the default.

    Raises:
        Unfitting: callers could not send it.
    """
    assert form.plain is not None  # noqa: S101 - whoever calls has looked
    try:
        plain = form.plain(default)
        _check(form, plain)
    except ma.ValidationError as error:
        # It does not come from where libraries find it out.
        raise Unfitting(default, in_words(error.messages)) from None
    except Exception as error:
        raise Unfitting(default, str(error) or type(error).__name__) from None
    return plain


def _check(form: Form, plain: Any) -> None:
    field = form.field()
    if type(field) is ma.fields.Raw and not field.validators:
        return
    if isinstance(plain, float) and not math.isfinite(plain):
        # A bound, or a gap, that functions know and JSON does not.
        return
    loaded = field.deserialize(as_sent(plain))
    if isinstance(plain, str) and not isinstance(loaded, str):
        raise ma.ValidationError("it is a text, which the function would get as it is")
    form.adapted(loaded)


def as_sent(plain: Any) -> Any:
    """Return a plain default as it is in JSON.

    Args:
        plain: the default, as ``plain_default`` gives it.
    """
    return orjson.loads(orjson.dumps(plain, _sent, orjson.OPT_NON_STR_KEYS))


def _sent(value: Any) -> Any:
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
