"""Compressed bodies, unpacked in bounded memory.

aiohttp would unpack them as well, but takes one that ends too early for a whole one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from deepaas.exceptions import MalformedRequest, UnsupportedContent

# At most this much is given out in one go, out of at most that much.
PIECE = 256 * 1024
SLICE = 16 * 1024
GZIP, ZLIB, BARE_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Unpacker:
    """Unpacks what comes in pieces; several compressed files after each other are one.

    Args:
        encoding: the ``Content-Encoding``, ``gzip`` or ``deflate``.

    Raises:
        UnsupportedContent: it is another one.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in ("gzip", "deflate"):
            raise UnsupportedContent(f"unknown Content-Encoding {encoding!r}; send gzip or deflate")
        self._encoding = encoding
        self._member: zlib._Decompress | None = None

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield what some of the body unpacks to, in pieces.

        Args:
            data: the next bytes.

        Raises:
            MalformedRequest: they are not of the encoding.
        """
        # What is left over after each step is copied, hence in slices.
        for start in range(0, len(data), SLICE):
            left = data[start : start + SLICE]
            more = True
            while more:
                piece, left = self._step(left)
                yield piece
                # A full piece may leave something within the decompressor.
                more = bool(left) or (self._member is not None and len(piece) == PIECE)

    def finish(self) -> None:
        """Take note that this was all.

        Raises:
            MalformedRequest: something is missing at the end.
        """
        if self._member is not None:
            raise MalformedRequest(f"the {self._encoding} data in the body ends too early")

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        if self._member is None:
            self._member = zlib.decompressobj(self._format(data[0]))
        try:
            piece = self._member.decompress(data, PIECE)
        except zlib.error as error:
            raise MalformedRequest(
                f"the {self._encoding} data in the body cannot be read: {error}"
            ) from None
        if self._member.eof:
            left = self._member.unused_data
            self._member = None
            return piece, left
        return piece, self._member.unconsumed_tail

    def _format(self, first: int) -> int:
        if self._encoding == "gzip":
            return GZIP
        # Some send deflate without the header that HTTP wants; the low bits tell.
        return ZLIB if first & 0x0F == 8 else BARE_DEFLATE
