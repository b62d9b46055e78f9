"""One type hint becomes a form."""

from __future__ import annotations

import collections.abc
import enum
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import marshmallow as ma

from deepaas.schema.hints import constraints, media, scalars
from deepaas.schema.hints.forms import Form, Unmappable
from deepaas.schema.hints.structures import Structure, structure_of

LISTS = (list, set, frozenset, collections.abc.Sequence, collections.abc.Iterable)
MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


class Translator:
    """Translates hints; one for each function, so that classes are translated once."""

    def __init__(self) -> None:
        self._schemas: dict[type, type[ma.Schema]] = {}
        self._adapts: dict[type, Callable[[Any], Any]] = {}

    def form(self, hint: Any, annotations: tuple[Any, ...] = ()) -> Form:
        """Return the form of a hint.

        Args:
            hint: the hint, resolved.
            annotations: what stands beside it in ``Annotated``.

        Raises:
            Unmappable: it stands for nothing that callers could send.
        """
        if isinstance(hint, typing.NewType):
            return self.form(hint.__supertype__, annotations)
        if type(hint).__name__ == "TypeAliasType":
            return self.form(hint.__value__, annotations)
        if typing.get_origin(hint) is typing.Annotated:
            inner, *more = typing.get_args(hint)
            return self.form(inner, (*constraints.flatten(tuple(more)), *annotations))
        for one in annotations:
            if isinstance(one, ma.fields.Field):
                return _explicit(one)
        form = self._bare(hint, annotations)
        found = tuple(constraints.validators(annotations))
        words = [one for one in annotations if isinstance(one, str)]
        return replace(
            form,
            validators=(*form.validators, *found),
            metadata={**form.metadata, **({"description": words[0]} if words else {})},
        )

    def _bare(self, hint: Any, annotations: tuple[Any, ...]) -> Form:
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return scalars.of_enum(hint)
        try:
            if (form := scalars.FORMS.get(hint)) is not None:
                return form
        except TypeError:
            pass
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Literal:
            return scalars.of_choices(hint, args)
        if origin in (typing.Union, types.UnionType):
            return self._union(hint, args, annotations)
        if (kind := origin or hint) in LISTS:
            return self._list(kind, args)
        if kind in MAPPINGS:
            return self._mapping(args)
        if kind is tuple:
            return self._tuple(hint, args)
        if origin is not None and getattr(origin, "__name__", "") == "ndarray":
            return media.of_array((*media.array_annotations(hint), *annotations))
        if isinstance(hint, type):
            found = media.of_file(hint) or media.of_library(hint, annotations)
            if found is None and (structure := structure_of(hint)) is not None:
                found = self._structure(hint, structure)
            if found is None:
                found = _of_base(hint)
            if found is not None:
                return found
        raise Unmappable(hint, "use a plain type, a dataclass, a TypedDict, or a file type")

    def _union(self, hint: Any, args: tuple[Any, ...], annotations: tuple[Any, ...]) -> Form:
        kinds = [one for one in args if one is not type(None)]
        if set(kinds) == {int, float}:
            kinds = [float]
        if len(kinds) != 1:
            raise Unmappable(hint, "choose one of its types, with '| None' if it may be absent")
        form = self.form(kinds[0], annotations)
        return replace(form, allow_none=form.allow_none or len(args) > len(kinds))

    def _list(self, kind: Any, args: tuple[Any, ...]) -> Form:
        inner = self.form(args[0] if args else Any)

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.List(inner.field(), **options)

        collect: Callable[[Any], Any] | None = kind if kind in (set, frozenset) else None
        adapt: Callable[[Any], Any] | None = None
        if inner.adapt or collect:
            collect = collect or list

            def adapt(values: Any) -> Any:
                return collect(map(inner.adapted, values))

        def plain(default: Any) -> Any:
            return [inner.plain(one) if inner.plain else one for one in default]

        metadata = {"type": "file"} if inner.metadata.get("type") == "file" else {}
        return Form(make, adapt, plain if inner.plain else None, metadata=metadata)

    def _mapping(self, args: tuple[Any, ...]) -> Form:
        keys, values = (self.form(one) for one in args or (str, Any))

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.Dict(keys=keys.field(), values=values.field(), **options)

        if not (keys.adapt or values.adapt):
            return Form(make, plain=dict)
        return Form(
            make,
            lambda value: {keys.adapted(k): values.adapted(v) for k, v in value.items()},
        )

    def _tuple(self, hint: Any, args: tuple[Any, ...]) -> Form:
        if not args or args[-1] is Ellipsis:
            form = self._list(list, args[:1])
            adapt = form.adapt
            return replace(form, adapt=lambda value: tuple(adapt(value) if adapt else value))
        forms = [self.form(one) for one in args]
        if any(one.metadata.get("type") == "file" for one in forms):
            raise Unmappable(hint, "use an argument of its own for each file, or a list")

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.Tuple([one.field() for one in forms], **options)

        def adapt_each(values: Any) -> Any:
            return tuple(one.adapted(value) for one, value in zip(forms, values, strict=True))

        return Form(make, adapt_each, list)

    def _structure(self, hint: type, structure: Structure) -> Form:
        if hint not in self._adapts:
            # Known before its members are: a class may hold others of its own kind.
            self._adapts[hint] = lambda value: adapts[hint](value)
            adapts = self._adapts
            forms = {key: self._member(hint, one.hint) for key, one in structure.members.items()}
            fields = {
                key: forms[key].field(required=one.required)
                for key, one in structure.members.items()
            }
            self._schemas[hint] = ma.Schema.from_dict(fields, name=structure.name)
            adapts[hint] = _building(structure, forms)
        schemas, adapts = self._schemas, self._adapts

        def make(**options: Any) -> ma.fields.Field:
            return ma.fields.Nested(lambda: schemas[hint](), **options)

        return Form(make, lambda value: adapts[hint](value))

    def _member(self, owner: type, hint: Any) -> Form:
        form = self.form(hint)
        if form.metadata.get("type") == "file":
            raise Unmappable(owner, "files must be arguments by themselves")
        return form


def _building(structure: Structure, forms: Mapping[str, Form]) -> Callable[[Any], Any]:
    def build(value: Mapping[str, Any]) -> Any:
        given = {key: forms[key].adapted(one) for key, one in value.items()}
        try:
            return structure.build(**given)
        except TypeError as error:
            raise ValueError(str(error)) from error

    return build


def _explicit(field: ma.fields.Field) -> Form:
    """Return the form of a field that its author made."""

    def make(**options: Any) -> ma.fields.Field:
        metadata = {**options.pop("metadata"), **field.metadata}
        field.metadata = metadata
        if options.get("required") and field.load_default is ma.missing:
            field.required = True
        elif "load_default" in options and not field.required and field.load_default is ma.missing:
            field.load_default = options["load_default"]
        return field

    return Form(make, plain=lambda value: value)


def _of_base(hint: type) -> Form | None:
    """Return the form of a class that is a kind of a plain one, such as Pydantic's URLs."""
    for plain in (str, int, float):
        if issubclass(hint, plain):
            form = scalars.FORMS[plain]
            return replace(form, adapt=hint)
    if hint.__name__.endswith("Url") or hint.__module__.partition(".")[0] == "yarl":
        return Form(ma.fields.Url, hint, str)
    return None
