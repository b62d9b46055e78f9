"""Errors of any kind become answers in JSON."""

import errno

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from deepaas.api.middlewares import errors
from deepaas.exceptions import ModelRefusal
from tests.api.asking import get


@pytest.fixture
async def answered():
    """Return what is answered where a handler raises."""
    clients = []

    async def answer(error):
        async def handler(request):
            raise error

        app = web.Application(middlewares=[errors])
        app.router.add_get("/", handler)
        client = TestClient(TestServer(app))
        clients.append(client)
        await client.start_server()
        return await get(client, "/")

    yield answer
    for client in clients:
        await client.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
async def test_no_room_is_507(answered, number):
    answer = await answered(OSError(number, "no room"))
    assert answer.status == 507
    assert "disk is full" in answer.message


@pytest.mark.parametrize(
    "error", [PermissionError(errno.EACCES, "no"), OSError("no"), BrokenPipeError("elsewhere")]
)
async def test_whatever_else_the_system_says_is_500_and_logged(answered, error, caplog):
    answer = await answered(error)
    assert answer.status == 500
    assert "internal error" in answer.message
    assert type(error).__name__ in caplog.text


async def test_a_good_answer_that_a_model_raises_is_no_error(answered):
    answer = await answered(ModelRefusal(202, "Accepted", "come back", {"Retry-After": "5"}))
    assert (answer.status, answer.text, answer.headers["Retry-After"]) == (202, "come back", "5")
    assert answer.content_type == "text/plain"
    answer = await answered(ModelRefusal(204, "No Content"))
    assert (answer.status, answer.body) == (204, b"")


async def test_a_redirect_keeps_its_aim(answered):
    answer = await answered(ModelRefusal(303, "See Other", headers={"Location": "/there"}))
    assert (answer.status, answer.headers["Location"]) == (303, "/there")
