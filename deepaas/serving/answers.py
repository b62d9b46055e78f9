"""What a model returned becomes an answer that any door can send."""

from __future__ import annotations

import io
import mimetypes
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from deepaas.exceptions import DiskFull
from deepaas.files import ReturnedFile, UploadedFile, create, no_room
from deepaas.serving import media
from deepaas.serving.checking import Check
from deepaas.serving.encoding import to_json

JSON = "application/json"
ANY_BYTES = "application/octet-stream"
ENVELOPE = b'{"status":"OK","predictions":%b}'
# Larger answers go through a file, so that they neither fill the server's memory nor keep it
# from answering others.
INLINE = 1024 * 1024


class Answer(NamedTuple):
    """An answer ready to be sent.

    Args:
        content_type: its MIME type.
        body: its content, where it is small.
        path: a temporary file with its content, where it is large; whoever sends it removes it.
        filename: base name under which a client may save it; empty if it is no file.
    """

    content_type: str
    body: bytes | None
    path: str = ""
    filename: str = ""


class Inferred(NamedTuple):
    """An answer of tensors, ready to be sent.

    Args:
        body: its content, where it is small.
        path: a temporary file with its content, where it is large; whoever sends it removes it.
        headers: what has to be said of it by HTTP.
    """

    body: bytes | None
    path: str
    headers: Mapping[str, str]


class Form(NamedTuple):
    """How a caller wants the answer.

    Args:
        accept: content type that was negotiated; empty if the model offers no choice.
        spool: path of a file to write where the answer is large.
        bare: whether JSON comes without the envelope of the API.
    """

    accept: str
    spool: str
    bare: bool = False


def render(result: Any, check: Check | None, form: Form) -> Answer:
    """Turn what ``predict`` returned into an answer.

    Args:
        result: bytes, text, a binary file or stream, or anything that has a JSON form.
        check: what a JSON answer has to pass, if anything.
        form: how the caller wants it.

    Raises:
        TypeError: it has no JSON form.
        ValueError: it does not pass.
        DiskFull: it is large, and there is no room for it.
    """
    if isinstance(result, ReturnedFile | UploadedFile) and result.filename:
        with open(result.filename, "rb") as file:
            name = result.original_filename or os.path.basename(result.filename)
            return _from_file(file, _text(name), _text(result.content_type or ""), form)
    if _is_stream(result):
        with result:
            return _from_file(result, _name(result), "", form)
    result = media.encoded(result, form.accept)
    wants_json = form.accept in ("", JSON)
    if not wants_json and isinstance(result, bytes | bytearray | memoryview | str):
        body = result.encode() if isinstance(result, str) else bytes(result)
        return _answer(_text(form.accept), body, form)
    encoded = to_json(result)
    if check is not None:
        check(result, encoded)
    return _answer(JSON, encoded if form.bare else ENVELOPE % encoded, form)


def is_raw(result: Any) -> bool:
    """Tell whether a result is bytes or a stream, which need no JSON form."""
    return isinstance(result, bytes | bytearray | memoryview) or _is_stream(result)


def _is_stream(result: Any) -> bool:
    return isinstance(result, io.IOBase) or (hasattr(result, "read") and hasattr(result, "close"))


def _name(stream: Any) -> str:
    name = getattr(stream, "name", "")
    return _text(os.path.basename(name)) if isinstance(name, str | bytes | os.PathLike) else ""


def _text(value: Any) -> str:
    """Return plain text: the server does not know a model's own kinds of it."""
    if isinstance(value, str):
        return str.__str__(value)
    return os.fsdecode(value) if isinstance(value, bytes | os.PathLike) else str(value)


def _from_file(stream: BinaryIO, name: str, content_type: str, form: Form) -> Answer:
    if isinstance(stream, io.BytesIO | io.StringIO):
        stream.seek(0)
    head: bytes | str = stream.read(INLINE + 1)
    # Of a family such as image/*, the file itself says which one it is.
    accept = _text(form.accept)
    content_type = ("" if accept.endswith("*") else accept) or content_type or _guess(name)
    filename = "" if isinstance(stream, io.BytesIO | io.StringIO) else name
    if isinstance(head, str):
        rest = stream.read()
        assert isinstance(rest, str)  # noqa: S101 - a text stream stays one
        return _answer(content_type, (head + rest).encode(), form, filename)
    if len(head) <= INLINE:
        return Answer(content_type, head, filename=filename)
    with _spooling(form.spool) as spool:
        spool.write(head)
        shutil.copyfileobj(stream, spool, INLINE)
    return Answer(content_type, None, form.spool, filename)


def _answer(content_type: str, body: bytes, form: Form, filename: str = "") -> Answer:
    return Answer(content_type, *spooled(body, form.spool), filename)


def spooled(body: bytes, spool: str) -> tuple[bytes | None, str]:
    """Return a body, or None and the path of a file that holds it, where it is large.

    Args:
        body: the content of an answer.
        spool: see ``Form``.

    Raises:
        DiskFull: there is no room for it.
    """
    if len(body) <= INLINE:
        return body, ""
    with _spooling(spool) as file:
        file.write(body)
    return None, spool


@contextmanager
def _spooling(path: str) -> Iterator[BinaryIO]:
    try:
        with create(path) as spool:
            yield spool
    except OSError as error:
        if no_room(error):
            raise DiskFull("the server's disk is full: there is no room for the answer") from error
        raise


def _guess(name: str) -> str:
    return mimetypes.guess_type(name)[0] or ANY_BYTES
