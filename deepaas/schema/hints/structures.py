"""Classes with named members: dataclasses, TypedDict, named tuples, attrs and Pydantic."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from deepaas.schema.hints.forms import name_of

UNKNOWN = object()


@dataclass(frozen=True)
class Member:
    """One member.

    Args:
        hint: its type.
        required: whether it has to be given; in an answer, whether it is always there.
        default: what it is where it is not given; ``UNKNOWN`` if that cannot be told, or is
            nobody's concern here.
    """

    hint: Any
    required: bool
    default: Any = UNKNOWN


@dataclass(frozen=True)
class Structure:
    """A class with named members.

    Args:
        name: of the class.
        members: by the name under which they are sent, and which ``build`` takes.
        build: makes an object; raises ValueError or TypeError for what does not fit.
        is_open: whether it takes other members as well.
        checks: whether ``build`` checks all that it is given by itself.
        is_tuple: whether it is sent as a list.
    """

    name: str
    members: Mapping[str, Member]
    build: Callable[..., Any]
    is_open: bool = False
    checks: bool = False
    is_tuple: bool = False


def structure_of(hint: Any, answering: bool = False) -> Structure | None:
    """Return the structure of a class; None if it has none.

    Args:
        hint: any type; of a generic class, with its arguments or without.
        answering: whether it goes to callers, rather than comes from them.

    Raises:
        NameError: a hint of a member cannot be resolved.
    """
    kind = typing.get_origin(hint) or hint
    if not isinstance(kind, type):
        return None
    for read in (_dataclass, _typed_dict, _named_tuple, _attrs, _pydantic):
        if (found := read(kind, answering)) is not None:
            return found if kind is hint else _filled(found, hint)
    return None


def checked(kind: Any, *values: Any, **named: Any) -> Any:
    """Make an object of a class that may be one of Pydantic, whose mistakes are told briefly.

    Raises:
        ValueError: what it is given does not fit.
    """
    try:
        return kind(*values, **named)
    except ValueError as error:
        if type(error).__name__ != "ValidationError" or not hasattr(error, "errors"):
            raise
        # Its own text has a line for each mistake, and addresses of its documentation.
        told = (
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" if one["loc"] else one["msg"]
            for one in error.errors()
        )
        raise ValueError("; ".join(told)) from error


def wrapped_by(hint: type) -> Any:
    """Return the hint of what a root model of Pydantic holds; None if it is none.

    Args:
        hint: any class.
    """
    if not getattr(hint, "__pydantic_root_model__", False):
        return None
    return _annotated(hint.model_fields["root"])  # type: ignore[attr-defined]


def _filled(structure: Structure, hint: Any) -> Structure:
    """Return the structure of a generic class with its arguments in the place of its variables."""
    arguments = typing.get_args(hint)
    given = dict(zip(typing.get_origin(hint).__parameters__, arguments, strict=True))

    def fill(member: Member) -> Member:
        if member.hint in given:
            return replace(member, hint=given[member.hint])
        if variables := getattr(member.hint, "__parameters__", ()):
            return replace(member, hint=member.hint[tuple(given[one] for one in variables)])
        return member

    return replace(
        structure,
        name="_".join([structure.name, *map(name_of, arguments)]),
        members={key: fill(one) for key, one in structure.members.items()},
    )


def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _dataclass(kind: type, answering: bool) -> Structure | None:
    if not dataclasses.is_dataclass(kind) or hasattr(kind, "__pydantic_fields__"):
        return None
    hints = _hints(kind)
    members = {
        one.name: Member(
            hints[one.name],
            answering
            or (one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING),
            UNKNOWN if answering or one.default is dataclasses.MISSING else one.default,
        )
        for one in dataclasses.fields(kind)
        if one.init or answering
    }
    for name, hint in hints.items():
        if isinstance(hint, dataclasses.InitVar) and not answering:
            members[name] = Member(hint.type, not hasattr(kind, name))
    return Structure(kind.__name__, members, kind)


def _typed_dict(kind: type, answering: bool) -> Structure | None:
    if not typing.is_typeddict(kind):
        return None
    known: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined]
    members = {}
    for name, hint in _hints(kind).items():
        # Where annotations are postponed, the class itself does not know.
        said = typing.get_origin(hint)
        required = name in known if said is not typing.NotRequired else False
        inner = typing.get_args(hint)[0] if said in (typing.Required, typing.NotRequired) else hint
        members[name] = Member(inner, required or said is typing.Required)
    return Structure(kind.__name__, members, dict)


def _named_tuple(kind: type, answering: bool) -> Structure | None:
    names = getattr(kind, "_fields", None)
    if not (issubclass(kind, tuple) and names):
        return None
    hints = _hints(kind)
    defaults: Mapping[str, Any] = getattr(kind, "_field_defaults", {})
    members = {
        name: Member(
            hints.get(name, Any),
            name not in defaults,
            UNKNOWN if answering else defaults.get(name, UNKNOWN),
        )
        for name in names
    }
    return Structure(kind.__name__, members, kind, is_tuple=answering)


def _attrs(kind: type, answering: bool) -> Structure | None:
    if not hasattr(kind, "__attrs_attrs__"):
        return None
    import attrs

    hints = _hints(kind)
    members = {
        one.alias or one.name: Member(
            hints.get(one.name, Any),
            answering or one.default is attrs.NOTHING,
            UNKNOWN if answering or one.converter or _is_made(one.default) else one.default,
        )
        for one in attrs.fields(kind)
        if one.init or answering
    }
    return Structure(kind.__name__, members, kind)


def _is_made(default: Any) -> bool:
    """Tell whether a default of attrs is none, or made anew for each object."""
    import attrs

    return default is attrs.NOTHING or isinstance(default, attrs.Factory)  # type: ignore[arg-type]


def _pydantic(kind: Any, answering: bool) -> Structure | None:
    # A model, or a dataclass of Pydantic's.
    fields = getattr(kind, "__pydantic_fields__", None)
    if fields is None or wrapped_by(kind) is not None:
        return None
    members = {}
    for name, one in fields.items():
        alias = one.serialization_alias if answering else one.validation_alias
        key = alias if isinstance(alias, str) else name
        members[key] = Member(_annotated(one), answering or one.is_required())
    if answering:
        for name, one in getattr(kind, "model_computed_fields", {}).items():
            members[one.alias or name] = Member(one.return_type, True)
    is_open = getattr(kind, "model_config", {}).get("extra") == "allow"
    return Structure(kind.__name__, members, partial(checked, kind), is_open, checks=True)


def _annotated(field: Any) -> Any:
    """Return the hint of a field of Pydantic, with its constraints and words."""
    annotations = (*field.metadata, *([field.description] if field.description else []))
    return typing.Annotated[(field.annotation, *annotations)] if annotations else field.annotation
