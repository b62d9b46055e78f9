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
from deepaas.schema.numbers import Array, fast_list

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
    named = named_fields(declared, owner)
    for name, field in named.items():
        _check(name, field, f"{owner}: argument {name!r}")
    _refuse_duplicates(named, owner)
    with old_ways_allowed():
        try:
            schema = ma.Schema.from_dict({name: fast_list(one) for name, one in named.items()})
            bound = schema(unknown=ma.EXCLUDE).fields
        except Exception as error:
            raise InvalidModel(f"{owner}: its fields make no schema: {error}") from error
        for name, field in bound.items():
            _check_nested(field, f"{owner}: argument {name!r}")
    return Arguments([_argument(name, bound[name], owner) for name in named], owner)


def named_fields(declared: Any, owner: str) -> dict[str, Any]:
    """Return the fields that ``get_predict_args`` or ``get_train_args`` returned, by name.

    Args:
        declared: a mapping from names to fields, a Schema class or a Schema.
        owner: whose they are.

    Raises:
        InvalidModel: it is none of these.
    """
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
        schema = _response_schema(declared, owner)
        for name, field in schema.fields.items():
            _check_nested(field, f"{owner}: {name!r}")
    return schema


def _response_schema(declared: Any, owner: str) -> ma.Schema:
    if isinstance(declared, ma.Schema):
        return declared
    try:
        if isinstance(declared, type) and issubclass(declared, ma.Schema):
            return declared()
        if isinstance(declared, Mapping) and declared:
            for name, field in declared.items():
                _check(name, field, f"{owner}: {name!r}")
            return ma.Schema.from_dict(dict(declared), name="ModelPredictionResponse")()
    except InvalidModel:
        raise
    except Exception as error:
        raise InvalidModel(f"{owner}: it makes no schema: {error}") from error
    if declared == {}:
        raise InvalidModel(f"{owner} is an empty dict; leave it out, or name the answer's fields")
    raise InvalidModel(
        f"{owner} must be a dict of marshmallow fields or a marshmallow.Schema class, "
        f"not {_what(declared)}"
    )


def _check(name: Any, field: Any, subject: str) -> None:
    if not isinstance(name, str) or not name:
        raise InvalidModel(f"{subject} must have a text for its name, such as 'size'")
    if isinstance(field, type) and issubclass(field, ma.fields.Field):
        raise InvalidModel(
            f"{subject} is the class {field.__name__}; "
            f"write fields.{field.__name__}(), with parentheses"
        )
    if not isinstance(field, ma.fields.Field):
        raise InvalidModel(f"{subject} must be a field such as fields.Str(), not {_what(field)}")
    if not isinstance(field.data_key, str | None):
        raise InvalidModel(f"{subject} has data_key {field.data_key!r}; it must be a text")


def _check_nested(
    field: ma.fields.Field, subject: str, seen: frozenset[type[ma.Schema]] = frozenset()
) -> None:
    """Make the schemas within a field now, which marshmallow does at the first call else."""
    inner = field.inner if isinstance(field, ma.fields.List) else field
    if not isinstance(inner, ma.fields.Nested):
        return
    try:
        schema = inner.schema
    except Exception as error:
        raise InvalidModel(f"{subject} nests a schema that cannot be made: {error}") from error
    if type(schema) not in seen:
        for one in schema.fields.values():
            _check_nested(one, subject, seen | {type(schema)})


def _argument(name: str, field: ma.fields.Field, owner: str) -> Argument:
    inner = field.inner if isinstance(field, ma.fields.List) else field
    metadata = {**inner.metadata, **field.metadata}
    location = metadata.get("location")
    if not isinstance(location, str | None) or location not in PLACES:
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
        is_mapping=isinstance(inner, ma.fields.Mapping | ma.fields.Nested | Array),
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


def _refuse_duplicates(named: Mapping[str, ma.fields.Field], owner: str) -> None:
    seen: dict[str, str] = {}
    for name, field in named.items():
        key = name if field.data_key is None else field.data_key
        if key in seen:
            raise InvalidModel(
                f"{owner}: {seen[key]!r} and {name!r} are both called {key!r} by callers; "
                "give one another data_key"
            )
        seen[key] = name


def _what(thing: Any) -> str:
    return "None" if thing is None else f"a {type(thing).__name__}"
