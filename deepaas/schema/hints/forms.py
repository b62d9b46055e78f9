"""What a type hint is translated to: a field, and a conversion of what the field gives."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import marshmallow as ma

Adapt = Callable[[Any], Any]
"""Makes of a validated plain value what the function takes; ValueError if that cannot be done."""


class Unmappable(Exception):
    """A hint that stands for nothing that callers could send.

    Args:
        hint: what it is.
        instead: the nearest thing that would work.
    """

    def __init__(self, hint: Any, instead: str) -> None:
        super().__init__(f"{name_of(hint)} cannot be sent by callers; {instead}")


class Misfit(Unmappable):
    """A constraint stands beside a hint whose values it cannot hold for.

    Args:
        hint: what it is.
        constraint: what its author has written.
    """

    def __init__(self, hint: Any, constraint: str) -> None:
        Exception.__init__(
            self,
            f"{constraint} does not fit {name_of(hint)}; put it beside the type that it is about, "
            "such as list[Annotated[int, Ge(1)]]",
        )


@dataclass(frozen=True)
class Form:
    """How values of a type are sent, and made.

    Args:
        make: a field class, or what makes a field out of the keywords of one.
        adapt: conversion in the worker; None if the field gives what the function takes.
        plain: what a default of the type is before the conversion; None if it cannot be told.
        validators: of the field.
        metadata: of the field.
        allow_none: whether None is a value.
        is_list: whether it is a list of values, or a tuple.
        alike: whether the plain value is as long and as large as what is made of it, so that
            constraints hold for the one as for the other.
    """

    make: Callable[..., ma.fields.Field]
    adapt: Adapt | None = None
    plain: Adapt | None = None
    validators: Sequence[Callable[[Any], Any]] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    allow_none: bool = False
    is_list: bool = False
    alike: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it is a file, or a list of files."""
        return self.metadata.get("type") == "file"

    def field(self, **options: Any) -> ma.fields.Field:
        """Return a field.

        Args:
            options: keywords of a marshmallow field, which go before those of the form.
        """
        metadata = {**self.metadata, **options.pop("metadata", {})}
        if self.validators:
            options["validate"] = list(self.validators)
        if self.allow_none:
            options["allow_none"] = True
        return self.make(metadata=metadata, **options)

    def adapted(self, value: Any) -> Any:
        """Return what a function takes."""
        return value if value is None or self.adapt is None else self.adapt(value)


def name_of(hint: Any) -> str:
    """Return a hint as its author may have written it."""
    if isinstance(hint, types.ModuleType) or (
        isinstance(hint, type) and not hasattr(hint, "__args__")
    ):
        return hint.__name__
    return str(hint).replace("typing.", "")


def in_module(module: types.ModuleType) -> str:
    """Return what may be meant by a module in the place of a type, such as Pillow's ``Image``."""
    last = module.__name__.rpartition(".")[2]
    if isinstance(getattr(module, last, None), type):
        return f"it is a module: use {module.__name__}.{last}"
    return "it is a module: use a type in it"
