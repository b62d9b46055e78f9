"""The body of a request, read in bounded memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote_to_bytes

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiDict
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from deepaas.exceptions import MalformedRequest, PayloadTooLarge, UnsupportedContent
from deepaas.files import Scratch, UploadedFile, base_name, create, suffix_of
from deepaas.schema.parsing import Received

# A compressed body may unpack to this many bytes where the operator has set no limit.
UNPACKED_LIMIT = 32 * 1024 * 1024
# Text that comes with files is held in memory.
TEXT_LIMIT = 16 * 1024 * 1024
PARTS_LIMIT = 10_000
# The first bytes of an upload are written at once, the page cache takes them; those beyond are
# gathered and written in a thread, since a busy disk would keep the server from answering others.
WRITE_BEHIND = 1024 * 1024
# Those that aiohttp unpacks; for some of them it needs a further package, and says so.
ENCODINGS = ("identity", "gzip", "deflate", "br", "zstd")
ANY_BYTES = "application/octet-stream"


async def receive(
    request: web.Request, scratch: Scratch, limit: int, uploads: list[UploadedFile]
) -> Received:
    """Read a request.

    Args:
        request: the request.
        scratch: where uploads are written.
        limit: largest body in bytes; 0 for none.
        uploads: gets each file as it is begun, for whoever has to remove it.

    Raises:
        MalformedRequest: the body is not what its headers say.
        UnsupportedContent: it is of a type that is not read.
        PayloadTooLarge: it is larger than allowed.
    """
    received = Received(query=request.query, headers=request.headers)
    query = request.rel_url.raw_query_string
    if "%" in query:
        _check_query(query)
    if "Cookie" in request.headers:
        received.cookies = MultiDict(request.cookies)
    if not request.body_exists:
        return received
    if limit and (request.content_length or 0) > limit:
        raise PayloadTooLarge(_too_large(limit))
    try:
        await _read(request, scratch, limit, uploads, received)
    except (HttpProcessingError, web.RequestPayloadError) as error:
        encoding = request.headers.get("Content-Encoding")
        what = f"{encoding} data" if encoding else "body"
        # aiohttp writes "400, message:" before its words.
        why = str(error).rpartition("message:")[2].strip()
        raise MalformedRequest(f"the {what} cannot be read: {why}") from error
    return received


async def _read(
    request: web.Request,
    scratch: Scratch,
    limit: int,
    uploads: list[UploadedFile],
    received: Received,
) -> None:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise UnsupportedContent(f"unknown Content-Encoding {encoding!r}; send gzip or deflate")
    content_type = request.content_type.lower()
    chunks = _chunks(request, limit)
    if content_type == "multipart/form-data":
        form = MultipartForm(_boundary(request), scratch, uploads)
        try:
            async for chunk in chunks:
                form.feed(chunk)
                if form.behind > WRITE_BEHIND:
                    await asyncio.to_thread(form.flush)
            received.form = form.finish()
        finally:
            form.close()
        return
    if content_type == "application/json" or content_type.endswith("+json"):
        received.body = await _whole(chunks)
        received.body = _utf8(received.body, _known(request.charset or "utf-8"))
        return
    body = await _whole(chunks)
    if not body:
        return
    if content_type != "application/x-www-form-urlencoded":
        given = request.headers.get("Content-Type", "a body without Content-Type")
        raise UnsupportedContent(
            f"{given} is not read here; send application/json, multipart/form-data or "
            "application/x-www-form-urlencoded"
        )
    received.form = _urlencoded(body, _known(request.charset or "utf-8"))


async def _chunks(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    packed = "Content-Encoding" in request.headers
    most = limit or (UNPACKED_LIMIT if packed else 0)
    size = 0
    # Not ``iter_any``, which joins, and so copies, what has come in several pieces.
    async for chunk, _ in request.content.iter_chunks():
        size += len(chunk)
        if most and size > most:
            raise PayloadTooLarge(_too_large(most))
        yield chunk


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    parts = [chunk async for chunk in chunks]
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _utf8(body: bytes, charset: str) -> bytes:
    if charset.lower() in ("utf-8", "utf8"):
        return body
    try:
        return body.decode(charset).encode()
    except UnicodeError as error:
        raise MalformedRequest(f"the body is not {charset}: {error}") from None


def _check_query(query: str) -> None:
    # In ``request.query``, what is not UTF-8 has been replaced by question marks.
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"the query is not UTF-8: {error}") from None


def _urlencoded(body: bytes, charset: str) -> MultiDict[Any]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding=charset, errors="strict"
        )
    except (ValueError, LookupError) as error:
        raise MalformedRequest(f"the form cannot be read as {charset}: {error}") from None
    return MultiDict(pairs)


def _boundary(request: web.Request) -> bytes:
    _, options = parse_options_header(request.headers.get("Content-Type"))
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise MalformedRequest("multipart/form-data without a boundary in its Content-Type")
    return boundary


def _too_large(limit: int) -> str:
    return f"the body is larger than the {limit} bytes that this server takes"


class MultipartForm:
    """A ``multipart/form-data`` body (RFC 7578) that is fed in pieces.

    Args:
        boundary: what separates its parts.
        scratch: where files are written.
        uploads: gets each file as it is begun.
    """

    def __init__(self, boundary: bytes, scratch: Scratch, uploads: list[UploadedFile]) -> None:
        self._scratch = scratch
        self._uploads = uploads
        self._values: MultiDict[Any] = MultiDict()
        self._headers: dict[str, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._text_size = 0
        self._parts = 0
        self._name = ""
        self._charset = "utf-8"
        self._text = bytearray()
        self._file: BinaryIO | None = None
        self._skip = False
        self._written = 0
        self._pending: list[bytes] = []
        self._begun = False
        self._ended = False
        self.behind = 0
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise MalformedRequest(f"multipart/form-data: {error}") from None

    def feed(self, chunk: bytes) -> None:
        """Take the next piece.

        Raises:
            MalformedRequest: it is not multipart/form-data.
            PayloadTooLarge: it has too much text or too many parts.
        """
        self._begun = True
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedRequest(f"malformed multipart/form-data: {error}") from None

    def flush(self) -> None:
        """Write out what has gathered."""
        if self._file is not None and self._pending:
            self._file.write(b"".join(self._pending))
        self._pending.clear()
        self.behind = 0

    def finish(self) -> MultiDict[Any]:
        """Return texts and files by name.

        Raises:
            MalformedRequest: the last boundary is missing.
        """
        if self._begun and not self._ended:
            raise MalformedRequest("multipart/form-data ends before its last boundary")
        return self._values

    def close(self) -> None:
        """Let go of the file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._header_field,
            "on_header_value": self._header_text,
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_content,
            "on_part_data": self._content,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > PARTS_LIMIT:
            raise PayloadTooLarge(f"more than {PARTS_LIMIT} parts in multipart/form-data")
        self._headers.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_text(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.decode("latin-1").lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _begin_content(self) -> None:
        kind, options = parse_options_header(self._headers.get("content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise MalformedRequest(
                "a part of multipart/form-data has no Content-Disposition: form-data with a name"
            )
        self._name = _decoded(options[b"name"])
        declared = self._headers.get("content-type", b"").decode("latin-1").strip()
        self._text.clear()
        self._charset = _part_charset(declared)
        # A browser sends an empty name for a file that was not chosen.
        filename = _decoded(options[b"filename"]) if b"filename" in options else None
        self._skip = filename == ""
        if filename:
            self._begin_file(base_name(filename), declared)

    def _begin_file(self, filename: str, content_type: str) -> None:
        path = self._scratch.new_path(suffix_of(filename))
        upload = UploadedFile(self._name, path, content_type or ANY_BYTES, filename)
        self._uploads.append(upload)
        self._file = create(path)
        self._written = 0
        self._values.add(self._name, upload)

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._skip:
            return
        if self._file is None:
            self._text_size += end - start
            if self._text_size > TEXT_LIMIT:
                raise PayloadTooLarge(
                    f"more than {TEXT_LIMIT} bytes of text in multipart/form-data; send it as JSON "
                    "or as a file"
                )
            self._text += data[start:end]
            return
        piece = data if start == 0 and end == len(data) else data[start:end]
        self._written += end - start
        if self._written <= WRITE_BEHIND:
            self._file.write(piece)
        else:
            self._pending.append(bytes(piece))
            self.behind += len(piece)

    def _end_part(self) -> None:
        if self._file is not None:
            self.flush()
            self.close()
        elif not self._skip:
            try:
                self._values.add(self._name, self._text.decode(self._charset))
            except UnicodeError:
                raise MalformedRequest(
                    f"the text of {self._name!r} in multipart/form-data is not {self._charset}"
                ) from None

    def _end(self) -> None:
        self._ended = True


_ESCAPED = re.compile(r"%(0D|0A|22)", re.IGNORECASE)


def _decoded(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise MalformedRequest("a name in multipart/form-data is not UTF-8") from None
    # Browsers write line ends and quotes in names so (HTML, "multipart/form-data encoding").
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _part_charset(content_type: str) -> str:
    _, options = parse_options_header(content_type)
    return _known(options.get(b"charset", b"utf-8").decode("latin-1"))


def _known(charset: str) -> str:
    try:
        "".encode(charset)
    except (LookupError, UnicodeError):
        raise UnsupportedContent(f"unknown charset {charset!r}; send UTF-8") from None
    return charset
