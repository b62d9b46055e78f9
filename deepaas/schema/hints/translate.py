"""One type hint becomes a form."""

from __future__ import annotations

import collections.abc
import copy
import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import marshmallow as ma

from deepaas.schema.hints import constraints, media, scalars
from deepaas.schema.hints.defaults import Unfitting, as_sent, plain_default
from deepaas.schema.hints.forms import Form, Misfit, Unmappable, in_module, name_of
from deepaas.schema.hints.hashing import unhashable
from deepaas.schema.hints.structures import (
    UNKNOWN,
    Member,
    Structure,
    checked,
    structure_of,
    wrapped_by,
)
from deepaas.schema.numbers import Array

LISTS = (
    list,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Collection,
    collections.abc.Iterable,
    collections.abc.Set,
)
MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
STREAMS = (typing.IO, typing.BinaryIO, typing.TextIO)
NO_KEYS = (ma.fields.Mapping, ma.fields.Nested, Array)
ONE_BY_ONE = "use an argument of its own for each file, or a list of files"


class Translator:
    """Translates hints; one for each function, so that classes are translated once.

    Args:
        answering: whether values go to callers, rather than come from them.
    """

    def __init__(self, answering: bool = False) -> None:
        self._answering = answering
        self._schemas: dict[Any, type[ma.Schema]] = {}
        self._adapts: dict[Any, Callable[[Any], Any]] = {}

    def form(self, hint: Any, annotations: tuple[Any, ...] = ()) -> Form:
        """Return the form of a hint.

        Args:
            hint: the hint, resolved.
            annotations: what stands beside it in ``Annotated``.

        Raises:
            Unmappable: it stands for nothing that callers could send.
        """
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self.form(args[0], (*constraints.flatten(args[1:]), *annotations))
        if (named := _meant(hint)) is not hint:
            return self.form(named, annotations)
        explicit = next((one for one in annotations if isinstance(one, ma.fields.Field)), None)
        if explicit is None and origin in (typing.Union, types.UnionType):
            return self._union(hint, args, annotations)
        form = self._bare(hint, annotations) if explicit is None else _explicit(explicit)
        form = replace(form, metadata={**form.metadata, **dict(constraints.told(annotations))})
        found = list(constraints.validators(annotations))
        if (misfit := constraints.misfit(found, scalars.sample_of(hint))) is not None:
            raise Misfit(hint, misfit)
        return _constrained(form, found)

    def _bare(self, hint: Any, annotations: tuple[Any, ...]) -> Form:
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return scalars.of_enum(hint, self._answering)
        if (form := scalars.of_plain(hint)) is not None:
            return form
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Literal:
            return scalars.of_choices(hint, args)
        if (kind := origin or hint) in LISTS:
            return self._list(hint, kind, args)
        if kind in MAPPINGS:
            return self._mapping(hint, args)
        if kind is tuple:
            return self._tuple(hint, args)
        if getattr(origin, "__name__", "") == "ndarray":
            return media.of_array((*media.array_annotations(hint), *annotations))
        found = media.of_file(hint) or media.of_library(hint, annotations)
        if found is None and (structure := structure_of(hint, self._answering)) is not None:
            found = self._structure(hint, structure)
        if found is None and isinstance(hint, type):
            found = self._of_class(hint)
        if found is None:
            raise Unmappable(hint, nearest(hint))
        return found

    def _union(self, hint: Any, args: tuple[Any, ...], annotations: tuple[Any, ...]) -> Form:
        kinds = [one for one in args if one is not type(None)]
        if set(kinds) == {int, float}:
            kinds = [float]
        if all(typing.get_origin(one) is typing.Literal for one in kinds):
            kinds = [typing.Literal[tuple(kinds)]]
        if len(kinds) != 1:
            raise Unmappable(hint, "choose one of its types, with '| None' if it may be absent")
        form = self.form(kinds[0], annotations)
        return replace(form, allow_none=form.allow_none or type(None) in args)

    def _list(self, hint: Any, kind: Any, args: tuple[Any, ...]) -> Form:
        inner = self.form(args[0] if args else Any)
        if inner.is_file and inner.is_list:
            raise Unmappable(hint, ONE_BY_ONE)

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.List(inner.field(), **options)

        collect: Callable[[Any], Any] | None = None
        if kind in (set, frozenset, collections.abc.Set):
            if args and (item := unhashable(args[0])) is not None:
                raise Unmappable(
                    hint, f"a set cannot hold {name_of(item)}: use list[{name_of(args[0])}]"
                )
            collect = frozenset if kind is frozenset else set
        adapt: Callable[[Any], Any] | None = None
        if inner.adapt or collect:
            collect = collect or list

            def adapt(values: Any) -> Any:
                return collect(map(inner.adapted, values))

        def plain(default: Any) -> Any:
            return [inner.plain(one) if inner.plain else one for one in default]

        metadata = {"type": "file"} if inner.is_file else {}
        plain_form = plain if inner.plain else None
        return Form(make, adapt, plain_form, metadata=metadata, is_list=True, alike=True)

    def _mapping(self, hint: Any, args: tuple[Any, ...]) -> Form:
        keys, values = (self.form(one) for one in args or (str, Any))
        if values.is_file:
            raise Unmappable(hint, ONE_BY_ONE)
        if keys.is_file or keys.is_list or isinstance(keys.field(), NO_KEYS):
            raise Unmappable(hint, "keys are texts in JSON: use a list of pairs, or of a dataclass")

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.Dict(keys=keys.field(), values=values.field(), **options)

        def adapt(value: Mapping[Any, Any]) -> dict[Any, Any]:
            return {keys.adapted(key): values.adapted(one) for key, one in value.items()}

        return (
            Form(make, adapt, alike=True) if keys.adapt or values.adapt else Form(make, plain=dict)
        )

    def _tuple(self, hint: Any, args: tuple[Any, ...]) -> Form:
        if not args or args[-1] is Ellipsis:
            form = self._list(hint, list, args[:1])
            return replace(form, adapt=lambda value: tuple(form.adapted(value)))
        return self._tuple_of(hint, [self.form(one) for one in args], tuple)

    def _tuple_of(self, hint: Any, forms: Sequence[Form], kind: Callable[[Any], Any]) -> Form:
        if any(one.is_file for one in forms):
            raise Unmappable(hint, ONE_BY_ONE)

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.Tuple([one.field() for one in forms], **options)

        def adapt(values: Any) -> Any:
            return kind(one.adapted(value) for one, value in zip(forms, values, strict=True))

        return Form(make, adapt, list, is_list=True, alike=True)

    def _structure(self, hint: Any, structure: Structure) -> Form:
        if structure.is_tuple:
            # Answers of named tuples are lists, as those of tuples are.
            return self._tuple_of(
                hint, [self.form(m.hint) for m in structure.members.values()], tuple
            )
        schemas, adapts = self._schemas, self._adapts
        if hint not in adapts:
            # Known before its members are: a class may hold others of its own kind.
            adapts[hint] = lambda value: adapts[hint](value)
            forms = {key: self._member(hint, structure, key) for key in structure.members}
            fields = {
                key: forms[key].field(required=one.required, metadata=_told(one, forms[key]))
                for key, one in structure.members.items()
            }
            schema = ma.Schema.from_dict(fields, name=structure.name)
            schema.opts.unknown = ma.INCLUDE if structure.is_open else ma.RAISE
            schemas[hint] = schema
            adapts[hint] = _building(structure, forms)

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.Nested(lambda: schemas[hint](), **options)

        return Form(make, lambda value: adapts[hint](value))

    def _member(self, owner: Any, structure: Structure, key: str) -> Form:
        hint = structure.members[key].hint
        try:
            form = self.form(hint)
            if form.is_file:
                raise Unmappable(owner, "files must be arguments by themselves")
        except Unmappable:
            if not structure.checks:
                raise
            # It has types of its own, and says itself what does not fit.
            return scalars.ANYTHING
        default = structure.members[key].default
        if default is None:
            return replace(form, allow_none=True)
        if default is not UNKNOWN and form.plain is not None:
            try:
                plain_default(form, default)
            except Unfitting as error:
                raise Unfitting(default, error.reason, f"{structure.name}.{key}") from error
        return form

    def _of_class(self, hint: type) -> Form | None:
        """Return the form of a class that is a kind of a plain one, or wraps something else."""
        if (inner := wrapped_by(hint)) is not None:
            form = self.form(inner)
            return replace(form, adapt=lambda value: checked(hint, form.adapted(value)), plain=None)
        for plain in (str, int, float):
            if issubclass(hint, plain):
                return replace(scalars.FORMS[plain], adapt=hint, alike=True)
        if (
            hint.__module__.partition(".")[0] in ("pydantic", "yarl")
            and "url" in hint.__name__.lower()
        ):
            return Form(ma.fields.Url, hint, str)
        return None


