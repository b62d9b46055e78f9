"""Numbers, and lists of them, validated in one step.

marshmallow looks at each item of a list by itself, which takes longer than all the rest of a
prediction where the list is a picture or a signal. A list that holds plain numbers only is
recognised as a whole here; anything else goes the usual way, so the same values are accepted and
refused, with the same messages.
"""

from __future__ import annotations

import copy
import math
from operator import countOf
from typing import Any

import marshmallow as ma


class WholeNumber(ma.fields.Integer):
    """An integer; numbers with a fraction are refused rather than cut."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Multiple(ma.validate.Validator):
    """Takes multiples of a number.

    Args:
        step: the number.
    """

    def __init__(self, step: Any) -> None:
        self.step = step

    def __call__(self, value: Any) -> Any:
        rest = value % self.step
        # Floats miss a multiple by a little.
        if rest and not (isinstance(rest, float) and min(rest, abs(self.step) - rest) < 1e-9):
            raise ma.ValidationError(f"Must be a multiple of {self.step}.")
        return value


class Array(ma.fields.Field):
    """Numbers in lists, however deep; that they make an array is found out where it is made.

    Arrays are taken as they are: some doors have them from their callers.

    Args:
        dtype: what the array is to hold, as NumPy calls it; empty for any numbers.
        lengths: those of its dimensions, with None for any; None where there may be any.
        options: keywords of a marshmallow field.
    """

    default_error_messages = {"invalid": "Not a valid list of numbers."}  # noqa: RUF012

    def __init__(
        self, dtype: str = "", lengths: tuple[int | None, ...] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.dtype = dtype
        self.lengths = lengths

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if hasattr(value, "__array_interface__"):
            return value
        if isinstance(value, bool) or not isinstance(value, list | int | float):
            raise self.make_error("invalid")
        return value


class NumberList(ma.fields.List):
    """A list field whose items are plain numbers, without validators of their own."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if type(value) is list:
            numbers = _ints(value) if isinstance(self.inner, ma.fields.Integer) else _floats(value)
            if numbers is not None:
                return numbers
        return super()._deserialize(value, attr, data, **kwargs)


def fast_list(field: ma.fields.Field) -> ma.fields.Field:
    """Return a field that does the same, in one step if it is a list of plain numbers.

    Args:
        field: any field; it is not changed.
    """
    if type(field) is not ma.fields.List:
        return field
    inner = field.inner
    if type(inner) not in (ma.fields.Float, ma.fields.Integer, WholeNumber):
        return field
    if inner.validators or inner.allow_none:
        return field
    fast = copy.copy(field)
    fast.__class__ = NumberList
    return fast


def _ints(values: list[Any]) -> list[int] | None:
    """Return integers; None where marshmallow has to tell what is wrong."""
    return values if countOf(map(type, values), int) == len(values) else None


def _floats(values: list[Any]) -> list[float] | None:
    """Return numbers as finite floats; None where marshmallow has to tell what is wrong."""
    if countOf(map(type, values), float) != len(values):
        if not set(map(type, values)) <= {float, int}:
            return None
        try:
            values = list(map(float, values))
        except OverflowError:
            return None
    # The sum of finite numbers can overflow; then the usual way tells.
    return values if math.isfinite(sum(values)) else None
