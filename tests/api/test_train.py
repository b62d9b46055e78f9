"""Trainings over HTTP."""

import asyncio
import datetime
import hashlib
import os

import pytest

from deepaas.client import AsyncClient, File, InvalidArguments, NotFound
from tests.api.asking import ask, get
from tests.conftest import url_of

TRAIN = "/v2/models/training/train/"
DATE = "%Y-%m-%d %H:%M:%S.%f"


async def start_waiting(model, pipes, **arguments):
    """Start a training that waits; return it and its process, which has begun."""
    reached, go_on = pipes
    training = await model.train(reached=reached.path, go_on=go_on.path, **arguments)
    return training, int(await reached.line())


async def test_a_training_starts_and_its_result_is_kept(serve, pipes):
    client = await serve("training")
    reached, go_on = pipes
    before = datetime.datetime.now()  # noqa: DTZ005 - the API's dates have no zone
    params = {"reached": reached.path, "go_on": go_on.path, "day": "2024-02-29"}
    training = (await ask(client, "POST", TRAIN, params=params)).json
    process = int(await reached.line())
    assert set(training) == {"date", "args", "uuid", "status"}
    assert training["status"] == "running"
    assert training["args"] == {"how": "answer", **params}
    assert len(bytes.fromhex(training["uuid"])) == 16
    assert len(training["uuid"]) == 32
    begun = datetime.datetime.strptime(training["date"], DATE)  # noqa: DTZ007
    assert before <= begun
    path = f"{TRAIN}{training['uuid']}"
    assert (await get(client, path)).json == training
    go_on.let()
    # They end with the training.
    assert (await get(client, f"{path}/events")).status == 200
    done = (await get(client, path)).json
    assert (await get(client, TRAIN)).json == [done]
    result = done.pop("result")
    assert done == {**training, "status": "done"}
    assert result["output"] == {"accuracy": 0.5, "process": process}
    finished = datetime.datetime.strptime(result["finish_date"], DATE)  # noqa: DTZ007
    assert begun < finished
    assert result["duration"] == str(finished - begun)


async def test_trainings_are_listed_oldest_first_and_each_model_has_its_own(connect):
    client = await connect("training", "echo")
    model, other = client.model("training"), client.model("echo")
    assert await model.trainings() == []
    started = [await model.train(how=how) for how in ("answer", "raise", "answer")]
    await other.train()
    for training in started:
        await training.wait(20)
    listed = await model.trainings()
    assert [one.uuid for one in listed] == [one.uuid for one in started]
    assert [one.status for one in listed] == ["done", "error", "done"]
    assert sorted(one.date for one in listed) == [one.date for one in listed]
    for one in listed:
        assert (await model.training(one.uuid)).document == one.document
        with pytest.raises(NotFound):
            await other.training(one.uuid)


async def test_where_a_training_comes_from_is_told_to_whoever_asks_for_it(serve, state):
    client = await serve("training")
    async with AsyncClient(url_of(client)) as api:
        training = await api.model().train(data=File(b"1,2", "table.csv", "text/csv"))
        await training.wait(20)
    path = f"{TRAIN}{training.uuid}"
    told = (await get(client, path, params={"details": "1"})).json
    assert told["caller"] == "127.0.0.1"
    assert told["date"] <= told["started"] <= told["finished"] == told["result"]["finish_date"]
    assert told["files"] == {
        "data": [
            {
                "filename": "table.csv",
                "content_type": "text/csv",
                "sha256": hashlib.sha256(b"1,2").hexdigest(),
                "size": 3,
            }
        ]
    }
    assert str(state) not in str(told)
    assert (await get(client, path)).json == training.document
    assert (await get(client, path, params={"details": "maybe"})).status == 400


