"""Watching trainings: events, log, metrics, files; resuming them and putting them into service."""

import asyncio
import shutil

import orjson
import pytest

from deepaas.exceptions import ModelStartupError
from deepaas.trainings import service
from deepaas.trainings.promotions import Promotions
from tests.api.asking import ask, get, predict

TRAIN = "/v2/models/training/train/"


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


async def test_a_watcher_that_leaves_harms_nobody(serve, pipes):
    client = await serve("training")
    reached, go_on = pipes
    path = await start(client, reached=reached.path, go_on=go_on.path)
    await reached.line()
    async with client.get(f"{path}/events") as response:
        await response.content.readuntil(b"\n\n")
        response.close()
    go_on.let()
    assert (await finished(client, path))["status"] == "done"


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


@pytest.mark.parametrize(
    "name",
    ["absent", "..%2Finputs", "%2e%2e/%2e%2e/%2e%2e/deepaas.sqlite", "%2Fetc%2Fpasswd", "a%00"],
)
async def test_no_other_file_is_downloaded(serve, name):
    from yarl import URL

    client = await serve("training")
    path = await start(client, how="report")
    await finished(client, path)
    root = str(client._base_url).rstrip("/")
    url = URL(f"{root}{path}/artifacts/{name}", encoded=True)
    answer = await get(client, url)
    assert answer.status == 404
    assert answer.message


async def test_links_that_lead_out_are_not_followed(serve, state):
    client = await serve("training")
    path = await start(client, how="report")
    await finished(client, path)
    folder = state / "trainings" / path.rpartition("/")[2] / "files"
    (folder / "out").symlink_to(state / "deepaas.sqlite")
    assert (await get(client, f"{path}/artifacts/out")).status == 404
    names = [one["name"] for one in (await get(client, f"{path}/artifacts")).json["artifacts"]]
    assert names == ["weights"]


@pytest.mark.parametrize("what", ["", "/events", "/log", "/metrics", "/artifacts", "/artifacts/a"])
async def test_a_training_that_does_not_exist_is_404(serve, what):
    client = await serve("training")
    answer = await get(client, f"{TRAIN}{'f' * 32}{what}")
    assert answer.status == 404
    assert "no training" in answer.message


async def test_a_failed_training_is_resumed_and_one_that_is_done_is_not(serve):
    client = await serve("training")
    path = await start(client, how="raise")
    assert (await finished(client, path))["status"] == "error"
    answer = await ask(client, "POST", f"{path}/resume")
    assert (answer.status, answer.json["status"]) == (200, "running")
    assert (await finished(client, path))["message"].endswith("the loss is NaN")
    done = await start(client, how="nan")
    await finished(client, done)
    answer = await ask(client, "POST", f"{done}/resume/")
    assert answer.status == 409
    assert "is done" in answer.message


async def test_too_many_trainings_are_refused_for_now(serve, pipes):
    client = await serve("training", max_queued_trainings=1)
    await start(client, reached=pipes[0].path, go_on=pipes[1].path)
    await start(client)
    answer = await ask(client, "POST", TRAIN)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def weight(client):
    """Return what predicts, and which version it says it is."""
    answer = await predict(client, "promotable")
    assert answer.status == 200, answer.text
    return answer.predictions, answer.headers.get("DEEPaaS-Model-Version")


async def test_what_a_training_has_made_is_put_into_service_and_back(serve, state):
    client = await serve("promotable")
    assert await weight(client) == ("the first", None)
    trained = {}
    for name in ("better", "best"):
        path = await start(client, "promotable", weight=name)
        await finished(client, path)
        trained[name] = path
    for name in ("better", "best", "better"):
        uuid = trained[name].rpartition("/")[2]
        answer = await ask(client, "POST", f"{trained[name]}/promote")
        assert answer.json == {"model": "promotable", "version": uuid}
        assert await weight(client) == (name, uuid)
    refused = await ask(client, "DELETE", trained["better"])
    assert refused.status == 409
    assert "in service" in refused.message

    restarted = await serve("promotable")
    assert await weight(restarted) == ("better", trained["better"].rpartition("/")[2])
    answer = await ask(client, "DELETE", f"{trained['better']}/promote")
    assert answer.json == {"model": "promotable", "version": ""}
    assert await weight(client) == ("the first", None)
    assert (await ask(client, "DELETE", trained["better"])).status == 200


