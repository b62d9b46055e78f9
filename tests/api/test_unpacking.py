"""Compressed bodies."""

import gzip
import os
import zlib

import pytest

from deepaas.api.unpacking import PIECE, SLICE, Unpacker
from deepaas.exceptions import MalformedRequest


def bare(data):
    """Return deflate without a header, as some clients send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {"gzip": gzip.compress, "deflate": zlib.compress, "bare": bare}
CONTENTS = [b"", b"a", bytes(3 * PIECE), bytes(PIECE), os.urandom(3 * SLICE)]


def unpack(encoding, body, size):
    unpacker = Unpacker(encoding)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    pieces = [piece for chunk in chunks for piece in unpacker.unpack(chunk)]
    assert all(len(piece) <= PIECE for piece in pieces)
    unpacker.finish()
    return b"".join(pieces)


@pytest.mark.parametrize("size", [1, 1000, 10**7])
@pytest.mark.parametrize("way", PACKED)
def test_what_was_packed_comes_out_again_however_it_is_cut(way, size):
    encoding = "deflate" if way == "bare" else way
    for content in CONTENTS:
        packed = PACKED[way](content)
        assert unpack(encoding, packed, size) == content
        with pytest.raises(MalformedRequest, match="too early"):
            unpack(encoding, packed[:-1], size)
    several = b"".join(map(PACKED[way], CONTENTS))
    assert unpack(encoding, several, size) == b"".join(CONTENTS)


def test_what_follows_without_being_packed_is_refused():
    with pytest.raises(MalformedRequest, match="gzip data in the body cannot be read"):
        unpack("gzip", gzip.compress(b"a") + b"no gzip", 10)


def test_no_bytes_are_no_bytes():
    assert unpack("gzip", b"", 1) == b""
