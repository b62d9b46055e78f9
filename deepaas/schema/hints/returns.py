"""The return hint becomes the schema of the answers, and the content types that they come in."""

from __future__ import annotations

import collections.abc
import types
import typing
from dataclasses import dataclass
from typing import Any

import marshmallow as ma

from deepaas.schema.hints import answers, constraints, media
from deepaas.schema.hints.forms import Unmappable
from deepaas.schema.hints.translate import Translator
from deepaas.types import File, Media

JSON = "application/json"
STREAMS = (
    collections.abc.Iterator,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncGenerator,
    collections.abc.AsyncIterable,
)
# What is awaited before it is answered.
LATER = (collections.abc.Awaitable, collections.abc.Coroutine)


@dataclass(frozen=True)
class Returned:
    """What a function answers.

    Args:
        field: of an answer in JSON, or of each item of a stream; None if it is free.
        types: content types that callers can choose from, the default first; empty for JSON alone.
        streams: whether it says that it gives one item after the other.
    """

    field: ma.fields.Field | None = None
    types: tuple[str, ...] = ()
    streams: bool = False


def describe_return(hint: Any, streams: bool = False, sent: bool = True) -> Returned:
    """Return what a return hint says.

    Args:
        hint: the hint, resolved.
        streams: whether the function is known to give one item after the other.
        sent: whether what it returns is sent to callers, as that of a training is not.

    Raises:
        Unmappable: it promises what has no form in JSON; says what has.
    """
    while (typing.get_origin(hint) or hint) in LATER:
        hint = (typing.get_args(hint) or (Any,))[-1]
    kind = typing.get_origin(hint) or hint
    if kind in STREAMS or (streams and kind is collections.abc.Iterable):
        hint, streams = (typing.get_args(hint) or (Any,))[0], True
    annotations: tuple[Any, ...] = ()
    while typing.get_origin(hint) is typing.Annotated:
        hint, *more = typing.get_args(hint)
        annotations = (*annotations, *constraints.flatten(tuple(more)))
    kinds = _kinds(hint)
    offered: list[str] = []
    documents = []
    for kind in kinds:
        if found := _types(kind):
            offered += found
        else:
            documents.append(kind)
        if JSON in found:
            documents.append(Any)
    if offered and documents and JSON not in offered:
        offered.append(JSON)
    named = next((one.types for one in annotations if isinstance(one, Media)), None)
    if sent and not named:
        for kind in documents:
            answers.check(kind)
    types_ = tuple(dict.fromkeys(named or offered))
    return Returned(_field(documents, annotations), types_, streams)


def _kinds(hint: Any) -> list[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return list(typing.get_args(hint))
    return [hint]


def _types(kind: Any) -> tuple[str, ...]:
    if typing.get_origin(kind) is typing.Annotated:
        named = [one for one in typing.get_args(kind)[1:] if isinstance(one, Media)]
        return named[0].types if named else _types(typing.get_args(kind)[0])
    if not isinstance(kind, type):
        return ()
    if issubclass(kind, bytes | bytearray):
        return (media.UNKNOWN,)
    if issubclass(kind, File):
        family = media.family_of(typing.cast(type[File], kind))
        return (f"{family}*",) if family else ()
    match (kind.__module__ or "").partition(".")[0], kind.__name__:
        case "PIL", "Image":
            return media.PICTURES
        case "pandas", "DataFrame":
            return media.TABLES
    return ()


def _field(kinds: list[Any], annotations: tuple[Any, ...]) -> ma.fields.Field | None:
    kinds = [one for one in kinds if one is not None]
    empty = type(None) in kinds
    kinds = [one for one in kinds if one is not type(None)]
    if len(kinds) != 1 or kinds[0] is Any:
        return None
    try:
        form = Translator(answering=True).form(kinds[0], annotations)
        field = form.field(allow_none=True) if empty else form.field()
    except Unmappable:
        return None
    return None if form.is_file else field