def _constrained(form: Form, found: Sequence[Callable[[Any], Any]]) -> Form:
    """Return a form whose values are within constraints: plain ones, or what is made of them."""
    if form.adapt is None:
        return replace(form, validators=(*form.validators, *found))
    # A function of the author's expects what his own function would get.
    early = [one for one in found if form.alike and not isinstance(one, constraints.Holding)]
    late = [one for one in found if one not in early]
    adapt = constraints.checking(form.adapt, late) if late else form.adapt
    return replace(form, validators=(*form.validators, *early), adapt=adapt)


def nearest(hint: Any) -> str:
    """Return what would work in the place of a hint that does not."""
    kind = typing.get_origin(hint) or hint
    if isinstance(hint, types.ModuleType):
        return in_module(hint)
    if kind in STREAMS:
        return "use io.BytesIO or deepaas.types.File"
    if kind is collections.abc.Callable:
        return "use a Literal or an Enum of names, and choose the function by the name"
    if isinstance(kind, type):
        if issubclass(kind, collections.abc.Mapping):
            return "use dict"
        if issubclass(kind, collections.abc.Collection | collections.abc.Iterator):
            return "use list"
        if kind.__init__ is not object.__init__ and kind.__module__ != "builtins":
            return f"make {kind.__name__} a dataclass, or take what it is made of"
    return "use a plain type, a dataclass, a TypedDict, or a file type"


