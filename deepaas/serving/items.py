"""What a model yields, in its worker, becomes the items of a job that streams."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, NamedTuple

from deepaas.executors.flow import Last
from deepaas.schema.accept import EVENTS, JSON, LINES
from deepaas.serving.answers import ANY_BYTES, is_raw
from deepaas.serving.checking import Check
from deepaas.serving.encoding import to_json

# Types of results that are seen at once to be no streams.
PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict})
# Items become JSON in these; in others text and bytes go as they are.
OF_JSON = frozenset({"", JSON, EVENTS, *LINES})

Encode = Callable[[Any], bytes]
Outcome = Callable[[Exception], Any]


class Unsendable(Exception):
    """An item has no form in which it could be sent."""


class Begun(NamedTuple):
    """The first item of a stream.

    Args:
        content_type: of the stream.
        data: the item.
    """

    content_type: str
    data: bytes


class Empty(NamedTuple):
    """What a stream comes to that has no item.

    Args:
        content_type: of the stream.
    """

    content_type: str


def is_stream(result: Any) -> bool:
    """Tell whether what predict returned is to be sent item by item.

    Iterators are, be they asynchronous or not, but for files.

    Args:
        result: anything that is no coroutine.
    """
    kind = type(result)
    if kind in PLAIN or not (hasattr(kind, "__next__") or hasattr(kind, "__aiter__")):
        return False
    return not is_raw(result)


def stream(
    items: Any,
    content_type: str,
    outcome: Outcome,
    check: Check | None = None,
    encode: Encode | None = None,
) -> Generator[Any, None, None] | AsyncGenerator[Any, None]:
    """Return the generator of a job that streams.

    Args:
        items: an iterator, asynchronous or not; it is closed in the end.
        content_type: of the stream.
        outcome: what it comes to when it raises; None if that is to be raised.
        check: what each item has to pass that goes as JSON, if anything.
        encode: makes bytes of an item; by default what suits the content type.
    """
    encode = encode or (to_json if content_type in OF_JSON else as_it_is)
    if check is not None:
        encode = _checked(encode, check)
    if hasattr(items, "__next__"):
        return _stream(items, content_type, outcome, encode)
    return _stream_asynchronously(items, content_type, outcome, encode)


def collect(items: Any, content_type: str, outcome: Outcome, check: Check | None = None) -> Any:
    """Return all items at once: as bytes where all are text or bytes and are to go as they are.

    Args:
        items: see ``stream``; where it is asynchronous, a coroutine is returned.
        content_type: of the answer.
        outcome: see ``stream``.
        check: likewise.
    """

    def together(found: list[Any]) -> Any:
        if check is not None:
            encode = _checked(to_json if content_type in OF_JSON else as_it_is, check)
            for one in found:
                _encoded(one, encode)
        if content_type in OF_JSON or not all(isinstance(one, str | bytes) for one in found):
            return found
        return b"".join(map(as_it_is, found))

    if hasattr(items, "__next__"):
        try:
            return together(list(items))
        except Exception as error:
            return _or_raise(outcome(error), error)

    async def collected() -> Any:
        try:
            return together([item async for item in items])
        except Exception as error:
            return _or_raise(outcome(error), error)

    return collected()


def as_it_is(item: Any) -> bytes:
    """Return text and bytes as they are, and anything else as JSON."""
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, bytes | bytearray | memoryview):
        return bytes(item)
    return to_json(item)


def in_a_line(item: Any) -> bytes:
    """Return an item as it stands in a line of the command line's JSON."""
    if isinstance(item, bytes | bytearray | memoryview):
        text = base64.b64encode(item).decode()
        return to_json({"content_type": ANY_BYTES, "base64": text})
    return to_json(item)


def _stream(
    items: Any, content_type: str, outcome: Outcome, encode: Encode
) -> Generator[Any, None, None]:
    begun = False
    try:
        for item in items:
            data = _encoded(item, encode)
            yield data if begun else Begun(content_type, data)
            begun = True
    except Exception as error:
        end = _or_raise(outcome(error), error)
    else:
        end = None if begun else Empty(content_type)
    finally:
        if (close := getattr(items, "close", None)) is not None:
            close()
    yield Last(end)


async def _stream_asynchronously(
    items: Any, content_type: str, outcome: Outcome, encode: Encode
) -> AsyncGenerator[Any, None]:
    begun = False
    try:
        async for item in items:
            data = _encoded(item, encode)
            yield data if begun else Begun(content_type, data)
            begun = True
    except Exception as error:
        end = _or_raise(outcome(error), error)
    else:
        end = None if begun else Empty(content_type)
    finally:
        if (close := getattr(items, "aclose", None)) is not None:
            await close()
    yield Last(end)


def _checked(encode: Encode, check: Check) -> Encode:
    """Return an encoding of items that are checked, but for those that go as they are."""
    raw = (bytes, bytearray, memoryview) + ((str,) if encode is as_it_is else ())

    def encode_checked(item: Any) -> bytes:
        data = encode(item)
        if not isinstance(item, raw):
            check(item, data)
        return data

    return encode_checked


def _encoded(item: Any, encode: Encode) -> bytes:
    try:
        return encode(item)
    except (TypeError, ValueError) as error:
        raise Unsendable(str(error)) from error


def _or_raise(outcome: Any, error: Exception) -> Any:
    if outcome is None:
        raise error
    return outcome