async def test_no_request_fails_while_another_version_is_put_into_service(serve):
    client = await serve("promotable", workers=2)
    path = await start(client, "promotable", weight="new")
    await finished(client, path)
    stop = asyncio.Event()
    seen = []

    async def keep_asking():
        while not stop.is_set():
            seen.append(await weight(client))

    asking = [asyncio.create_task(keep_asking()) for _ in range(4)]
    uuid = path.rpartition("/")[2]
    assert (await ask(client, "POST", f"{path}/promote")).status == 200
    while seen[-1] != ("new", uuid):
        await asyncio.sleep(0)
    stop.set()
    await asyncio.gather(*asking)
    assert set(seen) == {("the first", None), ("new", uuid)}


async def test_what_does_not_get_ready_is_not_put_into_service(serve):
    client = await serve("promotable")
    path = await start(client, "promotable", weight="broken")
    await finished(client, path)
    answer = await ask(client, "POST", f"{path}/promote")
    assert answer.status == 500
    assert "'promotable' does not get ready" in answer.message
    assert await weight(client) == ("the first", None)


@pytest.fixture
async def promoted(serve, state):
    """What was promoted by a server that is gone, and its file."""
    async with await serve("promotable") as client:
        path = await start(client, "promotable", weight="good")
        await finished(client, path)
        assert (await ask(client, "POST", f"{path}/promote")).status == 200
    uuid = path.rpartition("/")[2]
    return path, uuid, state / "trainings" / uuid / "files" / "weight"


async def test_what_is_promoted_and_does_not_get_ready_any_more_can_be_withdrawn(
    serve, promoted, caplog
):
    path, uuid, file = promoted
    file.write_text("broken")
    client = await serve("promotable")
    assert await weight(client) == ("the first", None)
    (line,) = (one.getMessage() for one in caplog.records if one.levelname == "ERROR")
    assert "the weight is broken" in line
    assert f"DELETE {path}/promote" in line
    assert "\n" not in line

    file.write_text("good")
    again = await serve("promotable")
    assert await weight(again) == ("good", uuid)

    assert (await ask(client, "DELETE", f"{path}/promote")).status == 200
    file.write_text("broken")
    caplog.clear()
    assert await weight(await serve("promotable")) == ("the first", None)
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_what_is_promoted_and_gone_can_be_withdrawn(serve, promoted, caplog):
    path, uuid, file = promoted
    shutil.rmtree(file.parent)
    client = await serve("promotable")
    assert await weight(client) == ("the first", None)
    (line,) = (one.getMessage() for one in caplog.records if one.levelname == "ERROR")
    assert "is gone" in line
    assert f"DELETE {path}/promote" in line
    assert (await ask(client, "DELETE", f"{path}/promote")).status == 200
    assert (await ask(client, "DELETE", f"{path}/promote")).status == 409


@pytest.mark.parametrize("gone", [False, True])
async def test_a_server_does_not_try_again_and_again_what_does_not_get_ready(
    serve, promoted, caplog, monkeypatch, eventually, gone
):
    _, _, file = promoted
    if gone:
        shutil.rmtree(file.parent)
    else:
        file.write_text("broken")
    looks = []
    monkeypatch.setattr(service, "BEAT", 0)
    monkeypatch.setattr(service, "POLL", 0.05)
    follow = Promotions.follow
    monkeypatch.setattr(Promotions, "follow", lambda self: looks.append(1) or follow(self))
    await serve("promotable")

    async def times():
        return len(looks)

    await eventually(times, lambda count: count > 5)
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 1


async def test_a_model_that_does_not_get_ready_by_itself_either_is_not_served(
    serve, promoted, monkeypatch
):
    _, _, file = promoted
    file.write_text("broken")
    monkeypatch.setenv("NOTHING_OF_ITS_OWN", "1")
    with pytest.raises(ModelStartupError, match="nothing of its own"):
        await serve("promotable")


async def test_what_is_not_done_or_takes_no_part_is_not_put_into_service(serve):
    client = await serve("promotable", "training")
    failed = await start(client, "promotable", weight="failing")
    assert (await finished(client, failed))["status"] == "error"
    answer = await ask(client, "POST", f"{failed}/promote")
    assert answer.status == 409
    assert "is error" in answer.message
    other = await start(client, how="nan")
    await finished(client, other)
    answer = await ask(client, "POST", f"{other}/promote")
    assert answer.status == 501
    assert "directory" in answer.message
