"""The description of a model as Swagger 2.0 objects."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from functools import partial
from typing import Any

import marshmallow as ma
import orjson
from apispec.ext.marshmallow import MarshmallowPlugin

from deepaas.schema.accept import ANYTHING, JSON, STREAMED
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.numbers import Multiple

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# What Swagger 2.0 allows for parameters outside of a body.
PARAMETER_KEYS = (
    "type",
    "format",
    "items",
    "collectionFormat",
    "enum",
    "default",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "multipleOf",
    "description",
)
SIMPLE_TYPES = ("string", "number", "integer", "boolean", "array")
INTO = {"query": "query", "form": "formData", "headers": "header"}


class ParameterRenderer:
    """Renders arguments as Swagger 2.0 parameters.

    Args:
        plugin: apispec's plugin, which knows marshmallow's fields; it belongs to a document.
    """

    def __init__(self, plugin: MarshmallowPlugin) -> None:
        self._plugin = plugin
        converter = plugin.converter
        assert converter is not None  # noqa: S101 - the plugin belongs to a document
        functions: list[Any] = converter.attribute_functions
        if converter.field2default in functions:
            index = functions.index(converter.field2default)
            functions[index] = partial(_default, converter.field2default)
            functions.append(_further_limits)

    def parameters(self, arguments: Arguments) -> list[dict[str, Any]]:
        """Return the parameters of an operation, in declared order.

        Args:
            arguments: the description.
        """
        in_body = _in_body(arguments)
        # Swagger 2.0 knows no cookies.
        rest = [one for one in arguments if one.places not in (("json",), ("cookies",))]
        parameters = [self._parameter(one) for one in rest]
        if in_body:
            parameters.append(self._body(in_body))
        return parameters

    def _parameter(self, argument: Argument) -> dict[str, Any]:
        parameter: dict[str, Any] = {
            "in": INTO[argument.places[0]],
            "name": argument.key,
            "required": argument.required,
        }
        if argument.places == ("query",):
            # Other parameters in the query may as well be in a form or a JSON document.
            parameter["x-location"] = "query"
        if argument.is_file:
            parameter["type"] = "file"
            if argument.description:
                parameter["description"] = argument.description
            return parameter
        found = {**self.property(argument.field)}
        if argument.is_mapping:
            _make_json_text(argument, found)
        elif isinstance(argument.field, ma.fields.Tuple):
            found |= {"type": "array", "minItems": (size := len(argument.field.tuple_fields))}
            found["maxItems"] = size
        elif found.get("type") not in SIMPLE_TYPES:
            found["type"] = "string"
        if found["type"] == "array":
            found.setdefault("items", {"type": "string"})
            found["items"] = _simple(found["items"])
            if choices := found.pop("enum", None):
                found["items"]["enum"] = choices
            repeats = argument.is_list and parameter["in"] != "header"
            found["collectionFormat"] = "multi" if repeats else "csv"
            if isinstance(argument.default, list) and "default" in found:
                found["default"] = argument.default
        if argument.choices and "items" not in found:
            found["enum"] = list(argument.choices)
            if found["type"] == "string":
                found["enum"] = [one if isinstance(one, str) else str(one) for one in found["enum"]]
        if _is_accept(argument) and "enum" in found:
            found["enum"] = [*(one for one in found["enum"] if one != ANYTHING), ANYTHING]
        found["description"] = argument.description
        parameter |= {key: found[key] for key in PARAMETER_KEYS if found.get(key) not in (None, "")}
        if "default" in parameter:
            _put_default(parameter)
        return parameter

    def _body(self, arguments: list[Argument]) -> dict[str, Any]:
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {one.key: self.property(one.field) for one in arguments},
        }
        if required := [one.key for one in arguments if one.required]:
            schema["required"] = required
        return {"in": "body", "name": "body", "required": bool(required), "schema": schema}

    def property(self, field: ma.fields.Field) -> dict[str, Any]:
        """Return what a field says of its values.

        Args:
            field: any field.
        """
        converter = self._plugin.converter
        assert converter is not None  # noqa: S101 - the plugin belongs to a document
        found: dict[str, Any] = converter.field2property(field)
        return found


def produces(arguments: Arguments, streams: bool = False) -> list[str]:
    """Return the content types that predict can answer.

    Args:
        arguments: those of predict.
        streams: whether it answers item by item.
    """
    accept = arguments.accept
    if accept is None:
        return list(STREAMED) if streams else [JSON]
    offered = [str(one) for one in accept.choices if one != ANYTHING] or [JSON]
    return [*offered, ANYTHING]


def consumes(arguments: Arguments) -> list[str]:
    """Return the content types in which arguments can be sent.

    Args:
        arguments: the description.
    """
    if arguments.has_files:
        return [MULTIPART]
    if _has_form(arguments):
        return [FORM, MULTIPART]
    return [JSON] if _in_body(arguments) else [JSON, FORM, MULTIPART]


def _in_body(arguments: Arguments) -> list[Argument]:
    """Return the arguments of the JSON document; with a form, Swagger 2.0 has no place for it."""
    if _has_form(arguments):
        return []
    return [one for one in arguments if one.places == ("json",)]


def _has_form(arguments: Arguments) -> bool:
    return any(one.places[0] == "form" for one in arguments)


def _is_accept(argument: Argument) -> bool:
    return argument.key.lower() == "accept"


def _make_json_text(argument: Argument, found: dict[str, Any]) -> None:
    text = {"type": "string", "format": "json"}
    found.pop("items", None)
    found |= {"type": "array", "items": text} if argument.is_list else text


def _simple(item: dict[str, Any]) -> dict[str, Any]:
    simple = {key: item[key] for key in PARAMETER_KEYS if key in item}
    if simple.get("type") not in SIMPLE_TYPES:
        simple["type"] = "string"
    if simple["type"] == "array":
        simple["items"] = _simple(item.get("items", {}))
    return simple


def _default(
    render: Callable[[ma.fields.Field], dict[str, Any]],
    field: ma.fields.Field,
    ret: dict[str, Any],
    **_: Any,
) -> dict[str, Any]:
    """Return a field's default as ``render`` does; one that does not fit the field goes as text.

    Old modules give dates as text, for instance: the model then receives the text.
    """
    try:
        return render(field)
    except Exception:
        return {"default": field.load_default} if ret.get("type") == "string" else {}


def _further_limits(field: ma.fields.Field, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return what apispec leaves out: bounds that are not allowed themselves, multiples, times."""
    found: dict[str, Any] = {"format": "time"} if isinstance(field, ma.fields.Time) else {}
    for validator in field.validators:
        if isinstance(validator, Multiple):
            found["multipleOf"] = validator.step
        if isinstance(validator, ma.validate.Range):
            if "minimum" in ret and not validator.min_inclusive:
                found["exclusiveMinimum"] = True
            if "maximum" in ret and not validator.max_inclusive:
                found["exclusiveMaximum"] = True
    return found


def _number(value: Any) -> float:
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError


def _put_default(parameter: dict[str, Any]) -> None:
    """Keep a default that JSON can hold; another is shown as text, or not at all."""
    try:
        parameter["default"] = orjson.loads(
            orjson.dumps(parameter["default"], default=_number, option=orjson.OPT_NON_STR_KEYS)
        )
    except orjson.JSONEncodeError:
        del parameter["default"]
        return
    if parameter["default"] is None:
        del parameter["default"]
    elif parameter["type"] == "string" and not isinstance(parameter["default"], str):
        parameter["default"] = orjson.dumps(parameter["default"]).decode()
