"""Watching trainings: events, log, metrics, files; resuming them and putting them into service."""

import asyncio
from contextlib import aclosing

import orjson
import pytest

from deepaas.client import ClientError, NotFound
from tests.api.asking import ask, get, predict

TRAIN = "/v2/models/training/train/"
VERSION = "DEEPaaS-Model-Version"


def parsed(text):
    """Return server-sent events as (id, kind, value)."""
    events = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        events.append((int(lines["id"]), lines["event"], orjson.loads(lines["data"])))
    return events


async def start(client, model="training", **params):
    answer = await ask(client, "POST", f"/v2/models/{model}/train/", params=params)
    assert answer.status == 200, answer.text
    return f"/v2/models/{model}/train/{answer.json['uuid']}"


async def finished(client, path):
    """Follow a training to its end, and return it."""
    assert (await get(client, f"{path}/events")).status in (200, 204)
    return (await get(client, path)).json


async def test_events_come_as_they_happen_and_end_with_the_training(serve, pipes):
    client = await serve("training")
    reached, go_on = pipes
    path = await start(client, how="report", reached=reached.path, go_on=go_on.path)
    await reached.line()
    async with client.get(f"{path}/events/") as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        first = await response.content.readuntil(b"\n\n")
        second = await response.content.readuntil(b"\n\n")
        assert [value["status"] for _, _, value in parsed((first + second).decode())] == [
            "queued",
            "running",
        ]
        go_on.let()
        rest = parsed((await response.content.read()).decode())
    kinds = [kind for _, kind, _ in rest]
    assert kinds[-1] == "status"
    assert rest[-1][2] == {"status": "done"}
    assert kinds.count("metric") == 3
    assert {"progress", "log"} <= set(kinds)


async def test_whoever_comes_back_gets_what_was_missed_and_nothing_twice(serve):
    client = await serve("training")
    path = await start(client, how="report")
    await finished(client, path)
    events = parsed((await get(client, f"{path}/events")).text)
    assert [number for number, _, _ in events] == list(range(1, len(events) + 1))
    rest = await get(client, f"{path}/events", headers={"Last-Event-ID": "2"})
    assert parsed(rest.text) == events[2:]
    rest = await get(client, f"{path}/events", params={"last_event_id": "2"})
    assert parsed(rest.text) == events[2:]
    last = await get(client, f"{path}/events", headers={"Last-Event-ID": str(len(events))})
    assert (last.status, last.body) == (204, b"")


@pytest.mark.parametrize("text", ["one", "-1", "1.5", "9" * 20])
async def test_an_event_that_cannot_be_is_400(serve, text):
    client = await serve("training")
    path = await start(client, how="nan")
    answer = await get(client, f"{path}/events", headers={"Last-Event-ID": text})
    assert answer.status == 400
    assert "Last-Event-ID" in answer.message
    answer = await get(client, f"{path}/events", params={"last_event_id": text})
    assert answer.status == 400
    assert "last_event_id" in answer.message


async def test_a_watcher_that_leaves_harms_nobody(connect, pipes):
    _, go_on = pipes
    training = await (await connect("training")).model().train(go_on=go_on.path)
    async with aclosing(training.events()) as events:
        assert (await anext(events)).status == "queued"
    go_on.let()
    assert (await training.wait(20)).status == "done"


async def test_the_log_can_be_read_and_followed(serve, pipes):
    client = await serve("training")
    reached, go_on = pipes
    path = await start(client, how="report", reached=reached.path, go_on=go_on.path)
    await reached.line()
    assert (await get(client, f"{path}/log")).text == ""
    following = asyncio.create_task(get(client, f"{path}/log?follow=1"))
    go_on.let()
    answer = await asyncio.wait_for(following, 20)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "printed\ncomplained\n"
    assert (await get(client, f"{path}/log")).text == answer.text
    wrong = await get(client, f"{path}/log?follow=perhaps")
    assert wrong.status == 400
    assert "follow" in wrong.message


async def test_metrics_are_told_by_name_and_the_last_ones_with_the_training(serve):
    client = await serve("training")
    path = await start(client, how="report")
    training = await finished(client, path)
    assert training["metrics"] == {"loss": 1 / 3, "odd": None}
    assert training["progress"]["fraction"] == 1
    metrics = (await get(client, f"{path}/metrics")).json
    assert [(one["step"], one["value"]) for one in metrics["loss"]] == [
        (1, 1.0),
        (2, 0.5),
        (3, 1 / 3),
    ]
    assert [one["value"] for one in metrics["odd"]] == [None] * 3


