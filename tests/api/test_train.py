"""Trainings over HTTP."""

import asyncio
import datetime
import hashlib
import os

import aiohttp
import pytest

from tests.api.asking import ask, get, predict

TRAIN = "/v2/models/training/train/"
DATE = "%Y-%m-%d %H:%M:%S.%f"


async def start(client, **params):
    """Start a training; return what the server says of it."""
    answer = await ask(client, "POST", TRAIN, params=params)
    assert answer.status == 200, answer.body
    return answer.json


async def start_waiting(client, pipes, **params):
    """Start a training that waits; return it and its process, which has begun."""
    reached, go_on = pipes
    training = await start(client, reached=reached.path, go_on=go_on.path, **params)
    return training, int(await reached.line())


@pytest.fixture
def ended(eventually):
    """Wait until a training has ended, and return it."""

    async def wait(client, training):
        async def state():
            return (await get(client, f"{TRAIN}{training['uuid']}")).json

        return await eventually(state, lambda one: one["status"] not in ("running", "queued"))

    return wait


async def delete(client, training):
    """Ask to delete a training."""
    return await ask(client, "DELETE", f"{TRAIN}{training['uuid']}")


async def test_a_training_starts_and_its_result_is_kept(serve, pipes, ended):
    client = await serve("training")
    before = datetime.datetime.now()  # noqa: DTZ005 - the API's dates have no zone
    training, process = await start_waiting(client, pipes, day="2024-02-29")
    assert set(training) == {"date", "args", "uuid", "status"}
    assert training["status"] == "running"
    assert training["args"] == {
        "how": "answer",
        "reached": pipes[0].path,
        "go_on": pipes[1].path,
        "day": "2024-02-29",
    }
    assert len(bytes.fromhex(training["uuid"])) == 16
    assert len(training["uuid"]) == 32
    begun = datetime.datetime.strptime(training["date"], DATE)  # noqa: DTZ007
    assert before <= begun
    running = (await get(client, f"{TRAIN}{training['uuid']}")).json
    assert running == {
        **training,
        "caller": "127.0.0.1",
        "started": running["started"],
    }
    pipes[1].let()
    done = await ended(client, training)
    result = done.pop("result")
    assert done == {**running, "status": "done", "finished": result["finish_date"]}
    assert result["output"] == {"accuracy": 0.5, "process": process}
    finished = datetime.datetime.strptime(result["finish_date"], DATE)  # noqa: DTZ007
    assert begun < finished
    assert result["duration"] == str(finished - begun)


async def test_trainings_are_listed_bare_oldest_first_and_each_model_has_its_own(serve, ended):
    client = await serve("training", "echo")
    assert (await get(client, TRAIN)).json == []
    started = [await start(client, how=how) for how in ("answer", "raise", "answer")]
    await ask(client, "POST", "/v2/models/echo/train/")
    for training in started:
        await ended(client, training)
    listed = (await get(client, TRAIN)).json
    assert [one["uuid"] for one in listed] == [one["uuid"] for one in started]
    assert [one["status"] for one in listed] == ["done", "error", "done"]
    assert sorted(one["date"] for one in listed) == [one["date"] for one in listed]
    for one in listed:
        assert set(one) - {"result", "message"} == {"date", "args", "uuid", "status"}
        assert one.items() <= (await get(client, f"{TRAIN}{one['uuid']}")).json.items()
        assert (await get(client, f"/v2/models/echo/train/{one['uuid']}")).status == 404


async def test_a_file_is_echoed_by_its_names(serve, ended):
    client = await serve("training")
    form = aiohttp.FormData()
    form.add_field("data", b"1,2", filename="table.csv", content_type="text/csv")
    training = (await ask(client, "POST", TRAIN, data=form)).json
    assert training["args"]["data"] == ["data", "text/csv", "table.csv"]
    assert (await ended(client, training))["args"] == training["args"]


async def test_the_files_of_a_training_are_told_with_their_checksums_and_no_path(
    serve, ended, state
):
    client = await serve("training")
    form = aiohttp.FormData()
    form.add_field("data", b"1,2", filename="table.csv", content_type="text/csv")
    training = await ended(client, (await ask(client, "POST", TRAIN, data=form)).json)
    assert training["files"] == {
        "data": [
            {
                "filename": "table.csv",
                "content_type": "text/csv",
                "sha256": hashlib.sha256(b"1,2").hexdigest(),
                "size": 3,
            }
        ]
    }
    assert str(state) not in str(training)


