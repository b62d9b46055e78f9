"""Tensors become raw values of arguments, which are validated as everywhere else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
import orjson

from deepaas.exceptions import MalformedRequest
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.numbers import Array
from deepaas.schema.parsing import from_elements
from deepaas.tensors.datatypes import BYTES
from deepaas.tensors.fields import Kind, Slot, slot_of
from deepaas.tensors.files import NOT_A_FILE, Folder, files_of
from deepaas.tensors.request import InferRequest
from deepaas.tensors.tensor import Tensor
from deepaas.tensors.values import value_of_json

JSON = "json"
Read = Callable[[Argument, Any, Folder], Any]


def collect(
    arguments: Arguments, request: InferRequest, folder: Folder
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return raw values by key, as ``deepaas.schema.parsing`` does, and messages for what is wrong.

    Args:
        arguments: the description.
        request: what was asked.
        folder: where files are written.

    Raises:
        MalformedRequest: there is a tensor for which there is no argument, or one that holds
            what no argument could take.
        OSError: a file cannot be written.
    """
    by_key = {one.key: one for one in arguments}
    raw: dict[str, Any] = {}
    errors: dict[str, Any] = {}

    def take(what: str, name: str, value: Any, read: Read) -> None:
        argument = by_key.get(name)
        if argument is None:
            names = ", ".join(by_key) or "none"
            raise MalformedRequest(f"there is no {what} {name!r}; there is: {names}")
        try:
            raw[name] = read(argument, value, folder)
        except ValueError as error:
            errors[name] = [str(error)]

    for tensor in request.inputs:
        take("input", tensor.name, tensor, value_of)
    for name, value in request.values.items():
        take("argument", name, value, value_of_json)
    for name, value in _parameters(request.parameters, by_key).items():
        raw.setdefault(name, value)
    return raw, errors


def _parameters(parameters: Mapping[str, Any], by_key: Mapping[str, Argument]) -> Mapping[str, Any]:
    """Return the scalar arguments among the parameters of a request."""
    return {
        name: value
        for name, value in parameters.items()
        if name in by_key and slot_of(by_key[name]).kind in (Kind.SCALAR, Kind.FREE)
    }


def value_of(argument: Argument, tensor: Tensor, folder: Folder) -> Any:
    """Return the raw value of an argument.

    Args:
        argument: of the description.
        tensor: what came for it.
        folder: where files are written.

    Raises:
        ValueError: that cannot be a value of the argument; says why.
        OSError: a file cannot be written.
    """
    slot = slot_of(argument)
    if slot.kind in (Kind.FILE, Kind.FILES):
        return _files(slot, tensor, folder)
    if tensor.datatype is BYTES:
        return _of_texts(argument, slot, tensor)
    return _of_numbers(argument, slot, tensor)


def _files(slot: Slot, tensor: Tensor, folder: Folder) -> Any:
    if tensor.datatype is not BYTES:
        raise ValueError(NOT_A_FILE)
    if slot.kind is Kind.FILE and math.prod(tensor.shape) != 1:
        raise ValueError(_not_one(tensor))
    found = files_of(tensor, folder)
    return found if slot.kind is Kind.FILES else found[0]


def _of_texts(argument: Argument, slot: Slot, tensor: Tensor) -> Any:
    texts = [_text(one) for one in tensor.values()]
    if slot.kind is not Kind.FREE and not argument.is_list and len(texts) != 1:
        raise ValueError(_not_one(tensor))
    if tensor.parameters.get("content_type") == JSON:
        return _of_documents(argument, [_document(one) for one in texts])
    if argument.is_mapping:
        return from_elements(argument, texts)
    return texts[0] if not argument.is_list and len(texts) == 1 else texts


def _of_documents(argument: Argument, values: list[Any]) -> Any:
    if len(values) != 1:
        return values
    if argument.is_list and argument.is_mapping and values != [None]:
        return from_elements(argument, values)
    return values if argument.is_list and isinstance(values[0], str | int | float) else values[0]


def _of_numbers(argument: Argument, slot: Slot, tensor: Tensor) -> Any:
    if slot.kind is Kind.ARRAY:
        return _array(argument.field, tensor)
    if isinstance(argument.item, Array):
        # Each of a list of arrays is a row.
        return list(tensor.array()) if tensor.shape else [tensor.array()]
    if slot.kind is Kind.SCALAR:
        if math.prod(tensor.shape) != 1:
            raise ValueError(_not_one(tensor))
        return _without_loss(argument.field, tensor, tensor.values())[0]
    if slot.kind is Kind.LIST:
        # The dimension of a batch of one may be there.
        if len(tensor.shape) > 1 and math.prod(tensor.shape[:-1]) != 1:
            raise ValueError(f"Must have the shape [any], not {list(tensor.shape)}.")
        return _without_loss(argument.item, tensor, tensor.values())
    if slot.kind is Kind.FREE and tensor.shape in ((), (1,)):
        return tensor.values()[0]
    return tensor.nested()


def _array(field: ma.fields.Field, tensor: Tensor) -> Any:
    """Return an array, with or without the dimension of a batch of one, as its field has it."""
    array = tensor.array()
    lengths = getattr(field, "lengths", None)
    if lengths is None or _fits(array.shape, lengths):
        return array
    if array.shape[:1] == (1,) and _fits(array.shape[1:], lengths):
        return array[0]
    if _fits((1, *array.shape), lengths):
        return array[None]
    return array


def _fits(shape: tuple[int, ...], lengths: tuple[int | None, ...]) -> bool:
    return len(shape) == len(lengths) and all(
        wanted in (None, length) for wanted, length in zip(lengths, shape, strict=True)
    )


def _without_loss(field: ma.fields.Field, tensor: Tensor, values: list[Any]) -> list[Any]:
    if isinstance(field, ma.fields.Integer) and tensor.datatype.is_float:
        # A field may cut what is behind the point.
        if not all(float(one).is_integer() for one in values):
            raise ValueError("Not a valid integer.")
        return list(map(int, values))
    if (
        isinstance(field, ma.fields.Float)
        and tensor.datatype.is_integer
        and tensor.datatype.size == 8
        and not all(int(float(one)) == one for one in values)
    ):
        raise ValueError("Not a valid number: it has more digits than a float can hold.")
    return values


def _text(element: bytes | str) -> str:
    if isinstance(element, str):
        return element
    try:
        return element.decode()
    except UnicodeDecodeError:
        raise ValueError("Not UTF-8 text.") from None


def _document(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise ValueError(f"Not valid JSON: {error}.") from None


def _not_one(tensor: Tensor) -> str:
    return f"Must be one value, of shape [1], not {list(tensor.shape)}."
