"""What came with a request becomes raw values, ready to be validated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import marshmallow as ma
import orjson
from multidict import MultiDict, MultiDictProxy, MultiMapping

from deepaas.exceptions import InvalidArguments
from deepaas.files import UploadedFile
from deepaas.schema.accept import ANYTHING, first_type, names_something, negotiate
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.numbers import Array

NOT_A_FILE = "Not a file: send it as a file part of multipart/form-data."
NOT_UTF8 = "Not UTF-8 text."
NOT_AN_OBJECT = {"_schema": ["Invalid input type."]}
# Their bytes are decoded before they get here; what is not UTF-8 has become lone surrogates.
RAW_PLACES = ("headers", "cookies")
EMPTY: MultiMapping[Any] = MultiDictProxy(MultiDict())
# Beyond this, JSON integers have lost digits when they arrive as floats.
EXACT = 2.0**63
# Types of JSON that such an integer can have become, or be in.
NESTING = frozenset({float, list, dict})


# How texts begin that stand for a whole list; the command line takes Python's tuples as well.
OPENING = ("[", "(")
# Places where a list is one text with commas; a header may be repeated as well (RFC 9110, 5.3).
SEPARATED = frozenset({"headers", "cookies"})


class Received:
    """The parts of a request that can hold arguments.

    Args:
        query: from the URL.
        form: from a form, its files as ``UploadedFile``.
        body: a JSON document as it came; empty if there was none.
        headers: all of them.
        cookies: all of them.
    """

    __slots__ = ("body", "cookies", "form", "headers", "query")

    def __init__(
        self,
        query: MultiMapping[str] = EMPTY,
        form: MultiMapping[Any] = EMPTY,
        body: bytes = b"",
        headers: MultiMapping[str] = EMPTY,
        cookies: MultiMapping[str] = EMPTY,
    ) -> None:
        self.query = query
        self.form = form
        self.body = body
        self.headers = headers
        self.cookies = cookies

    def place(self, name: str) -> Any:
        """Return the mapping for one of the places of ``Argument``, JSON excepted."""
        return getattr(self, name)

    @property
    def size(self) -> int:
        """How much text there is to be read and validated, in about as many bytes."""
        texts = self.form.values() if self.form else ()
        return len(self.body) + sum(len(text) for text in texts if isinstance(text, str))


def parse(arguments: Arguments, received: Received) -> dict[str, Any]:
    """Return validated keyword arguments for the model.

    Args:
        arguments: the description.
        received: the request.

    Raises:
        InvalidArguments: naming each argument that does not fit.
        ValueError: the JSON document cannot be read.
    """
    raw, errors = collect(arguments, received)
    return load(arguments, raw, received.headers, errors)


def collect(arguments: Arguments, received: Received) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return raw values by key, as they came, and messages for what is wrong with them already.

    Args:
        arguments: the description.
        received: the request.

    Raises:
        InvalidArguments: the JSON document is no object.
        ValueError: it cannot be read.
    """
    document = _document(arguments, received.body)
    raw: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for argument in arguments:
        for place in argument.places:
            if place == "json":
                if argument.key in document:
                    raw[argument.key] = from_json(argument, document[argument.key])
                    break
            else:
                values = received.place(place)
                if argument.key in values:
                    raw[argument.key] = _from_text(argument, values, place)
                    if place in RAW_PLACES and not all(map(_is_utf8, values.getall(argument.key))):
                        errors[argument.key] = [NOT_UTF8]
                    break
        if argument.is_file and argument.key not in raw:
            _refuse_text_elsewhere(argument, received, document, errors)
        elif argument.is_file:
            _refuse_text(argument, raw[argument.key], errors)
    return raw, errors


