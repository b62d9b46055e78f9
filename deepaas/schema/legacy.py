"""Old-style declarations, a mapping from names to marshmallow fields, become the description."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import marshmallow as ma
from marshmallow.warnings import ChangedInMarshmallow4Warning, RemovedInMarshmallow4Warning

from deepaas.exceptions import InvalidModel
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.numbers import fast_list

ANYWHERE = ("query", "form", "json")
PLACES: dict[str | None, tuple[str, ...]] = {
    None: ANYWHERE,
    "query": ("query",),
    "querystring": ("query",),
    "form": ("form",),
    "files": ("form",),
    "json": ("json",),
    "json_or_form": ("json", "form"),
    "headers": ("headers",),
    "header": ("headers",),
    "cookies": ("cookies",),
}


@contextmanager
def old_ways_allowed() -> Iterator[None]:
    """Silence marshmallow 3 about ``missing=``, metadata as keywords and plain ``Field()``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RemovedInMarshmallow4Warning)
        warnings.simplefilter("ignore", ChangedInMarshmallow4Warning)
        yield


def describe_arguments(declared: Any, owner: str) -> Arguments:
    """Turn what ``get_predict_args`` or ``get_train_args`` returned into the description.

    Args:
        declared: a mapping from names to fields, a Schema class or a Schema.
        owner: whose they are, such as ``model 'x', get_predict_args()``.

    Raises:
        InvalidModel: naming the argument and what would be right.
    """
    named = _named_fields(declared, owner)
    for name, field in named.items():
        _check(name, field, owner)
    with old_ways_allowed():
        try:
            schema = ma.Schema.from_dict({name: fast_list(one) for name, one in named.items()})
            bound = schema(unknown=ma.EXCLUDE).fields
        except Exception as error:
            raise InvalidModel(f"{owner}: its fields make no schema: {error}") from error
    arguments = [_argument(name, bound[name], owner) for name in named]
    _refuse_duplicates(arguments, owner)
    return Arguments(arguments, owner)


def describe_response(declared: Any, owner: str) -> ma.Schema | None:
    """Turn a model's ``schema`` into one that validates its answers.

    Args:
        declared: None, a mapping from names to fields, or a ``marshmallow.Schema`` class.
        owner: whose it is, such as ``model 'x', schema``.

    Raises:
        InvalidModel: it is none of these, or its fields make no schema.
    """
    if declared is None:
        return None
    with old_ways_allowed():
        try:
            if isinstance(declared, type) and issubclass(declared, ma.Schema):
                return declared()
            if isinstance(declared, ma.Schema):
                return declared
            if isinstance(declared, Mapping) and declared:
                for name, field in declared.items():
                    _check(name, field, owner)
                return ma.Schema.from_dict(dict(declared), name="ModelPredictionResponse")()
        except InvalidModel:
            raise
        except Exception as error:
            raise InvalidModel(f"{owner}: it makes no schema: {error}") from error
    raise InvalidModel(
        f"{owner} must be a dict of marshmallow fields or a marshmallow.Schema class, "
        f"not {_what(declared)}"
    )


def _named_fields(declared: Any, owner: str) -> dict[str, Any]:
    if isinstance(declared, type) and issubclass(declared, ma.Schema):
        declared = declared()
    if isinstance(declared, ma.Schema):
        declared = declared.fields
    if not isinstance(declared, Mapping):
        raise InvalidModel(
            f"{owner} must return a dict of argument names and marshmallow or webargs fields, "
            f"not {_what(declared)}"
        )
    return dict(declared)


def _check(name: Any, field: Any, owner: str) -> None:
    if not isinstance(name, str) or not name:
        raise InvalidModel(f"{owner}: an argument's name must be a text, not {name!r}")
    if isinstance(field, type) and issubclass(field, ma.fields.Field):
        raise InvalidModel(
            f"{owner}: argument {name!r} is the class {field.__name__}; "
            f"write fields.{field.__name__}(), with parentheses"
        )
    if not isinstance(field, ma.fields.Field):
        raise InvalidModel(
            f"{owner}: argument {name!r} must be a field such as fields.Str(), not {_what(field)}"
        )


def _argument(name: str, field: ma.fields.Field, owner: str) -> Argument:
    inner = field.inner if isinstance(field, ma.fields.List) else field
    metadata = {**inner.metadata, **field.metadata}
    location = metadata.get("location")
    if location not in PLACES:
        known = ", ".join(repr(one) for one in PLACES if one)
        raise InvalidModel(
            f"{owner}: argument {name!r} has location {location!r}; it can be one of {known}"
        )
    is_file = metadata.get("type") == "file"
    _check_default(name, field, owner)
    return Argument(
        name=field.attribute or name,
        key=field.data_key if field.data_key is not None else name,
        field=field,
        places=("form",) if is_file else PLACES[location],
        is_file=is_file,
        is_list=isinstance(field, ma.fields.List | ma.fields.Tuple)
        and not getattr(field, "delimiter", None),
        is_mapping=isinstance(inner, ma.fields.Mapping | ma.fields.Nested),
        choices=_choices(field, inner, metadata),
        description=str(metadata.get("description") or ""),
    )


def _check_default(name: str, field: ma.fields.Field, owner: str) -> None:
    if callable(field.load_default):
        try:
            field.load_default()
        except Exception as error:
            raise InvalidModel(
                f"{owner}: the default of argument {name!r} cannot be made: {error!r}"
            ) from error


def _choices(
    field: ma.fields.Field, inner: ma.fields.Field, metadata: Mapping[str, Any]
) -> tuple[Any, ...]:
    for validator in _validators(inner) or _validators(field):
        return tuple(validator.choices)
    enum = metadata.get("enum")
    return tuple(enum) if isinstance(enum, Iterable) and not isinstance(enum, str) else ()


def _validators(field: ma.fields.Field) -> list[ma.validate.OneOf]:
    validators: Iterable[Callable[..., Any]] = field.validators
    return [one for one in validators if isinstance(one, ma.validate.OneOf)]


def _refuse_duplicates(arguments: list[Argument], owner: str) -> None:
    seen: dict[str, str] = {}
    for argument in arguments:
        if argument.key in seen:
            raise InvalidModel(
                f"{owner}: {seen[argument.key]!r} and {argument.name!r} are both called "
                f"{argument.key!r} by callers; give one another data_key"
            )
        seen[argument.key] = argument.name


def _what(thing: Any) -> str:
    return "None" if thing is None else f"a {type(thing).__name__}"
