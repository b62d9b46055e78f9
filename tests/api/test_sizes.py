"""Bodies that are compressed, or larger than allowed."""

import asyncio
import gzip
import io
import json
import os
import struct
import zlib
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.api.asking import JSON, Answer, ask, get, predict

GZIP = {**JSON, "Content-Encoding": "gzip"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DOCUMENT = b'{"str": "unpacked"}'


async def test_compressed_bodies_are_unpacked(serve):
    client = await serve("kinds", "echo")
    for encoding, body in (("gzip", gzip.compress(DOCUMENT)), ("deflate", zlib.compress(DOCUMENT))):
        headers = {**JSON, "Content-Encoding": encoding}
        answer = await predict(client, "kinds", data=body, headers=headers)
        assert answer.predictions == {"str": "'unpacked'"}
    part = b'--b\r\nContent-Disposition: form-data; name="data"; filename="a"\r\n\r\n'
    body = gzip.compress(part + b"x" * 3_000_000 + b"\r\n--b--\r\n")
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Encoding": "gzip"}
    answer = await predict(client, "echo", data=body, headers=headers, params={"how": "size"})
    assert answer.predictions == 3_000_000


async def test_bad_gzip_is_400(serve, caplog):
    client = await serve("kinds")
    damaged = bytearray(gzip.compress(os.urandom(1000)))
    damaged[500] ^= 1
    for body in (b"nonsense", gzip.compress(DOCUMENT)[1:], bytes(damaged)):
        answer = await predict(client, "kinds", data=body, headers=GZIP)
        assert answer.status == 400
        assert "gzip" in answer.message
        assert "\n" not in answer.message
        assert (await predict(client, "kinds")).status == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body_that_ends_too_early_is_400(serve, encoding):
    client = await serve("kinds")
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    headers = {**JSON, "Content-Encoding": encoding}
    # What is there would do as a document.
    padded = DOCUMENT + os.urandom(100_000).hex().translate({ord(c): " " for c in "0123"}).encode()
    for body in (pack(DOCUMENT)[:-1], pack(DOCUMENT)[:-5], pack(padded)[:-1000]):
        answer = await predict(client, "kinds", data=body, headers=headers)
        assert answer.status == 400
        assert f"the {encoding} data in the body ends too early" in answer.message


async def test_several_compressed_files_after_each_other_are_one_body(serve):
    client = await serve("kinds")
    body = b"".join(gzip.compress(bytes((byte,))) for byte in DOCUMENT.ljust(5000))
    answer = await predict(client, "kinds", data=body, headers=GZIP)
    assert answer.predictions == {"str": "'unpacked'"}


async def test_an_unknown_encoding_is_415(serve):
    client = await serve("kinds")
    for encoding in ("rot13", "br", "zstd", "gzip, gzip"):
        headers = {**JSON, "Content-Encoding": encoding}
        answer = await predict(client, "kinds", data=DOCUMENT, headers=headers)
        assert answer.status == 415
        assert encoding in answer.message


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_413_in_little_memory(serve, encoding):
    client = await serve("kinds")
    packed = bomb(31 if encoding == "gzip" else 15)
    before = forget_peak()
    answer = await predict(
        client, "kinds", data=io.BytesIO(packed), headers={**JSON, "Content-Encoding": encoding}
    )
    assert answer.status == 413
    assert "unpacks to more than" in answer.message
    assert "limit for compressed bodies" in answer.message
    assert peak() - before < 64 * 1024
    assert (await predict(client, "kinds")).status == 200


def bomb(wbits):
    """Return half a gigabyte of spaces, compressed."""
    compressor = zlib.compressobj(wbits=wbits)
    spaces = b" " * 2**20
    return b"".join([*(compressor.compress(spaces) for _ in range(512)), compressor.flush()])


def forget_peak():
    """Let the peak of this process's memory begin anew, and return it in KiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak():
    """Return the largest size of this process in memory so far, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


async def test_the_limit_is_inclusive(serve):
    client = await serve("kinds", client_max_size=100)
    fits, exceeds = DOCUMENT.ljust(100), DOCUMENT.ljust(101)
    answer = await predict(client, "kinds", data=fits, headers=JSON)
    assert answer.predictions == {"str": "'unpacked'"}
    for body in (exceeds, pieces(exceeds)):
        answer = await predict(client, "kinds", data=body, headers=JSON)
        assert answer.status == 413
        assert "100 bytes" in answer.message
    assert (await predict(client, "kinds", data=pieces(fits), headers=JSON)).status == 200


async def test_the_limit_counts_what_a_body_unpacks_to(serve):
    client = await serve("kinds", client_max_size=100)
    fits = gzip.compress(DOCUMENT.ljust(100))
    assert (await predict(client, "kinds", data=fits, headers=GZIP)).status == 200
    exceeds = gzip.compress(DOCUMENT.ljust(101))
    assert len(exceeds) < 100
    assert (await predict(client, "kinds", data=exceeds, headers=GZIP)).status == 413


async def test_the_limit_holds_for_every_kind_of_body(serve):
    client = await serve("echo", client_max_size=1000)
    large = "x" * 2000
    multipart = aiohttp.FormData({"text": large}, default_to_multipart=True)
    file = aiohttp.FormData()
    file.add_field("data", large.encode(), filename="large.txt")
    for request in (
        {"data": {"text": large}},
        {"json": {"text": large}},
        {"data": multipart},
        {"data": file},
        {"data": large.encode(), "headers": {"Content-Type": "text/plain"}},
    ):
        assert (await predict(client, "echo", **request)).status == 413


async def test_a_form_may_not_fill_the_memory_with_text_or_parts(serve):
    client = await serve("echo")
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
    for body in (part + b"x" * 17_000_000, (part + b"x\r\n") * 10_001):
        data = io.BytesIO(body + b"\r\n--b--\r\n")
        answer = await predict(client, "echo", data=data, headers=headers)
        assert answer.status == 413
        assert "multipart/form-data" in answer.message


async def test_a_form_without_files_is_bounded_too(serve):
    client = await serve("echo")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"text=" + b"x" * 17_000_000, b"values=1&" * 300_000):
        answer = await predict(client, "echo", data=io.BytesIO(body), headers=headers)
        assert answer.status == 413
        assert "form; send" in answer.message


