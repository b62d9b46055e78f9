"""The body of a request, read in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from urllib.parse import unquote_to_bytes

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiDict
from python_multipart.multipart import parse_options_header

from deepaas.api import connections
from deepaas.api.limiting import CHARGE
from deepaas.api.multipart import WRITE_BEHIND, MultipartForm
from deepaas.api.text import TEXT_LIMIT, known, named, read_apart, to_utf8
from deepaas.api.unpacking import Unpacker
from deepaas.api.urlencoded import parse_urlencoded
from deepaas.exceptions import (
    MalformedRequest,
    PayloadTooLarge,
    StalledRequest,
    UnsupportedContent,
)
from deepaas.files import CallFiles
from deepaas.schema.parsing import Received
from deepaas.settings import Bounds

# A compressed body may unpack to this many bytes where the operator has set no limit.
UNPACKED_LIMIT = 32 * 1024 * 1024


async def receive(request: web.Request, files: CallFiles, bounds: Bounds) -> Received:
    """Read a request.

    Args:
        request: the request.
        files: where uploads are written.
        bounds: what it may hold.

    Raises:
        MalformedRequest: the body is not what its headers say.
        UnsupportedContent: it is of a type that is not read.
        PayloadTooLarge: it is larger than allowed.
        StalledRequest: it stopped coming.
        OSError: an upload cannot be written.
    """
    received = Received(query=request.query, headers=request.headers)
    query = request.rel_url.raw_query_string
    if query.count("&") >= bounds.arguments:
        raise PayloadTooLarge(f"more than {bounds.arguments} fields in a query (--max-arguments)")
    if "%" in query:
        _check_query(query)
    if "Cookie" in request.headers:
        received.cookies = _cookies(request)
    if not request.body_exists:
        return received
    _check_length(request, bounds.body)
    with _unreadable():
        await _read(request, files, bounds, received)
    return received


async def read_whole(request: web.Request, bounds: Bounds, text: int | None = None) -> bytes:
    """Return the body of a request, unpacked, whatever it is.

    Args:
        request: the request.
        bounds: what it may hold.
        text: how many bytes of it are said to be JSON; None for all.

    Raises:
        DeepaasError: see ``receive``.
    """
    if not request.body_exists:
        # What aiohttp has in its place is shared by all requests, and ends only the first time.
        return b""
    _check_length(request, bounds.body)
    if text is not None and text > bounds.text:
        raise PayloadTooLarge(_too_much_json(bounds.text))
    most = bounds.text if text is None else 0
    with _unreadable():
        return await _whole(_chunks(request, bounds.body), most)


def _check_length(request: web.Request, limit: int) -> None:
    if limit and (request.content_length or 0) > limit:
        raise PayloadTooLarge(_too_large(limit, packed=False))


@contextmanager
def _unreadable() -> Iterator[None]:
    try:
        yield
    except (HttpProcessingError, web.RequestPayloadError) as error:
        # aiohttp writes "400, message:" before its words.
        why = str(error).rpartition("message:")[2].strip()
        raise MalformedRequest(f"the body cannot be read: {why}") from error


async def _read(request: web.Request, files: CallFiles, bounds: Bounds, received: Received) -> None:
    content_type = request.content_type.lower()
    chunks = _chunks(request, bounds.body)
    if content_type == "multipart/form-data":
        form = MultipartForm(_boundary(request), files, bounds)
        try:
            async for chunk in chunks:
                form.feed(chunk)
                if form.behind > WRITE_BEHIND:
                    await asyncio.to_thread(form.flush)
            received.form = form.finish()
        finally:
            form.close()
    elif content_type == "application/json" or content_type.endswith("+json"):
        body = await _whole(chunks, bounds.text)
        received.body = to_utf8(body, known(request.charset or "utf-8"))
    elif content_type == "application/x-www-form-urlencoded":
        body = await _form(chunks, min(TEXT_LIMIT, bounds.text))
        charset = known(request.charset or "utf-8")
        received.form = await read_apart(
            len(body), parse_urlencoded, body, charset, bounds.arguments
        )
    else:
        await _refuse(request, chunks)


async def _chunks(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    packed = encoding != "identity"
    # In somebody else's server aiohttp has unpacked it already.
    unpacked = getattr(request.content, "total_compressed_bytes", None) is not None
    unpacker = Unpacker(encoding) if packed and not unpacked else None
    most = limit or (UNPACKED_LIMIT if packed else 0)
    size = 0
    charge = request.get(CHARGE) if request.content_length is None else None
    async for chunk in _arriving(request.content):
        if charge is not None:
            charge(len(chunk))
        for piece in (chunk,) if unpacker is None else unpacker.unpack(chunk):
            size += len(piece)
            if most and size > most:
                raise PayloadTooLarge(_too_large(limit, packed))
            yield piece
        if unpacker is not None:
            await asyncio.sleep(0)
    if unpacker is not None:
        unpacker.finish()


async def _arriving(content: StreamReader) -> AsyncIterator[bytes]:
    """Give a body as it comes.

    Raises:
        StalledRequest: nothing has come for too long.
    """
    while True:
        # Not ``readany``, which joins, and so copies, what has come in several pieces.
        if content.is_eof():
            # Most bodies come whole; a timer would cost them more than all the rest of this.
            chunk, more = await content.readchunk()
        else:
            try:
                async with asyncio.timeout(connections.SILENCE):
                    chunk, more = await content.readchunk()
            except TimeoutError:
                raise StalledRequest(
                    f"the body stopped coming: not a byte in {connections.SILENCE:g} s"
                ) from None
        if not chunk and not more:
            return
        yield chunk


async def _whole(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """Return a body; raises PayloadTooLarge where it is larger than JSON may be, 0 for any size."""
    pieces, size = [], 0
    async for chunk in chunks:
        size += len(chunk)
        if most and size > most:
            raise PayloadTooLarge(_too_much_json(most))
        pieces.append(chunk)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _form(chunks: AsyncIterator[bytes], most: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise PayloadTooLarge(
                f"more than {most} bytes in a form; send it as JSON, or files as "
                f"multipart/form-data{named(most, TEXT_LIMIT, '--max-arguments-size')}"
            )
    return bytes(body)


async def _refuse(request: web.Request, chunks: AsyncIterator[bytes]) -> None:
    async for chunk in chunks:
        if chunk:
            given = request.headers.get("Content-Type", "a body without Content-Type")
            raise UnsupportedContent(
                f"{given} is not read here; send application/json, multipart/form-data or "
                "application/x-www-form-urlencoded"
            )


def _check_query(query: str) -> None:
    # In ``request.query``, what is not UTF-8 has been replaced by question marks.
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"the query is not UTF-8: {error}") from None


def _cookies(request: web.Request) -> MultiDict[str]:
    # aiohttp keeps only the last of several by one name, and the first is to count.
    unquoted = SimpleCookie().value_decode
    pairs = (one.partition("=") for one in request.headers["Cookie"].split(";"))
    return MultiDict(
        (name.strip(), unquoted(value.strip())[0]) for name, equals, value in pairs if equals
    )


def _boundary(request: web.Request) -> bytes:
    content_type = request.headers.get("Content-Type", "")
    try:
        _, options = parse_options_header(content_type)
    except UnicodeError:
        raise MalformedRequest("the Content-Type of multipart/form-data is not ASCII") from None
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise MalformedRequest("multipart/form-data without a boundary in its Content-Type")
    return boundary


def _too_much_json(most: int) -> str:
    return (
        f"more than {most} bytes of JSON (--max-arguments-size); send files as multipart/form-data"
    )


def _too_large(limit: int, packed: bool) -> str:
    if not packed:
        return f"the body is larger than the {limit} bytes that this server takes"
    if limit:
        return f"the body unpacks to more than the {limit} bytes that this server takes"
    return (
        f"the body unpacks to more than {UNPACKED_LIMIT} bytes, which is the limit for compressed "
        "bodies here; send it uncompressed"
    )
