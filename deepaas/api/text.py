"""Text in bodies."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable
from typing import TypeVar

from deepaas.exceptions import MalformedRequest, UnsupportedContent

# Text of forms is held in memory.
TEXT_LIMIT = 16 * 1024 * 1024
# Reading more would keep this process from answering others.
LARGE = 32 * 1024
# Python takes these for charsets too. Nobody sends a body in them, and to read some of them takes
# time that grows with the square of its length.
NO_CHARSETS = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"))
T = TypeVar("T")


def named(most: int, fixed: int, option: str) -> str:
    """Return what follows a bound in a message: the option that has set it, if one has.

    Args:
        most: the bound.
        fixed: what it is whatever the option says, unless that says less.
        option: its name.
    """
    return f" ({option})" if most < fixed else ""


async def read_apart(size: int, read: Callable[..., T], *args: object) -> T:
    """Call a function that reads text, in a thread if the text is long.

    Args:
        size: about how many bytes it reads.
        read: the function.
        args: its arguments.
    """
    return await asyncio.to_thread(read, *args) if size > LARGE else read(*args)


def known(charset: str) -> str:
    """Return the name of a charset, if there is one of that name.

    Args:
        charset: as a client wrote it.

    Raises:
        UnsupportedContent: there is none, or it is none that texts are sent in.
    """
    try:
        "".encode(charset)
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = "undefined"
    if name in NO_CHARSETS:
        raise UnsupportedContent(f"unknown charset {charset!r}; send UTF-8")
    return charset


def to_utf8(body: bytes, charset: str) -> bytes:
    """Return text in UTF-8.

    Args:
        body: the text.
        charset: what it is in.

    Raises:
        MalformedRequest: it is not.
    """
    if charset.lower() in ("utf-8", "utf8"):
        return body
    try:
        return body.decode(charset).encode()
    except UnicodeError as error:
        raise MalformedRequest(f"the body is not {charset}: {error}") from None