def load(
    arguments: Arguments,
    raw: dict[str, Any],
    headers: MultiMapping[str] = EMPTY,
    errors: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return validated keyword arguments for the model, out of raw values.

    Args:
        arguments: the description.
        raw: values by key, as they came; ``accept`` becomes what was settled.
        headers: of the request, if there was one.
        errors: messages for arguments that are known to be wrong already.

    Raises:
        InvalidArguments: naming each argument that does not fit.
    """
    if arguments.accept is not None:
        _settle_accept(arguments.accept, raw, headers)
    return arguments.load(raw, errors)


def _document(arguments: Arguments, body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    document = orjson.loads(body)
    if not isinstance(document, dict):
        raise InvalidArguments(NOT_AN_OBJECT)
    try:
        if any(
            not isinstance(argument.item, ma.fields.Float) and _inexact(document.get(argument.key))
            for argument in arguments
        ):
            exact: dict[str, Any] = json.loads(body)
            return exact
    except RecursionError:
        raise ValueError("nested too deep") from None
    return document


def read_json(body: bytes) -> Any:
    """Return a JSON document; integers have all their digits, however many those are.

    Raises:
        ValueError: it cannot be read.
    """
    document = orjson.loads(body)
    try:
        return json.loads(body) if _inexact(document) else document
    except RecursionError:
        raise ValueError("nested too deep") from None


def from_json(argument: Argument, value: Any) -> Any:
    """Return the raw value of an argument out of a value of JSON.

    A single value stands for a list of one, as in a query.
    """
    return [value] if argument.is_list and _is_scalar(value) else value


def _inexact(value: Any) -> bool:
    """Tell whether an integer in it may have become a float."""
    kind = type(value)
    if kind is float:
        return not -EXACT < value < EXACT
    if kind is dict:
        return any(map(_inexact, value.values()))
    return kind is list and not NESTING.isdisjoint(map(type, value)) and any(map(_inexact, value))


def _from_text(argument: Argument, values: MultiMapping[Any], place: str) -> Any:
    if not argument.is_list:
        value = values[argument.key]
        if isinstance(argument.field, Array) and len(several := values.getall(argument.key)) > 1:
            return [_object(one) for one in several]
        return _object(value) if argument.is_mapping else value
    several = values.getall(argument.key)
    if place in SEPARATED:
        several = [one.strip() for value in several for one in value.split(",")]
    elif len(several) == 1 and (whole := as_list(argument, several[0])) is not None:
        return whole
    return from_elements(argument, several) if argument.is_mapping else several


def from_elements(argument: Argument, texts: Sequence[Any]) -> Any:
    """Return the raw value of an argument whose texts hold JSON: the whole of it, or its items.

    Args:
        argument: one that is a mapping.
        texts: at least one for one that is no list.
    """
    items = [_object(text) for text in texts]
    if not argument.is_list:
        return items[0]
    return items[0] if len(items) == 1 and _is_whole(argument, items[0]) else items


def as_list(argument: Argument, text: Any, read: Callable[[str], Any] | None = None) -> Any:
    """Return the list that a single text stands for as a whole; None if it is an item of one.

    Args:
        argument: one that is a list.
        text: what was sent for it, if it is text at all.
        read: reads it; as JSON if not given.
    """
    if type(text) is not str or text.lstrip()[:1] not in OPENING or argument.is_file:
        return None
    value = (read or _object)(text)
    if isinstance(value, tuple):
        value = list(value)
    if not _is_whole(argument, value):
        return None
    # A list of texts may have one that looks like JSON: it is an item unless all in it is text.
    textual = type(argument.item) in (ma.fields.String, ma.fields.Raw, ma.fields.Field)
    return value if not textual or all(type(one) is str for one in value) else None


def _is_whole(argument: Argument, value: Any) -> bool:
    """Tell whether a value is the whole of a list, rather than its only item."""
    if not isinstance(value, list):
        return False
    if isinstance(argument.item, ma.fields.List | Array) or (
        argument.item is not argument.field and isinstance(argument.item, ma.fields.Tuple)
    ):
        return bool(value) and all(isinstance(one, list) for one in value)
    return True


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _object(value: Any) -> Any:
    """Return what JSON text stands for; text that is none is for the field to refuse."""
    if type(value) is not str:
        return value
    try:
        document = orjson.loads(value)
        return json.loads(value) if _inexact(document) else document
    except (ValueError, RecursionError):
        return value


def _refuse_text(argument: Argument, value: Any, errors: dict[str, Any]) -> None:
    if argument.is_list:
        wrong = {
            str(index): [NOT_A_FILE]
            for index, item in enumerate(value)
            if not isinstance(item, UploadedFile)
        }
        if wrong:
            errors[argument.key] = wrong
    elif not isinstance(value, UploadedFile):
        errors[argument.key] = [NOT_A_FILE]


def _refuse_text_elsewhere(
    argument: Argument, received: Received, document: Mapping[str, Any], errors: dict[str, Any]
) -> None:
    if argument.key in received.query or document.get(argument.key) is not None:
        errors[argument.key] = [NOT_A_FILE]


def _settle_accept(argument: Argument, raw: dict[str, Any], headers: MultiMapping[str]) -> None:
    """Put the content type that the model is to answer in the place of what the client takes."""
    offered = [one for one in map(str, argument.choices) if one != ANYTHING]
    default = argument.default if argument.has_default else None
    if not isinstance(default, str) or default == ANYTHING:
        default = offered[0] if offered else default
    declared_in_headers = argument.places == ("headers",)

    wanted = raw.get(argument.key)
    if wanted is None and not declared_in_headers and offered:
        header = ",".join(headers.getall("Accept", ()))
        if names_something(header):
            chosen = negotiate(header, offered, default or offered[0])
            if chosen is not None:
                raw[argument.key] = chosen
                return
    if wanted is None or (isinstance(wanted, str) and not names_something(wanted)):
        raw.pop(argument.key, None)
        # The model's own default stands as it is, even if it is none of the choices.
        if isinstance(default, str) and not (argument.has_default and argument.default == default):
            raw[argument.key] = default
    elif declared_in_headers:
        header = ",".join(headers.getall(argument.key, [wanted]))
        if offered:
            chosen = negotiate(header, offered, default or offered[0])
            raw[argument.key] = header if chosen is None else chosen
        else:
            raw[argument.key] = first_type(header)
