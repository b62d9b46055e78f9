"""Trainings over the client: starting, cancelling, resuming and what they leave."""

import hashlib

import pytest

from deepaas.client import ClientError, File, MetricValue, NotFound


async def test_a_training_is_started_and_awaited(connect):
    client = await connect("training")
    model = client.model("training")
    training = await model.train(how="report", data=File(b"data", "data.csv"))
    assert (training.status, training.result, training.finished) == ("running", None, False)
    assert training.args == {"how": "report", "data": ["data", "text/csv", "data.csv"]}
    assert len(training.uuid) == 32
    assert await training.wait(20) is training
    assert (training.status, training.finished, training.message) == ("done", True, "")
    assert training.result["output"] is None
    assert training.result["finish_date"] > training.date
    assert training.progress["fraction"] == 1
    assert training.metrics == {"loss": 1 / 3, "odd": None}
    origin = await training.origin()
    assert set(origin) == {"caller", "files", "started", "finished"}
    assert origin["caller"] == "127.0.0.1"
    (file,) = origin["files"]["data"]
    assert (file["filename"], file["size"]) == ("data.csv", 4)
    assert file["sha256"] == hashlib.sha256(b"data").hexdigest()
    assert training.date < origin["started"] < origin["finished"]
    assert await training.wait(0.5) is training


async def test_trainings_are_listed_and_found(connect):
    model = (await connect("training")).model()
    assert await model.trainings() == []
    started = [await model.train(how="nan") for _ in range(2)]
    assert [one.uuid for one in await model.trainings()] == [one.uuid for one in started]
    found = await model.training(started[1].uuid)
    assert (found.uuid, found.args) == (started[1].uuid, {"how": "nan"})
    with pytest.raises(NotFound, match="no training"):
        await model.training("f" * 32)


async def test_a_failed_training_says_why_and_is_resumed(connect):
    training = await (await connect("training")).model().train(how="raise")
    await training.wait(20)
    assert training.status == "error"
    assert training.message.endswith("the loss is NaN")
    assert await training.resume() is training
    assert training.status == "running"
    assert (await training.wait(20)).status == "error"
    assert [one.status for one in [event async for event in training.events()]] == [
        *("queued", "running", "error"),
        *("queued", "running", "error"),
    ]


async def test_a_training_that_runs_is_cancelled(connect, pipes):
    reached, go_on = pipes
    model = (await connect("training")).model()
    training = await model.train(reached=reached.path, go_on=go_on.path)
    await reached.line()
    assert await training.cancel() is training
    assert training.status == "cancelled"
    assert (await model.training(training.uuid)).status == "cancelled"


async def test_cancelling_what_has_ended_leaves_it_as_it_is(connect):
    model = (await connect("training")).model()
    training = await model.train(how="nan")
    await training.wait(20)
    assert (await training.cancel()).status == "done"
    assert (await model.training(training.uuid)).status == "done"


@pytest.mark.parametrize("ended", [True, False])
async def test_a_deleted_training_is_gone_whether_it_had_ended_or_not(connect, pipes, ended):
    reached, go_on = pipes
    model = (await connect("training")).model()
    training = await model.train(reached=reached.path, go_on=go_on.path)
    await reached.line()
    if ended:
        go_on.let()
        await training.wait(20)
    await training.delete()
    assert await model.trainings() == []
    with pytest.raises(NotFound):
        await training.refresh()


async def test_waiting_has_an_end(connect, pipes):
    reached, go_on = pipes
    training = await (await connect("training")).model().train(go_on=go_on.path)
    with pytest.raises(TimeoutError, match=f"{training.uuid} has not ended within 0.1 seconds"):
        await training.wait(0.1)
    assert (await training.refresh()).status == "running"
    go_on.let()
    assert (await training.wait(20)).status == "done"


async def test_metrics_log_and_files_are_there_afterwards(connect, tmp_path):
    training = await (await connect("training")).model().train(how="report")
    await training.wait(20)
    assert "".join([text async for text in training.log()]) == "printed\ncomplained\n"
    metrics = await training.metric_values()
    assert [one.value for one in metrics["loss"]] == [1, 1 / 2, 1 / 3]
    assert isinstance(metrics["odd"][0], MetricValue)
    (artifact,) = await training.artifacts()
    assert (artifact.name, artifact.size) == ("weights", 5)
    into = await training.download("weights", tmp_path)
    assert into == tmp_path / "weights"
    assert into.read_text() == "heavy"
    other = await training.download("weights", tmp_path / "other")
    assert other.read_text() == "heavy"
    with pytest.raises(NotFound, match="no file 'absent'"):
        await training.download("absent", tmp_path)
    with pytest.raises(FileNotFoundError):
        await training.download("weights", tmp_path / "no" / "folder")


async def test_a_training_is_put_into_service(connect):
    client = await connect("promotable")
    training = await client.model().train(weight="better")
    await training.wait(20)
    assert await training.promote() == training.uuid
    prediction = await client.predict()
    assert (prediction.value, prediction.version) == ("better", training.uuid)
    with pytest.raises(ClientError, match="in service") as caught:
        await training.delete()
    assert caught.value.status == 409


async def test_who_comes_when_too_many_wait_is_told_when_to_come_again(connect, pipes):
    reached, go_on = pipes
    model = (await connect("training", max_queued_trainings=1)).model()
    for _ in range(2):
        await model.train(go_on=go_on.path)
    with pytest.raises(ClientError, match="wait already") as caught:
        await model.train()
    assert (caught.value.status, caught.value.retry_after) == (503, 60.0)


async def test_in_a_notebook_a_training_shows_how_far_it_is(connect):
    training = await (await connect("training")).model().train(how="report")
    assert repr(training) == f"<AsyncTraining {training.uuid}: running>"
    await training.wait(20)
    assert repr(training) == f"<AsyncTraining {training.uuid}: done>"
