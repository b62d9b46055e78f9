"""Constraints in ``Annotated`` become validators.

The vocabulary is that of ``annotated-types``, of regular expressions, and of what has these in its
``metadata``, such as Pydantic's ``Field``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import annotated_types as at
import marshmallow as ma

from deepaas.schema.hints import moments
from deepaas.schema.numbers import Multiple
from deepaas.types import Example

NAMES: dict[type, str] = {
    ma.validate.Length: "a length (Len, MinLen, MaxLen)",
    ma.validate.Regexp: "a pattern",
    moments.Range: "a bound (Ge, Gt, Le, Lt)",
    moments.InZone: "Timezone",
    Multiple: "MultipleOf",
}


def flatten(annotations: tuple[Any, ...]) -> Iterator[Any]:
    """Give annotations one by one, out of groups such as ``Interval`` and ``Field(...)``."""
    for one in annotations:
        if isinstance(one, at.GroupedMetadata):
            yield from flatten(tuple(one))
        elif isinstance(one, ma.fields.Field) or not isinstance(getattr(one, "metadata", 0), list):
            yield one
        else:
            yield from flatten(tuple(one.metadata))
            if description := getattr(one, "description", None):
                yield description
            if examples := getattr(one, "examples", None):
                yield Example(examples[0])


def told(annotations: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Give the metadata of a field that annotations stand for.

    Args:
        annotations: as ``flatten`` gives them.
    """
    # Of several texts, the one that stands closest to the type is the one.
    for one in reversed(annotations):
        if isinstance(one, str):
            yield "description", one
        elif isinstance(one, at.DocInfo):
            yield "description", one.documentation
        elif isinstance(one, Example):
            yield "example", one.value


def validators(annotations: tuple[Any, ...]) -> Iterator[Callable[[Any], Any]]:
    """Give the validators that annotations stand for; what is no constraint is passed over.

    Args:
        annotations: as ``flatten`` gives them.
    """
    low: tuple[Any, bool] | None = None
    high: tuple[Any, bool] | None = None
    shortest, longest = None, None
    for one in annotations:
        match one:
            case at.Ge(ge=bound):
                low = _stricter(low, (bound, True), max)
            case at.Gt(gt=bound):
                low = _stricter(low, (bound, False), max)
            case at.Le(le=bound):
                high = _stricter(high, (bound, True), min)
            case at.Lt(lt=bound):
                high = _stricter(high, (bound, False), min)
            case at.MinLen(min_length=length):
                shortest = max(length, shortest or 0)
            case at.MaxLen(max_length=length):
                longest = length if longest is None else min(length, longest)
            case at.Timezone(tz=zone):
                yield moments.InZone(zone)
            case at.MultipleOf(multiple_of=step):
                yield Multiple(step)
            case at.Predicate(func=holds):
                yield Holding(holds)
            case re.Pattern():
                yield ma.validate.Regexp(one)
            case _ if isinstance(pattern := getattr(one, "pattern", None), str):
                yield ma.validate.Regexp(pattern)
    if low or high:
        yield moments.Range(
            min=low[0] if low else None,
            max=high[0] if high else None,
            min_inclusive=low[1] if low else True,
            max_inclusive=high[1] if high else True,
        )
    if shortest or longest is not None:
        yield ma.validate.Length(min=shortest or None, max=longest)


def _stricter(
    known: tuple[Any, bool] | None, other: tuple[Any, bool], furthest: Callable[..., Any]
) -> tuple[Any, bool]:
    """Return what holds where two bounds do."""
    if known is None or known[0] == other[0]:
        return other[0], other[1] and (known is None or known[1])
    return known if furthest(known[0], other[0]) == known[0] else other


def misfit(validators: Sequence[Callable[[Any], Any]], sample: Any) -> str | None:
    """Return what a constraint is called that values like a sample have none of; None if all fit.

    Args:
        validators: as ``validators`` gives them.
        sample: any value of the type; None if there is none.
    """
    for validate in validators:
        if sample is None or isinstance(validate, Holding):
            continue
        try:
            validate(sample)
        except ma.ValidationError:
            continue
        except Exception:
            return NAMES.get(type(validate), "a constraint")
    return None


def checking(
    make: Callable[[Any], Any], validators: Sequence[Callable[[Any], Any]]
) -> Callable[[Any], Any]:
    """Return a conversion whose results are within constraints.

    Args:
        make: the conversion.
        validators: of what it makes; those of numbers hold for each number of an array.
    """

    def make_checked(value: Any) -> Any:
        made = make(value)
        for validate in validators:
            try:
                for one in _numbers(made) if isinstance(validate, ma.validate.Range) else (made,):
                    validate(one)
            except ma.ValidationError as error:
                raise ValueError(" ".join(map(str, error.messages))) from error
        return made

    return make_checked


def _numbers(made: Any) -> Sequence[Any]:
    """Return what has to be within a range: of an array, its least and its largest number."""
    if not (hasattr(made, "dtype") and hasattr(made, "size")):
        return (made,)
    return (made.min(), made.max()) if made.size else ()


class Holding(ma.validate.Validator):
    """Takes what a function of its author says is right.

    Args:
        holds: the function.
    """

    def __init__(self, holds: Callable[[Any], bool]) -> None:
        self.holds = holds

    def __call__(self, value: Any) -> Any:
        if not self.holds(value):
            name = getattr(self.holds, "__name__", "").strip("<>")
            raise ma.ValidationError(
                f"Must hold: {name}." if name not in ("", "lambda") else "Is not valid."
            )
        return value
