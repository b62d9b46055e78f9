"""Connections that end before their answer does."""

import aiohttp
import pytest
from aiohttp import web

from deepaas.api.connections import Runner
from deepaas.api.middlewares import errors


@pytest.fixture
async def run():
    """Run a handler in the server's own way; returns its URL."""
    runners = []

    async def start(handler):
        app = web.Application(middlewares=[errors])
        app.router.add_get("/", handler)
        runner = Runner(app, shutdown_timeout=1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return "http://{}:{}/".format(*runner.addresses[0][:2])

    yield start
    for runner in runners:
        await runner.cleanup()


async def test_an_answer_that_nobody_takes_is_not_complained_of(run, caplog):
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        request.transport.abort()
        # The server notices before it is told that the connection is lost.
        await response.write(b"something")

    url = await run(handler)
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientError):
            await (await client.get(url)).read()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(run, caplog):
    async def handler(request):
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"something")
        raise OSError("the disk is broken")

    url = await run(handler)
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    assert "the disk is broken" in caplog.text
