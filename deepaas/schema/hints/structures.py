"""Classes with named members: dataclasses, TypedDict, named tuples, attrs and Pydantic."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MISSING = object()


@dataclass(frozen=True)
class Member:
    """One member.

    Args:
        hint: its type.
        required: whether it has to be given.
        key: the name under which it is sent.
    """

    hint: Any
    required: bool
    key: str


@dataclass(frozen=True)
class Structure:
    """A class with named members.

    Args:
        name: of the class.
        members: by the keyword that ``build`` takes.
        build: makes an object; raises ValueError or TypeError for what does not fit.
    """

    name: str
    members: Mapping[str, Member]
    build: Callable[..., Any]


def structure_of(hint: Any) -> Structure | None:
    """Return the structure of a class; None if it has none.

    Args:
        hint: any type.

    Raises:
        NameError: a hint of a member cannot be resolved.
    """
    if not isinstance(hint, type):
        return None
    for read in (_dataclass, _typed_dict, _named_tuple, _attrs, _pydantic):
        if (found := read(hint)) is not None:
            return found
    return None


def _hints(hint: type) -> dict[str, Any]:
    return typing.get_type_hints(hint, include_extras=True)


def _dataclass(hint: type) -> Structure | None:
    if not dataclasses.is_dataclass(hint) or hasattr(hint, "__pydantic_validator__"):
        return None
    hints = _hints(hint)
    members = {
        one.name: Member(
            hints[one.name],
            one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING,
            one.name,
        )
        for one in dataclasses.fields(hint)
        if one.init
    }
    return Structure(hint.__name__, members, hint)


def _typed_dict(hint: type) -> Structure | None:
    if not typing.is_typeddict(hint):
        return None
    required: frozenset[str] = hint.__required_keys__  # type: ignore[attr-defined]
    hints = {name: _without_required(one) for name, one in _hints(hint).items()}
    members = {name: Member(one, name in required, name) for name, one in hints.items()}
    return Structure(hint.__name__, members, dict)


def _without_required(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Required, typing.NotRequired):
        return typing.get_args(hint)[0]
    return hint


def _named_tuple(hint: type) -> Structure | None:
    names = getattr(hint, "_fields", None)
    if not (issubclass(hint, tuple) and names):
        return None
    hints = _hints(hint)
    defaults: Mapping[str, Any] = getattr(hint, "_field_defaults", {})
    members = {name: Member(hints.get(name, Any), name not in defaults, name) for name in names}
    return Structure(hint.__name__, members, hint)


def _attrs(hint: type) -> Structure | None:
    if not hasattr(hint, "__attrs_attrs__"):
        return None
    import attrs

    hints = _hints(hint)
    members = {
        one.alias or one.name: Member(
            hints.get(one.name, Any), one.default is attrs.NOTHING, one.alias or one.name
        )
        for one in attrs.fields(hint)
        if one.init
    }
    return Structure(hint.__name__, members, hint)


def _pydantic(hint: type) -> Structure | None:
    if not hasattr(hint, "__pydantic_validator__") or not hasattr(hint, "model_fields"):
        return None
    fields: Mapping[str, Any] = hint.model_fields
    members = {}
    for name, one in fields.items():
        annotations = (*one.metadata, *([one.description] if one.description else []))
        kind = typing.Annotated[(one.annotation, *annotations)] if annotations else one.annotation
        key = one.alias or name
        members[key] = Member(kind, one.is_required(), key)
    return Structure(hint.__name__, members, _building(hint))


def _building(hint: Any) -> Callable[..., Any]:
    from pydantic import ValidationError

    def build(**values: Any) -> Any:
        try:
            return hint(**values)
        except ValidationError as error:
            # Its own text has a line for each mistake, and addresses of its documentation.
            told = (
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}" if one["loc"] else one["msg"]
                for one in error.errors()
            )
            raise ValueError("; ".join(told)) from error

    return build
