"""Each request has an id: in its answer, and in all that is logged for it."""

import asyncio
import re

import pytest

from tests.api.asking import ask, get, predict
from tests.conftest import url_of

HEADER = "X-Request-ID"
ALONE = "saying:alone"
NEW = re.compile(r"[0-9a-f]{12}-[0-9a-f]+")


async def said(client, text):
    """Return the lines that the server and its workers have logged with a text."""
    answer = await get(client, "/v2/debug/")
    return [line for line in answer.text.splitlines() if text in line]


@pytest.fixture
async def client(serve):
    return await serve(ALONE, "saying:batched", "saying:at_once", debug_endpoint=True)


def named(identifier):
    return {HEADER: identifier}


# Requests, and the status of the answer.
ANSWERS = (
    ("GET", "/v2/", 200),
    ("HEAD", "/v2/", 200),
    ("POST", f"/v2/models/{ALONE}/predict/", 200),
    ("POST", f"/v2/models/{ALONE}/predict/?how=stream", 200),
    ("POST", f"/v2/models/{ALONE}/predict/?how=large", 200),
    ("GET", "/api/static/index.css", 404),
    ("GET", "/api/static/swagger-ui.css", 200),
    ("GET", "/ui", 302),
    ("GET", "/nowhere", 404),
    ("DELETE", "/v2/", 405),
    ("POST", f"/v2/models/{ALONE}/predict/?how=fail", 500),
    ("GET", f"/v2/models/{ALONE}/train/0/log/", 404),
    ("GET", "/metrics", 200),
)


async def test_each_answer_has_the_id_that_its_request_had(client):
    for number, (method, path, status) in enumerate(ANSWERS):
        identifier = f"a.Client-{number}_b"
        answer = await ask(client, method, path, headers=named(identifier))
        assert (path, answer.status) == (path, status)
        assert answer.headers.getall(HEADER) == [identifier]


async def test_a_request_without_an_id_gets_one_of_its_own(client):
    found = [(await get(client, "/v2/")).headers[HEADER] for _ in range(3)]
    assert len(set(found)) == 3
    assert all(map(NEW.fullmatch, found))


async def test_an_id_that_could_forge_something_is_replaced(client):
    for bad in ("a b", "a\tb", "ä", "a,b", "x" * 129, '"', "a\\nb", ""):
        answer = await get(client, "/v2/", headers=named(bad))
        assert NEW.fullmatch(answer.headers[HEADER]), bad


async def test_an_id_of_128_characters_is_kept(client):
    long = "x" * 128
    assert (await get(client, "/v2/", headers=named(long))).headers[HEADER] == long


async def test_what_is_no_http_is_answered_with_an_id_too(client):
    host, port = url_of(client).removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"no such thing\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 400 " in answer
    assert re.search(rb"X-Request-ID: [0-9a-f]{12}-[0-9a-f]+\r\n", answer)


async def test_what_a_worker_logs_for_a_request_has_its_id(client, eventually):
    for how in ("say", "thread", "stream"):
        params = {"text": f"this by {how}", "how": how}
        answer = await predict(client, ALONE, params=params, headers=named(f"one-{how}"))
        assert answer.status == 200
        (line,) = await eventually(lambda how=how: said(client, f"said this by {how}"), bool)
        assert f" saying [one-{how}]: " in line


async def test_a_model_knows_the_id(client):
    assert (await predict(client, ALONE, headers=named("known"))).predictions == "known"


async def test_a_stream_has_one_id_from_its_beginning_to_its_end(client):
    answer = await predict(client, ALONE, params={"how": "stream"}, headers=named("flow"))
    assert answer.text.count('"flow"') == 2


async def test_calls_that_run_at_once_keep_their_own_ids(client, eventually):
    async def one(name):
        params = {"text": f"at once {name}", "parties": 4}
        answer = await predict(client, "saying:at_once", params=params, headers=named(name))
        return answer.predictions

    names = ["a", "b", "c", "d"]
    assert await asyncio.gather(*map(one, names)) == names
    for name in names:
        (line,) = await eventually(lambda name=name: said(client, f"said at once {name}"), bool)
        assert f"[{name}]" in line


async def test_a_batch_names_all_for_whom_it_is_done(client, pipes, eventually):
    model, (reached, go_on) = "saying:batched", pipes
    hold = f"{reached.path}|{go_on.path}"
    first = asyncio.create_task(predict(client, model, params={"hold": hold}))
    await reached.line()
    others = [
        asyncio.create_task(predict(client, model, params={"text": name}, headers=named(name)))
        for name in ("x", "y", "z")
    ]
    # They are all there when the worker is let go.
    metrics = 'deepaas_predictions_waiting{model="saying:batched"} 3.0'
    await eventually(lambda: get(client, "/metrics"), lambda answer: metrics in answer.text)
    go_on.let()
    ids = {(await call).predictions for call in others}
    assert (await first).status == 200
    (shared,) = ids
    assert sorted(shared.split(",")) == ["x", "y", "z"]
    (line,) = await eventually(lambda: said(client, "said x+y+z"), bool)
    assert f"[{shared}]" in line


async def test_a_training_has_the_id_of_the_request_that_started_it(client, eventually):
    path = f"/v2/models/{ALONE}/train/"
    answer = await ask(client, "POST", f"{path}?text=a training", headers=named("trainer"))
    training = f"{path}{answer.json['uuid']}"
    assert (await get(client, f"{training}/events", headers=named("watcher"))).status == 200
    assert (await get(client, training)).json["result"]["output"] == "trainer"
    (line,) = await eventually(lambda: said(client, "said a training"), bool)
    assert "[trainer]" in line


async def test_failures_are_logged_with_the_id_of_their_request(client):
    await predict(client, ALONE, params={"how": "fail", "text": "that"}, headers=named("failing"))
    lines = await said(client, "ValueError: cannot say that")
    assert "[failing]" in lines[0]
    # The traceback does not begin a line that could be taken for another record.
    assert all(line.startswith("  ") for line in lines[1:])


async def test_the_end_of_a_worker_is_not_laid_at_the_door_of_who_had_it_loaded(serve, eventually):
    client = await serve(ALONE, debug_endpoint=True, lazy=True)
    assert (await predict(client, ALONE, headers=named("loader"))).predictions == "loader"
    assert (await predict(client, ALONE, params={"how": "die"})).status == 500
    (line,) = await eventually(lambda: said(client, "replacing it"), bool)
    assert "loader" not in line
