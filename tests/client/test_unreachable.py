"""Servers that are not there, are none, or fall silent."""

import asyncio
import contextlib
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deepaas.client import AsyncClient, AsyncTraining, ClientError, ServerUnreachable
from tests.client.conftest import url_of


@pytest.fixture
async def answering():
    """Serve bytes that are always the same, whatever is asked."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(data: bytes, hang: bool = False) -> str:
            ended = asyncio.Event()

            async def serve(reader, writer):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(data)
                await writer.drain()
                if hang:
                    await ended.wait()
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            stack.callback(server.close)
            stack.callback(ended.set)
            return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

        yield start


def answer(status: str, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@pytest.mark.parametrize("url", ["", "nowhere", "localhost:5000", "ftp://a/", "/v2", "http://"])
def test_what_is_no_url_is_refused_at_once(url):
    with pytest.raises(ValueError, match="is no URL such as"):
        AsyncClient(url)


async def test_a_server_that_is_not_there_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with AsyncClient(f"http://user:secret@127.0.0.1:{port}/p") as client:
        with pytest.raises(ServerUnreachable, match=f"http://127.0.0.1:{port}/p/v2/") as caught:
            await client.models()
    assert caught.value.status is None
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"]
)
async def test_who_hangs_up_or_speaks_no_http_is_unreachable(answering, data):
    async with AsyncClient(await answering(data)) as client:
        with pytest.raises(ServerUnreachable):
            await client.models()


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"])
async def test_who_falls_silent_is_unreachable(answering, data):
    async with AsyncClient(await answering(data, hang=True), timeout=0.1) as client:
        with pytest.raises(ServerUnreachable, match=r"silent for 0\.1 seconds"):
            await client.models()


async def test_another_web_server_is_recognised(answering):
    async with AsyncClient(await answering(answer("200 OK", b"<html>"))) as client:
        with pytest.raises(ClientError, match="is not JSON"):
            await client.models()


async def test_what_are_no_events_is_not_asked_for_again_and_again(answering):
    url = await answering(answer("200 OK", b"<html>please log in</html>"))
    async with AsyncClient(url) as client:
        training = AsyncTraining(client._connection, ("any",), {"uuid": "any", "status": "running"})
        with pytest.raises(ClientError, match="any/events answers no events"):
            await anext(training.events())


async def test_a_page_of_a_proxy_is_shown_in_part(answering):
    data = answer("502 Bad Gateway", b"no server behind " + b"x" * 5000)
    async with AsyncClient(await answering(data)) as client:
        with pytest.raises(ClientError, match="no server behind") as caught:
            await client.models()
    assert caught.value.status == 502
    assert len(caught.value.message) == 500


async def test_an_empty_error_has_the_words_of_its_status(answering):
    async with AsyncClient(await answering(answer("500 Oh dear", b""))) as client:
        with pytest.raises(ClientError, match="Oh dear"):
            await client.models()


async def test_a_post_that_is_redirected_is_told():
    async def redirect(request):
        raise web.HTTPPermanentRedirect("/elsewhere")

    app = web.Application()
    app.router.add_post("/{path:.*}", redirect)
    async with TestServer(app) as server, AsyncClient(str(server.make_url("/"))) as client:
        with pytest.raises(ClientError, match="redirects to /elsewhere") as caught:
            await client.predict("echo")
    assert caught.value.status == 308


async def test_headers_go_with_each_request(serve):
    url = url_of(await serve("places"))
    async with AsyncClient(url, headers={"X-Token": "mine", "Cookie": "cookies=1"}) as client:
        value = (await client.predict()).value
    assert value == {"headers": "mine", "cookies": "1"}