async def test_a_file_is_echoed_by_its_names(connect):
    model = (await connect("training")).model()
    training = await model.train(data=File(b"1,2", "table.csv", "text/csv"))
    echoed = training.args["data"]
    assert echoed == ["data", "text/csv", "table.csv"]
    assert (await training.wait(20)).args["data"] == echoed


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("raise", "ValueError: the loss is NaN"),
        ("exit", "exit code 3"),
        ("sys_exit", "SystemExit: 3"),
    ],
)
async def test_a_training_that_fails_says_why(connect, how, message):
    failed = await (await connect("training")).model().train(how=how)
    await failed.wait(20)
    assert failed.status == "error"
    assert message in failed.message
    assert "'training'" in failed.message
    assert "Traceback" not in failed.message
    assert failed.result is None


async def test_a_result_that_is_no_json_is_listed_all_the_same(connect):
    model = (await connect("training")).model()
    for how in ("object", "nan"):
        await (await model.train(how=how)).wait(20)
    listed = await model.trainings()
    assert [one.status for one in listed] == ["done", "done"]
    assert "<object object at" in listed[0].result["output"]
    assert listed[1].result["output"] == {"loss": None}


async def test_arguments_of_trainings_are_validated(connect):
    model = (await connect("training")).model()
    with pytest.raises(InvalidArguments) as caught:
        await model.train(day="today", data="text")
    assert set(caught.value.messages) == {"day", "data"}
    assert await model.trainings() == []


async def test_one_training_runs_at_a_time_and_the_others_wait_their_turn(connect, pipes):
    model = (await connect("training")).model()
    first, _ = await start_waiting(model, pipes)
    second, third = await model.train(), await model.train()
    assert [one.status for one in (second, third)] == ["queued", "queued"]
    assert (await second.cancel()).status == "cancelled"
    pipes[1].let()
    for one, status in ((first, "done"), (second, "cancelled"), (third, "done")):
        assert (await one.wait(20)).status == status


async def test_as_many_trainings_run_at_once_as_there_are_train_workers(connect, pipes):
    model = (await connect("training", train_workers=2)).model()
    first, process = await start_waiting(model, pipes)
    second, other = await start_waiting(model, pipes)
    assert process != other
    assert second.status == "running"
    pipes[1].let(2)
    assert [(await one.wait(20)).status for one in (first, second)] == ["done", "done"]


async def test_a_training_that_is_cancelled_is_gone_and_kept_until_it_is_deleted(connect, pipes):
    model = (await connect("training")).model()
    training, process = await start_waiting(model, pipes)
    begun = training.document
    await training.cancel()
    assert training.document == {**begun, "status": "cancelled"}
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    (listed,) = await model.trainings()
    assert listed.document == training.document
    await training.delete()
    assert await model.trainings() == []
    with pytest.raises(NotFound):
        await training.refresh()


@pytest.mark.parametrize("how", ["answer", "raise"])
async def test_deleting_a_training_that_has_ended_forgets_it(serve, how):
    client = await serve("training")
    async with AsyncClient(url_of(client)) as api:
        training = await (await api.model().train(how=how)).wait(20)
    path = f"{TRAIN}{training.uuid}"
    deleted = await ask(client, "DELETE", path)
    assert (deleted.status, deleted.json) == (200, training.document)
    for method in ("GET", "DELETE"):
        answer = await ask(client, method, path)
        assert answer.status == 404
        assert training.uuid in answer.message


async def test_an_unknown_training_is_404(serve):
    client = await serve("training")
    for uuid in ("0" * 32, "nonsense", "%00"):
        for method in ("GET", "DELETE"):
            answer = await ask(client, method, f"{TRAIN}{uuid}")
            assert answer.status == 404
            assert "no training" in answer.message


async def test_predictions_answer_while_a_training_runs(connect, pipes):
    model = (await connect("training")).model()
    training, process = await start_waiting(model, pipes)
    async with asyncio.timeout(5):
        answers = [await model.predict() for _ in range(20)]
    assert process not in [answer.value for answer in answers]
    assert (await training.refresh()).status == "running"


async def test_models_that_share_a_process_train_where_they_predict(connect):
    model = (await connect("training", shared_workers=True)).model()
    process = (await model.predict()).value
    training = await (await model.train()).wait(20)
    assert training.result["output"]["process"] == process
