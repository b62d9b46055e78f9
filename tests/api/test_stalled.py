"""Requests that stop coming, and clients that stop reading."""

import asyncio
import socket
import time

import pytest

from deepaas.api import connections

HEAD = b"POST /v2/models/echo/predict/ HTTP/1.1\r\nHost: here\r\n"
JSON = b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture
async def connect(serve, monkeypatch):
    """Open a connection to a server that waits half a second; returns its two streams."""
    monkeypatch.setattr(connections, "SILENCE", 0.5)
    client = await serve("echo")
    writers = []

    async def connection():
        base = client._base_url
        reader, writer = await asyncio.open_connection(base.host, base.port)
        writers.append(writer)
        return reader, writer

    yield connection
    for writer in writers:
        writer.close()


async def read(reader):
    return await asyncio.wait_for(reader.read(), 5)


@pytest.mark.parametrize("sent", [b"P", HEAD, HEAD + b"Content-Type: appl"])
async def test_a_head_that_stops_coming_ends_its_connection(connect, sent):
    reader, writer = await connect()
    writer.write(sent)
    assert await read(reader) == b""


@pytest.mark.parametrize("sent", [b"", b'{"te'])
async def test_a_body_that_stops_coming_is_408_in_json_and_ends_its_connection(connect, sent):
    reader, writer = await connect()
    writer.write(HEAD + JSON + sent)
    head, _, body = (await read(reader)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/json" in head
    assert b"the body stopped coming" in body


async def test_a_request_that_comes_slowly_is_answered(connect):
    reader, writer = await connect()
    for piece in (HEAD, JSON, b" " * 50, b" " * 48, b"{}"):
        writer.write(piece)
        # In sum longer than the silence that ends a connection.
        await asyncio.sleep(0.2)
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 200 ")


async def test_a_connection_that_rests_after_an_answer_is_kept(connect):
    reader, writer = await connect()
    for pause in (0.7, 0):
        writer.write(b"GET /v2/ HTTP/1.1\r\nHost: here\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"]}"), 5)).startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(pause)


async def ask_raw(client, query):
    """Ask for a stream over a plain socket, whose owner reads as he likes."""
    url = client._base_url
    raw = socket.create_connection((url.host, url.port))
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(
        raw,
        f"POST /v2/models/streaming/predict/?{query} HTTP/1.1\r\nHost: x\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n".encode(),
    )
    return raw


async def test_a_client_that_does_not_read_its_stream_is_hung_up_on(serve, pipes, caplog):
    client = await serve("streaming", stream_timeout=1)
    told, _ = pipes
    with await ask_raw(client, f"items=1000000&size=100000&told={told.path}") as raw:
        assert await told.line() == "begun"
        # Nobody has left: the generator is stopped all the same, and its worker serves on.
        assert await told.line(60) == "ended"
        async with asyncio.timeout(60), client.post("/v2/models/streaming/predict/") as response:
            assert response.status == 200
        # What is on its way arrives, and then there is no more.
        while await asyncio.get_running_loop().sock_recv(raw, 1 << 20):
            pass
    assert "taken nothing of /v2/models/streaming/predict/ for 1 s (--stream-timeout)" in (
        caplog.text
    )


async def test_a_client_that_reads_slowly_is_waited_for(serve):
    # Long enough for a reader on a busy machine, and shorter than all of the reading.
    client = await serve("streaming", stream_timeout=3.0)
    begin, received = time.monotonic(), 0
    with await ask_raw(client, "items=40&size=1000000") as raw:
        while data := await asyncio.get_running_loop().sock_recv(raw, 1 << 20):
            received += len(data)
            await asyncio.sleep(0.1)
    assert received > 40_000_000
    assert time.monotonic() - begin > 3.0
