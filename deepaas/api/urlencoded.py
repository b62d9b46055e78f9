"""Forms without files, as HTML sends them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from multidict import MultiDict

from deepaas.exceptions import MalformedRequest, PayloadTooLarge
from deepaas.options.limits import MOST_ARGUMENTS

# Longer texts are decoded in pieces, between which other threads have their turn.
PIECE = 256 * 1024


def parse_urlencoded(body: bytes, charset: str, most: int = MOST_ARGUMENTS) -> MultiDict[Any]:
    """Return the texts of an ``application/x-www-form-urlencoded`` body by name.

    What should have been escaped, such as UTF-8 by ``curl -d``, is taken as it is.

    Args:
        body: the form.
        charset: what its texts are in.
        most: how many fields it may have.

    Raises:
        MalformedRequest: they are not.
        PayloadTooLarge: there are too many.
    """
    if body.count(b"&") >= most:
        raise PayloadTooLarge(f"more than {most} fields in a form; send JSON (--max-arguments)")
    try:
        return MultiDict(_pairs(body, charset))
    except UnicodeError as error:
        raise MalformedRequest(f"the form cannot be read as {charset}: {error}") from None


def _pairs(body: bytes, charset: str) -> Iterator[tuple[str, str]]:
    for field in body.split(b"&"):
        if field:
            name, _, value = field.replace(b"+", b" ").partition(b"=")
            yield _unescaped(name).decode(charset), _unescaped(value).decode(charset)


def _unescaped(text: bytes) -> bytes:
    if len(text) <= PIECE:
        return unquote_to_bytes(text)
    return b"".join(map(unquote_to_bytes, _pieces(text)))


def _pieces(text: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(text):
        end = start + PIECE
        # An escape, such as %C3, is not cut in two.
        escape = text.rfind(b"%", end - 2, end)
        if escape >= 0:
            end = escape
        yield text[start:end]
        start = end
