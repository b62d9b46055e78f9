"""Arguments become a request."""

from __future__ import annotations

import io
import json
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
from aiohttp.payload import IOBasePayload

from deepaas.client.declarations import Places

ANY_BYTES = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
NO_FILE = "a file is given as a Path, an open binary file or a File"
LISTS = (list, tuple, set, frozenset)


@dataclass(frozen=True)
class File:
    """A file as an argument.

    Args:
        content: its bytes, or an open binary file with them.
        filename: the name that the model sees.
        content_type: its MIME type; by default what the name suggests.
    """

    content: bytes | BinaryIO
    filename: str = "file"
    content_type: str = ""

    @property
    def type(self) -> str:
        """Its MIME type."""
        return self.content_type or mimetypes.guess_type(self.filename)[0] or ANY_BYTES


def request_options(
    arguments: Mapping[str, Any], accept: str | None, places: Places, opened: ExitStack
) -> dict[str, Any]:
    """Return what to tell aiohttp, so that each argument arrives where the model looks for it.

    Args:
        arguments: by name.
        accept: content type of the answer, if it matters.
        places: where the arguments go; the others go into the body.
        opened: closes the files that are opened here.

    Raises:
        TypeError: an argument has no form in which it could be sent.
        ValueError: likewise.
        OSError: a file cannot be read.
    """
    headers: dict[str, str] = {}
    if accept is not None:
        headers["Accept"] = accept
        # To some models it is an argument like any other.
        asked = {name for name, place in places.items() if place != "header"}
        named = {name: accept for name in asked if name.lower() == "accept"}
        arguments = {**named, **arguments}
    query: list[tuple[str, str]] = []
    body: dict[str, Any] = {}
    form = False
    for name, value in arguments.items():
        place = places.get(name)
        if place == "header":
            headers[name] = ",".join(_texts(name, value))
        elif place == "query":
            query += [(name, text) for text in _texts(name, value)]
        else:
            body[name] = value
            form = form or place == "form" or any(map(_is_file, _values(value)))
    options: dict[str, Any] = {"headers": headers, "params": query}
    if form:
        options["data"] = _multipart(body, opened)
    elif body:
        headers["Content-Type"] = "application/json"
        # aiohttp sends large bytes in pieces only if they are a stream.
        options["data"] = io.BytesIO(_json(body).encode())
    return options


def _multipart(arguments: Mapping[str, Any], opened: ExitStack) -> aiohttp.MultipartWriter:
    # Not ``aiohttp.FormData``, which writes names that are no identifiers as nobody reads them.
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in arguments.items():
        if not any(map(_is_file, _values(value))):
            for text in _texts(name, value):
                part = writer.append(io.BytesIO(text.encode()), {"Content-Type": TEXT})
                part.headers["Content-Disposition"] = _disposition(name)
            continue
        for file in [_file(name, one, opened) for one in _values(value)]:
            part = writer.append(_content(file), {"Content-Type": file.type})
            part.headers["Content-Disposition"] = _disposition(name, file.filename)
    return writer


def _content(file: File) -> Any:
    return io.BytesIO(file.content) if isinstance(file.content, bytes) else _Kept(file.content)


class _Kept(IOBasePayload):
    """An open file that is closed by whoever has opened it, not by aiohttp."""

    def _close(self) -> None:
        pass


def _disposition(name: str, filename: str | None = None) -> str:
    """Return a header as browsers write it (HTML, "multipart/form-data encoding")."""
    header = f'form-data; name="{_escaped(name)}"'
    return header if filename is None else f'{header}; filename="{_escaped(filename)}"'


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _values(value: Any) -> Iterator[Any]:
    return iter(value) if isinstance(value, LISTS) else iter((value,))


def _is_file(value: Any) -> bool:
    return isinstance(value, Path | File | bytes | bytearray) or _is_open(value)


def _is_open(value: Any) -> bool:
    return hasattr(value, "read")


def _file(name: str, value: Any, opened: ExitStack) -> File:
    if isinstance(value, File):
        return value
    if isinstance(value, bytes | bytearray):
        return File(bytes(value), "file")
    if isinstance(value, Path):
        return File(opened.enter_context(value.open("rb")), value.name)
    if not _is_open(value) or isinstance(value, io.TextIOBase):
        raise TypeError(f"{name!r}: {NO_FILE}, not {value!r}")
    path = getattr(value, "name", "")
    return File(value, Path(path).name if isinstance(path, str) and path else "file")


def _texts(name: str, value: Any) -> list[str]:
    """Return an argument as it goes into a query, a header or a form: a list repeats its key."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    texts = [_text(name, one) for one in _values(value)]
    if not texts:
        raise ValueError(f"{name!r} goes where an empty list has no form; leave it out")
    return texts


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError(f"{name!r} goes where None has no form; leave it out")
    text = _json(value)
    # What is text in JSON goes without its quotes.
    return str(json.loads(text)) if text.startswith('"') else text


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview) or _is_file(value):
        raise TypeError(f"{NO_FILE}, not within JSON")
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return list(value) if isinstance(value, LISTS) else str(value)
