"""Forms with files."""

from __future__ import annotations

import re
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from multidict import MultiDict
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from deepaas.api.text import TEXT_LIMIT, known, named
from deepaas.exceptions import MalformedRequest, PayloadTooLarge
from deepaas.files import CallFiles, UploadedFile, base_name, create, suffix_of
from deepaas.settings import Bounds

PARTS_LIMIT = 10_000
# The first bytes of an upload are written at once, the page cache takes them; those beyond are
# gathered and written in a thread, since a busy disk would keep the server from answering others.
WRITE_BEHIND = 1024 * 1024
ANY_BYTES = "application/octet-stream"
_ESCAPED = re.compile(r"%(0D|0A|22)", re.IGNORECASE)
# Where there is no second quotation mark, all the rest: it must not be looked for again and again.
_QUOTED = re.compile(rb'"(?:\\.|[^"\\])*+"?')
_EXTENDED = re.compile(rb";\s*(\w+)\*\s*=\s*([\w-]+)'[^';]*'([^;\s]*)")


class MultipartForm:
    """A ``multipart/form-data`` body (RFC 7578) that is fed in pieces.

    Args:
        boundary: what separates its parts.
        files: where uploads are written.
        bounds: what it may hold.
    """

    def __init__(self, boundary: bytes, files: CallFiles, bounds: Bounds) -> None:
        self._files = files
        self._most_text = min(TEXT_LIMIT, bounds.text)
        self._most_parts = min(PARTS_LIMIT, bounds.arguments)
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
            OSError: an upload cannot be written.
        """
        self._begun = True
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedRequest(f"malformed multipart/form-data: {error}") from None

    def flush(self) -> None:
        """Write out what has gathered.

        Raises:
            OSError: it cannot be written.
        """
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
        if self._parts > self._most_parts:
            option = named(self._most_parts, PARTS_LIMIT, "--max-arguments")
            raise PayloadTooLarge(
                f"more than {self._most_parts} parts in multipart/form-data{option}"
            )
        self._headers.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_text(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.decode("latin-1").lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _begin_content(self) -> None:
        disposition = self._headers.get("content-disposition", b"")
        kind, options = parse_options_header(disposition)
        # The extended form (RFC 5987) has no place here, but there are clients that send it alone.
        options = {**_extended(disposition), **options}
        if kind != b"form-data" or b"name" not in options:
            raise MalformedRequest(
                "a part of multipart/form-data has no Content-Disposition: form-data with a name"
            )
        self._name = _decoded(options[b"name"])
        declared = self._headers.get("content-type", b"").decode("latin-1").strip()
        self._text.clear()
        # A browser sends an empty name for a file that was not chosen.
        filename = _decoded(options[b"filename"]) if b"filename" in options else None
        self._skip = filename == ""
        if filename:
            self._begin_file(base_name(filename), declared)
        elif filename is None:
            self._charset = _part_charset(declared)

    def _begin_file(self, filename: str, content_type: str) -> None:
        path = self._files.new_path(suffix_of(filename))
        upload = UploadedFile(self._name, path, content_type or ANY_BYTES, filename)
        self._file = create(path)
        self._written = 0
        self._values.add(self._name, upload)

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._skip:
            return
        if self._file is None:
            self._text_size += end - start
            if self._text_size > self._most_text:
                option = named(self._most_text, TEXT_LIMIT, "--max-arguments-size")
                raise PayloadTooLarge(
                    f"more than {self._most_text} bytes of text in multipart/form-data; send it "
                    f"as JSON or as a file{option}"
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


def _decoded(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise MalformedRequest("a name in multipart/form-data is not UTF-8") from None
    # Browsers write line ends and quotes in names so (HTML, "multipart/form-data encoding").
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _part_charset(content_type: str) -> str:
    _, options = parse_options_header(content_type)
    return known(options.get(b"charset", b"utf-8").decode("latin-1"))


def _extended(header: bytes) -> dict[bytes, bytes]:
    """Return parameters such as ``filename*=UTF-8''caf%C3%A9``, in UTF-8, under their plain names.

    Raises:
        MalformedRequest: one is not of the charset that it names.
    """
    if b"*" not in header:
        return {}
    extended = {}
    for name, charset, value in _EXTENDED.findall(_QUOTED.sub(b"", header)):
        try:
            text = unquote_to_bytes(value).decode(known(charset.decode("latin-1")))
        except UnicodeError:
            raise MalformedRequest("a name in multipart/form-data is not of its charset") from None
        extended[name.lower()] = text.encode()
    return extended
