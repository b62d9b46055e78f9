"""What a return hint promises that has no form in JSON is refused before anybody is promised it."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import inspect
import numbers
import os
import types
import typing
import uuid
from typing import Any

from deepaas.schema.hints.forms import Unmappable, in_module, name_of
from deepaas.schema.hints.hashing import unhashable
from deepaas.schema.hints.structures import structure_of

# What ``deepaas.serving.encoding`` makes JSON of, by its type, by what it has, or by its library.
FORMS = (
    *(str, int, float, bytes, bytearray, memoryview, type(None)),
    *(collections.abc.Mapping, list, tuple, set, frozenset, range),
    *(datetime.date, datetime.time, datetime.timedelta, uuid.UUID, enum.Enum),
    *(decimal.Decimal, numbers.Real, os.PathLike),
)
ATTRIBUTES = ("tolist", "to_dict", "model_dump", "__attrs_attrs__")
LIBRARIES = ("pydantic", "pydantic_core", "yarl", "typing", "collections", "abc")
SETS = (set, frozenset, collections.abc.Set)


class Unanswerable(Unmappable):
    """A return hint that stands for nothing that could be sent.

    Args:
        hint: what it is.
        instead: the nearest thing that would work.
    """

    def __init__(self, hint: Any, instead: str) -> None:
        Exception.__init__(self, f"{name_of(hint)} has no form in JSON; {instead}")


def check(hint: Any, seen: frozenset[Any] = frozenset()) -> None:
    """See to it that what a return hint promises can be sent.

    Args:
        hint: the hint, resolved, or one within it.
        seen: those around it.

    Raises:
        Unanswerable: it cannot; says what could.
    """
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    kind = origin or hint
    if origin is typing.Annotated:
        check(args[0], seen)
        return
    if origin is typing.Literal or hint in seen:
        return
    if isinstance(hint, types.ModuleType):
        raise Unanswerable(hint, in_module(hint))
    if kind is collections.abc.Callable:
        raise Unanswerable(hint, "return what it would return, or its name")
    if kind in SETS and args and (item := unhashable(args[0])) is not None:
        raise Unanswerable(hint, f"a set cannot hold {name_of(item)}: use list[{name_of(args[0])}]")
    if isinstance(kind, type) and kind is not types.UnionType:
        if issubclass(kind, collections.abc.Mapping) and len(args) == 2:
            _check_key(hint, args[0])
        if _is_file(kind):
            if seen:
                raise Unanswerable(hint, "only an answer that is nothing else can be a file")
            return
        if not _has_form(kind):
            raise Unanswerable(hint, _nearest(kind))
        structure = structure_of(hint, answering=True)
        if structure is not None and not structure.checks:
            args = tuple(one.hint for one in structure.members.values())
        elif _makes_its_own(kind):
            return
    elif origin in (typing.Union, types.UnionType):
        for one in args:
            check(one, seen)
        return
    elif origin is not None:
        return
    for one in args:
        if one is not Ellipsis:
            check(one, seen | {hint})


def _check_key(hint: Any, key: Any) -> None:
    kind = typing.get_origin(key) or key
    if not isinstance(kind, type) or issubclass(kind, str | bytes | enum.Enum):
        return
    if issubclass(kind, collections.abc.Iterable) or dataclasses.is_dataclass(kind):
        raise Unanswerable(hint, f"a key cannot be {name_of(key)}: use a list of pairs")


def _has_form(kind: type) -> bool:
    if kind is object or inspect.isabstract(kind) or getattr(kind, "_is_protocol", False):
        # What is returned is something else, of which nothing is known.
        return True
    if issubclass(kind, FORMS) or dataclasses.is_dataclass(kind) or typing.is_typeddict(kind):
        return True
    return kind.__module__.partition(".")[0] in LIBRARIES or _makes_its_own(kind)


def _is_file(kind: type) -> bool:
    return hasattr(kind, "read") or (
        kind.__name__ == "Image" and kind.__module__.partition(".")[0] == "PIL"
    )


def _makes_its_own(kind: type) -> bool:
    """Tell whether objects say themselves what they are in JSON, as arrays do."""
    return any(hasattr(kind, one) for one in ATTRIBUTES)


def _nearest(kind: type) -> str:
    if kind is complex:
        return "return tuple[float, float], its real and its imaginary part"
    if kind.__module__ == "builtins":
        return "return a plain type, a list, a dict or a dataclass"
    if issubclass(kind, collections.abc.Iterable):
        return "return a list"
    return f"make {kind.__name__} a dataclass, or return what it is made of"