async def test_what_a_training_has_made_is_listed_and_downloaded(serve):
    client = await serve("training")
    path = await start(client, how="report")
    await finished(client, path)
    (artifact,) = (await get(client, f"{path}/artifacts")).json["artifacts"]
    assert (artifact["name"], artifact["size"]) == ("weights", 5)
    answer = await get(client, f"{path}/artifacts/weights")
    assert (answer.status, answer.body) == (200, b"heavy")
    assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_links_that_lead_out_are_not_followed(connect, state, tmp_path):
    training = await (await connect("training")).model().train(how="report")
    await training.wait(20)
    folder = state / "trainings" / training.uuid / "files"
    (folder / "out").symlink_to(state / "deepaas.sqlite")
    with pytest.raises(NotFound):
        await training.download("out", tmp_path)
    assert [one.name for one in await training.artifacts()] == ["weights"]


@pytest.mark.parametrize("what", ["", "/events", "/log", "/metrics", "/artifacts", "/artifacts/a"])
async def test_a_training_that_does_not_exist_is_404(serve, what):
    client = await serve("training")
    answer = await get(client, f"{TRAIN}{'f' * 32}{what}")
    assert answer.status == 404
    assert "no training" in answer.message


async def test_a_failed_training_is_resumed_and_one_that_is_done_is_not(connect):
    model = (await connect("training")).model()
    failed = await (await model.train(how="raise")).wait(20)
    assert failed.status == "error"
    assert (await failed.resume()).status == "running"
    assert (await failed.wait(20)).message.endswith("the loss is NaN")
    done = await (await model.train(how="nan")).wait(20)
    with pytest.raises(ClientError, match="is done") as refused:
        await done.resume()
    assert refused.value.status == 409


async def test_too_many_trainings_are_refused_for_now(serve, pipes):
    client = await serve("training", max_queued_trainings=1)
    await start(client, reached=pipes[0].path, go_on=pipes[1].path)
    await start(client)
    answer = await ask(client, "POST", TRAIN)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def made(model, weight):
    """Return a training that has ended and made a weight."""
    return await (await model.train(weight=weight)).wait(20)


async def weight(model):
    """Return what predicts, and which version it says it is."""
    prediction = await model.predict()
    return prediction.value, prediction.version


async def test_what_a_training_has_made_is_put_into_service_and_stays_there(connect):
    model = (await connect("promotable")).model()
    assert await weight(model) == ("the first", "")
    trained = {name: await made(model, name) for name in ("better", "best")}
    for name in ("better", "best", "better"):
        assert await trained[name].promote() == trained[name].uuid
        assert await weight(model) == (name, trained[name].uuid)
    restarted = (await connect("promotable")).model()
    assert await weight(restarted) == ("better", trained["better"].uuid)


async def test_what_is_in_service_is_named_and_is_withdrawn_before_it_is_deleted(serve):
    client = await serve("promotable")
    path = await start(client, "promotable", weight="better")
    await finished(client, path)
    uuid = path.rpartition("/")[2]
    promoted = await ask(client, "POST", f"{path}/promote")
    assert promoted.json == {"model": "promotable", "version": uuid}
    answer = await predict(client, "promotable")
    assert (answer.predictions, answer.headers[VERSION]) == ("better", uuid)
    refused = await ask(client, "DELETE", path)
    assert refused.status == 409
    assert "in service" in refused.message
    withdrawn = await ask(client, "DELETE", f"{path}/promote")
    assert withdrawn.json == {"model": "promotable", "version": ""}
    answer = await predict(client, "promotable")
    assert (answer.predictions, VERSION in answer.headers) == ("the first", False)
    assert (await ask(client, "DELETE", path)).status == 200


async def test_no_request_fails_while_another_version_is_put_into_service(connect):
    model = (await connect("promotable", workers=2)).model()
    new = await made(model, "new")
    stop = asyncio.Event()
    seen = []

    async def keep_asking():
        while not stop.is_set():
            seen.append(await weight(model))

    asking = [asyncio.create_task(keep_asking()) for _ in range(4)]
    await new.promote()
    while seen[-1] != ("new", new.uuid):
        await asyncio.sleep(0)
    stop.set()
    await asyncio.gather(*asking)
    assert set(seen) == {("the first", ""), ("new", new.uuid)}


async def test_what_does_not_get_ready_is_not_put_into_service(connect):
    model = (await connect("promotable")).model()
    broken = await made(model, "broken")
    with pytest.raises(ClientError, match="'promotable' does not get ready") as refused:
        await broken.promote()
    assert refused.value.status == 500
    assert await weight(model) == ("the first", "")


async def test_what_is_not_done_or_takes_no_part_is_not_put_into_service(connect):
    client = await connect("promotable", "training")
    failed = await made(client.model("promotable"), "failing")
    with pytest.raises(ClientError, match="is error") as refused:
        await failed.promote()
    assert refused.value.status == 409
    other = await (await client.model("training").train(how="nan")).wait(20)
    with pytest.raises(ClientError, match="directory") as refused:
        await other.promote()
    assert refused.value.status == 501
