"""Passwords among arguments are nowhere to be read but in the model."""

import logging

import pytest

from deepaas.schema.secrets import WRONG
from tests.api.asking import ask, get, predict
from tests.attacks.raw import send

SECRET = "Hunter2-and-more"  # noqa: S105 - it is none
PREDICT = "/v2/models/secretive/predict/"
TRAIN = "/v2/models/secretive/train/"


@pytest.fixture
async def client(serve, caplog):
    # The command has one of its own, without queries.
    caplog.set_level(logging.WARNING, "aiohttp.access")
    # The last level that is set counts for what is caught here.
    caplog.set_level(logging.DEBUG)
    return await serve("secretive", debug_endpoint=True)


REFUSED = [
    ({"quoting": SECRET}, {"quoting": [WRONG]}),
    ({"number": SECRET}, {"number": [WRONG]}),
    ({"several": ["1", SECRET]}, {"several": [WRONG]}),
    ({"login": {"key": SECRET, "user": [SECRET]}}, {"login": {"user": ["Not a valid string."]}}),
]


async def test_what_is_wrong_with_a_password_is_told_without_it(client, caplog):
    for sent, messages in REFUSED:
        answer = await predict(client, "secretive", json=sent)
        assert (answer.status, answer.json) == (422, messages)
        for path, document in (
            ("/v1/models/secretive:predict", {"instances": [sent]}),
            ("/v2/models/secretive/generate", sent),
            ("/v2/models/secretive/infer", {"inputs": [], "parameters": sent}),
        ):
            answer = await ask(client, "POST", path, json=document)
            # Lists and objects among the parameters of a request for tensors are no arguments.
            assert answer.status in (200, 400)
            assert SECRET not in answer.text
    large = {"broken": SECRET, "quoting": 40_000 * "x"}
    for sent in ({"broken": SECRET}, large):
        answer = await predict(client, "secretive", json=sent)
        assert answer.message.endswith("the field of 'broken' failed: KeyError")
    assert SECRET not in caplog.text


async def test_the_password_of_a_training_is_kept_nowhere(client, state, caplog):
    sent = {"key": SECRET, "login": {"user": "maria", "key": SECRET}, "fail": True}
    started = await ask(client, "POST", TRAIN, json=sent)
    path = f"{TRAIN}{started.json['uuid']}"
    paths = ("", "?details=1", "/events", "/log", "/metrics")
    shown = [await get(client, f"{path}{one}") for one in paths]
    shown += [started, await get(client, TRAIN), await get(client, "/v2/debug/")]
    shown += [await get(client, "/metrics"), await get(client, "/v2/models/stats")]
    shown += [await ask(client, "POST", f"{path}/resume"), await ask(client, "DELETE", path)]
    assert [one.status for one in shown].count(409) == 1
    assert not [one.url for one in shown if SECRET in one.text]
    kept = [one.read_bytes() for one in state.rglob("*") if one.is_file()]
    assert kept
    assert not any(SECRET.encode() in one for one in kept)
    assert SECRET not in caplog.text


async def test_a_token_in_a_malformed_head_is_not_logged(client, caplog):
    for header in ("Authorization : Bearer {}", " Authorization: Bearer {}", "A: {}\0", "A: {}\rb"):
        header = header.format(SECRET)
        status, _, body = await send(client, "GET / HTTP/1.1", "Host: a", header)
        assert (status, SECRET in body.decode()) == (400, False)
    long = f"Authorization: Bearer {SECRET}{9000 * 'x'}"
    assert (await send(client, "GET / HTTP/1.1", "Host: a", long))[0] == 400
    assert "no HTTP" in caplog.text
    assert SECRET not in caplog.text


async def test_a_password_in_a_query_is_not_logged(client, caplog):
    query = f"quoting={SECRET}"
    assert (await get(client, f"/v2/nothing?{query}")).status == 404
    assert (await ask(client, "POST", f"{PREDICT}?{query}", data="{")).status != 200
    long = await get(client, f"{PREDICT}?{query}&{70_000 * 'x'}")
    assert long.status == 400
    assert SECRET not in long.text
    assert SECRET not in caplog.text