async def test_a_training_that_waits_has_not_begun(serve, pipes):
    client = await serve("training")
    await start_waiting(client, pipes)
    waiting = await start(client)
    shown = (await get(client, f"{TRAIN}{waiting['uuid']}")).json
    assert {"caller"} == set(shown) - set(waiting)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("raise", "ValueError: the loss is NaN"),
        ("exit", "exit code 3"),
        ("sys_exit", "SystemExit: 3"),
    ],
)
async def test_a_training_that_fails_says_why(serve, ended, how, message):
    client = await serve("training")
    failed = await ended(client, await start(client, how=how))
    assert failed["status"] == "error"
    assert message in failed["message"]
    assert "'training'" in failed["message"]
    assert "Traceback" not in failed["message"]
    assert "result" not in failed


async def test_a_result_that_is_no_json_is_listed_all_the_same(serve, ended):
    client = await serve("training")
    await ended(client, await start(client, how="object"))
    await ended(client, await start(client, how="nan"))
    listed = (await get(client, TRAIN)).json
    assert [one["status"] for one in listed] == ["done", "done"]
    assert "<object object at" in listed[0]["result"]["output"]
    assert listed[1]["result"]["output"] == {"loss": None}


async def test_arguments_of_trainings_are_validated(serve):
    client = await serve("training")
    answer = await ask(client, "POST", TRAIN, params={"day": "today", "data": "text"})
    assert answer.status == 422
    assert set(answer.json) == {"day", "data"}
    assert (await get(client, TRAIN)).json == []


async def test_one_training_runs_at_a_time_and_the_others_wait_their_turn(serve, pipes, ended):
    client = await serve("training")
    first, _ = await start_waiting(client, pipes)
    second, third = await start(client), await start(client)
    assert [one["status"] for one in (second, third)] == ["queued", "queued"]
    cancelled = await delete(client, second)
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    pipes[1].let()
    for one, status in ((first, "done"), (second, "cancelled"), (third, "done")):
        assert (await ended(client, one))["status"] == status


async def test_as_many_trainings_run_at_once_as_there_are_train_workers(serve, pipes, ended):
    client = await serve("training", train_workers=2)
    first, process = await start_waiting(client, pipes)
    second, other = await start_waiting(client, pipes)
    assert process != other
    assert second["status"] == "running"
    pipes[1].let(2)
    assert [(await ended(client, one))["status"] for one in (first, second)] == ["done", "done"]


async def test_deleting_a_training_that_runs_cancels_it_and_keeps_it_until_deleted_again(
    serve, pipes
):
    client = await serve("training")
    training, process = await start_waiting(client, pipes)
    cancelled = await delete(client, training)
    assert cancelled.status == 200
    assert cancelled.json == {**training, "status": "cancelled"}
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    path = f"{TRAIN}{training['uuid']}"
    assert cancelled.json.items() <= (await get(client, path)).json.items()
    assert (await get(client, TRAIN)).json == [cancelled.json]
    again = await delete(client, training)
    assert (again.status, again.json) == (200, cancelled.json)
    assert (await get(client, path)).status == 404
    assert (await get(client, TRAIN)).json == []


@pytest.mark.parametrize("how", ["answer", "raise"])
async def test_deleting_a_training_that_has_ended_forgets_it(serve, ended, how):
    client = await serve("training")
    training = await ended(client, await start(client, how=how))
    deleted = await delete(client, training)
    assert deleted.status == 200
    assert deleted.json.items() <= training.items()
    assert set(training) - set(deleted.json) == {"caller", "started", "finished"}
    for answer in (await get(client, f"{TRAIN}{training['uuid']}"), await delete(client, training)):
        assert answer.status == 404
        assert training["uuid"] in answer.message


async def test_an_unknown_training_is_404(serve):
    client = await serve("training")
    for uuid in ("0" * 32, "nonsense", "%00"):
        for method in ("GET", "DELETE"):
            answer = await ask(client, method, f"{TRAIN}{uuid}")
            assert answer.status == 404
            assert "no training" in answer.message


async def test_predictions_answer_while_a_training_runs(serve, pipes):
    client = await serve("training")
    _, process = await start_waiting(client, pipes)
    async with asyncio.timeout(5):
        answers = [await predict(client, "training") for _ in range(20)]
    assert process not in [answer.predictions for answer in answers]
    assert (await get(client, TRAIN)).json[0]["status"] == "running"


async def test_models_that_share_a_process_train_where_they_predict(serve, ended):
    client = await serve("training", shared_workers=True)
    process = (await predict(client, "training")).predictions
    training = await ended(client, await start(client))
    assert training["result"]["output"]["process"] == process