def _meant(hint: Any) -> Any:
    """Return what a name for a hint stands for; the hint itself if it is none."""
    if isinstance(hint, typing.NewType):
        return hint.__supertype__
    if isinstance(hint, typing.TypeVar):
        return hint.__bound__ or typing.Union[hint.__constraints__ or (Any,)]  # noqa: UP007
    if hint is typing.LiteralString:
        return str
    # Made by the statement ``type`` of Python 3.12.
    return hint.__value__ if type(hint).__name__ == "TypeAliasType" else hint


def _told(member: Member, form: Form) -> dict[str, Any]:
    """Return what the document says of a member beside its type."""
    if member.default is None or member.default is UNKNOWN or form.plain is None:
        return {}
    return {"default": as_sent(form.plain(member.default))}


def _building(structure: Structure, forms: Mapping[str, Form]) -> Callable[[Any], Any]:
    def build(value: Mapping[str, Any]) -> Any:
        given = {
            key: forms[key].adapted(one) if key in forms else one for key, one in value.items()
        }
        try:
            return structure.build(**given)
        except TypeError as error:
            raise ValueError(str(error)) from error

    return build


def _explicit(given: ma.fields.Field) -> Form:
    """Return the form of a field that its author made."""
    # Several arguments may share it by a name for the whole hint.
    field = copy.copy(given)

    def make(**options: Any) -> ma.fields.Field:
        field.metadata = {**options.pop("metadata"), **field.metadata}
        if options.get("required") and field.load_default is ma.missing:
            field.required = True
        elif "load_default" in options and not field.required and field.load_default is ma.missing:
            field.load_default = options["load_default"]
        field.validators = [*field.validators, *options.get("validate", ())]
        return field

    return Form(make, plain=lambda value: value)