async def test_how_many_arguments_there_may_be_is_an_option(serve):
    client = await serve("echo", max_arguments=3)
    few, many = ([("values", str(number)) for number in range(size)] for size in (3, 4))
    url = "/v2/models/echo/predict/"
    for values, status in ((few, 200), (many, 413)):
        for request in (
            {"params": values},
            {"data": dict(values), "params": values},
            {"data": urlencode(values), "headers": FORM},
            {"data": multipart(values)},
        ):
            answer = await ask(client, "POST", url, **request)
            assert answer.status == status, answer.body
            assert status == 200 or "more than 3 " in answer.message
            assert status == 200 or "--max-arguments" in answer.message
    for size, status in ((3, 200), (4, 413)):
        document = {"instances": [{"text": "a"}] * size}
        assert (
            await ask(client, "POST", "/v1/models/echo:predict", json=document)
        ).status == status


async def test_how_large_arguments_may_be_is_an_option_that_spares_files(serve):
    client = await serve("echo", max_arguments_size=1000)
    text = {"text": 1001 * "x"}
    for way, model in (
        ({"json": text}, "v2/models/echo/predict/"),
        ({"data": pieces(json.dumps(text).encode()), "headers": JSON}, "v2/models/echo/predict/"),
        ({"data": text}, "v2/models/echo/predict/"),
        ({"data": multipart([*text.items()])}, "v2/models/echo/predict/"),
        ({"json": text}, "v2/models/echo/generate"),
        ({"json": {"instances": [text]}}, "v1/models/echo:predict"),
        ({"json": {"inputs": [], "parameters": text}}, "v2/models/echo/infer"),
    ):
        answer = await ask(client, "POST", f"/{model}", **way)
        assert answer.status == 413, (model, answer.body)
        assert "more than 1000 bytes of" in answer.text or "1000 bytes in a form" in answer.text
        assert "--max-arguments-size" in answer.text
    file = aiohttp.FormData({"how": "size"})
    file.add_field("data", 5000 * b"x", filename="a")
    assert (await predict(client, "echo", data=file)).predictions == 5000
    # Packed tensors are no text.
    head = json.dumps(
        {
            "inputs": [
                {
                    "name": "text",
                    "datatype": "BYTES",
                    "shape": [1],
                    "parameters": {"binary_data_size": 2004},
                }
            ]
        }
    ).encode()
    for said, status in ((len(head), 200), (1001, 413)):
        headers = {"Inference-Header-Content-Length": str(said)}
        data = head + struct.pack("<I", 2000) + 2000 * b"x"
        answer = await ask(client, "POST", "/v2/models/echo/infer", data=data, headers=headers)
        assert answer.status == status, answer.body


def multipart(values):
    """Return a form that is sent in parts."""
    return aiohttp.FormData(values, default_to_multipart=True)


async def test_a_limit_of_zero_is_none(serve):
    client = await serve("echo", client_max_size=0)
    file = aiohttp.FormData({"how": "size"})
    file.add_field("data", io.BytesIO(b"x" * 20_000_000), filename="large.bin")
    assert (await predict(client, "echo", data=file)).predictions == 20_000_000


async def test_a_body_that_is_too_large_is_refused_before_it_is_there(serve):
    client = await serve("kinds", client_max_size=1000)
    announced = {**JSON, "Content-Length": "2000"}
    for data, headers in ((b" " * 1500, JSON), (b" ", announced)):
        answer = await first_answer(client, stalling(data), headers)
        assert answer.status == 413


async def first_answer(client, data, headers) -> Answer:
    """Return the answer to a body that never ends."""
    async with asyncio.timeout(5):
        return await predict(client, "kinds", data=data, headers=headers)


@pytest.mark.parametrize("way", ["multipart", "urlencoded", "json"])
@pytest.mark.parametrize("function", ["predict", "train"])
async def test_others_are_answered_while_a_large_body_is_read(serve, pipes, way, function):
    client = await serve("pondering")
    reached, go_on = pipes
    text = f"{reached.path}|{go_on.path}|{'x' * 100_000}"
    body = {
        "multipart": {"data": aiohttp.FormData({"text": text}, default_to_multipart=True)},
        "urlencoded": {"data": {"text": text}},
        "json": {"json": {"text": text}},
    }[way]
    path = f"/v2/models/pondering/{function}/"
    large = asyncio.create_task(ask(client, "POST", path, **body))
    assert await reached.line() == "reached"
    assert (await get(client, "/v2/models/")).status == 200
    go_on.let()
    assert (await large).status == 200


async def pieces(data):
    """Yield data byte by byte, so that nobody knows its size beforehand."""
    for byte in data:
        yield bytes((byte,))


async def stalling(data):
    """Yield data, and then nothing for ever."""
    yield data
    await asyncio.Event().wait()
