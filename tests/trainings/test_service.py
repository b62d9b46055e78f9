"""The life of a training, with a model whose trainings run in real processes."""

import asyncio
import hashlib
import time

import orjson
import pytest

from deepaas.current import CANCEL
from deepaas.database.engine import Database, sqlite_url
from deepaas.exceptions import (
    Conflict,
    DiskFull,
    FunctionNotOffered,
    InvalidArguments,
    Overloaded,
    UnknownTraining,
)
from deepaas.executors.one_shot import OneShotExecutor
from deepaas.files import Scratch, UploadedFile
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.trainings.events import Kind
from deepaas.trainings.limits import Limits
from deepaas.trainings.record import Status, Training
from deepaas.trainings.service import TrainingService
from deepaas.trainings.store import Store


@pytest.fixture
async def trainer():
    executor = OneShotExecutor(Prepare(Source("training", "tests.models.training")), workers=1)
    yield executor
    await executor.close()


@pytest.fixture
def model(trainer, tmp_path):
    loaded = LoadedModel.of(Source("training", "tests.models.training"))
    scratch = Scratch(str(tmp_path))
    yield ServedModel(loaded.description, loaded.model, trainer, trainer, scratch, version="1.5")
    scratch.close()


@pytest.fixture
async def store(tmp_path):
    database = Database(sqlite_url(tmp_path))
    await database.open()
    yield Store(database)
    await database.close()


@pytest.fixture
async def open_service(store, tmp_path, trainer):
    """Open services on one store; they end before it does."""
    services = []

    async def start(**limits):
        service = TrainingService(store, tmp_path / "trainings", Limits(**limits))
        await service.open()
        services.append(service)
        return service

    yield start
    await trainer.close()
    for service in services:
        await service.close()


@pytest.fixture
async def service(open_service):
    return await open_service()


async def begun(service, model, pipes, **arguments):
    """Start a training that waits for its second pipe, and wait until it has begun."""
    reached, go_on = pipes
    training = await service.start(
        model, {"reached": reached.path, "go_on": go_on.path, **arguments}
    )
    await reached.line()
    return training


async def completed(service, model, **arguments):
    """Run a training to its end."""
    training = await service.start(model, arguments)
    await asyncio.wait_for(service.wait(training), 20)
    return await service.get(model, training.identifier)


async def told(service, model, training, *kinds, **options):
    """Return what has happened, without the moments."""
    following = service.follow(model, training.identifier, kinds=kinds, forever=False, **options)
    return [(event.kind, event.value) async for event in following]


async def test_a_training_runs_and_all_is_kept(service, model):
    training = await service.start(model, {"how": "answer"}, caller="127.0.0.1")
    assert training.status is Status.RUNNING
    await asyncio.wait_for(service.wait(training), 20)
    kept = await service.get(model, training.identifier)
    assert kept.status is Status.DONE
    assert orjson.loads(kept.output)["accuracy"] == 0.5
    assert kept.created <= kept.started <= kept.finished
    assert (kept.caller, kept.version) == ("127.0.0.1", "1.5")
    assert await service.of_model(model) == [kept]
    states = [value["status"] for _, value in await told(service, model, kept, Kind.STATUS)]
    assert states == ["queued", "running", "done"]


async def test_a_training_is_written_down_before_it_begins(service, store, model, pipes):
    training = await begun(service, model, pipes)
    kept = await store.get("training", training.identifier)
    assert kept.status in (Status.QUEUED, Status.RUNNING)
    assert orjson.loads(kept.sent)["go_on"] == pipes[1].path


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("raise", "model 'training' failed in train: ValueError: the loss is NaN"),
        ("sys_exit", "model 'training' failed in train: SystemExit: 3"),
        (
            "exit",
            "model 'training' failed in train: the worker process ended with exit code 3",
        ),
    ],
)
async def test_a_training_that_fails_says_how(service, model, how, message):
    training = await completed(service, model, how=how)
    assert (training.status, training.message) == (Status.ERROR, message)
    *_, (_, last) = await told(service, model, training)
    assert last == {"status": "error", "message": message}


async def test_a_training_waits_its_turn_and_then_runs(service, model, pipes):
    first = await begun(service, model, pipes)
    second = await service.start(model, {})
    assert (first.status, second.status) == (Status.RUNNING, Status.QUEUED)
    pipes[1].let()
    await service.wait(second)
    assert (first.status, second.status) == (Status.DONE, Status.DONE)


async def test_no_more_wait_than_may(open_service, model, pipes):
    service = await open_service(queued=1)
    await begun(service, model, pipes)
    second = await service.start(model, {})
    with pytest.raises(Overloaded, match="1 trainings wait"):
        await service.start(model, {})
    await service.delete(model, second.identifier)
    assert (await service.start(model, {})).status is Status.QUEUED


async def test_no_more_wait_than_may_however_many_ask_at_once(open_service, model, pipes):
    service = await open_service(queued=2)
    await begun(service, model, pipes)
    asked = [service.start(model, {}) for _ in range(10)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, Overloaded) for one in answers) == 8


async def test_those_that_need_not_wait_take_no_place_from_those_that_do(open_service, model):
    service = await open_service(queued=1)
    asked = [service.start(model, {}) for _ in range(3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, Overloaded) for one in answers) == 1
    assert sum(isinstance(one, Training) for one in answers) == 2


async def test_a_cancelled_training_stays_until_it_is_deleted_again(
    service, model, pipes, tmp_path
):
    training = await begun(service, model, pipes)
    began = time.monotonic()
    cancelled = await service.delete(model, training.identifier)
    # It does not ask whether it is cancelled, so nobody waits for it.
    assert time.monotonic() - began < 2
    assert cancelled.status is Status.CANCELLED
    assert (await service.get(model, training.identifier)).status is Status.CANCELLED
    assert (await service.delete(model, training.identifier)).status is Status.CANCELLED
    with pytest.raises(UnknownTraining):
        await service.get(model, training.identifier)
    assert list((tmp_path / "trainings").iterdir()) == []


async def test_a_training_that_asks_may_save_what_it_has(service, model, pipes):
    training = await begun(service, model, pipes, how="listen")
    pipes[1].let()
    await pipes[0].line()
    cancelled = await service.delete(model, training.identifier)
    assert cancelled.status is Status.CANCELLED
    folder = await service.artifacts(model, training.identifier)
    assert (folder / "saved").read_text() == "in time"


async def test_a_process_of_a_training_that_asks_may_save_what_it_has(service, model):
    training = await service.start(model, {"how": "listening child"})
    # By then it is known that it asks, which it has told before.
    await anext(service.follow(model, training.identifier, kinds=(Kind.METRIC,)))
    assert (await service.delete(model, training.identifier)).status is Status.CANCELLED
    folder = await service.artifacts(model, training.identifier)
    assert (folder / "saved").read_text() == "in time"


async def test_a_training_that_asks_and_stays_is_killed_after_the_grace(open_service, model, pipes):
    service = await open_service(cancel_grace=0.3)
    training = await begun(service, model, pipes, how="ignore")
    pipes[1].let()
    await pipes[0].line()
    async with asyncio.timeout(5):
        assert (await service.delete(model, training.identifier)).status is Status.CANCELLED


async def test_a_queued_training_is_cancelled_at_once_and_never_runs(service, model, pipes):
    first = await begun(service, model, pipes)
    second = await service.start(model, {"how": "raise"})
    await service.delete(model, second.identifier)
    assert first.status is Status.RUNNING
    pipes[1].let()
    await service.wait(first)
    assert (second.status, second.message) == (Status.CANCELLED, "")


async def test_a_training_is_interrupted_when_the_server_stops_and_can_be_resumed(
    open_service, trainer, model, pipes, tmp_path
):
    service = await open_service()
    training = await begun(service, model, pipes, how="checkpoint")
    await trainer.close()
    await service.close()
    assert training.status is Status.INTERRUPTED

    again = await open_service()
    fresh = OneShotExecutor(Prepare(Source("training", "tests.models.training")), workers=1)
    loaded = LoadedModel.of(Source("training", "tests.models.training"))
    restarted = ServedModel(loaded.description, loaded.model, fresh, fresh, model._scratch)
    assert [one.status for one in await again.of_model(restarted)] == [Status.INTERRUPTED]
    resumed = await again.resume(restarted, training.identifier)
    assert resumed.status is Status.RUNNING
    assert resumed.identifier == training.identifier
    pipes[1].let()
    await again.wait(resumed)
    done = await again.get(restarted, training.identifier)
    assert orjson.loads(done.output) == {"found": "a checkpoint"}
    states = [value["status"] for _, value in await told(again, restarted, done, Kind.STATUS)]
    assert states == ["queued", "running", "interrupted", "queued", "running", "done"]
    with pytest.raises(Conflict, match="is done"):
        await again.resume(restarted, training.identifier)
    await fresh.close()


async def test_a_resumed_training_has_its_files_again(service, model, tmp_path):
    upload = tmp_path / "0.csv"
    upload.write_bytes(b"1,2")
    file = UploadedFile("data", str(upload), "text/csv", "d.csv")
    training = await completed(service, model, how="raise", data=file)
    assert not upload.exists()
    assert orjson.loads(training.arguments)["data"] == ["data", "text/csv", "d.csv"]
    (kept,) = orjson.loads(training.files)["data"]
    assert (kept["sha256"], kept["size"]) == (hashlib.sha256(b"1,2").hexdigest(), 3)
    await service.resume(model, training.identifier)
    await service.wait(training)
    folder = tmp_path / "trainings" / training.identifier / "inputs"
    (folder / kept["path"]).unlink()
    with pytest.raises(Conflict, match=r"'d.csv' is gone"):
        await service.resume(model, training.identifier)


async def test_a_training_is_resumed_once_however_many_ask(service, model):
    training = await completed(service, model, how="raise")
    asked = [service.resume(model, training.identifier) for _ in range(3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in answers) == 2
    await service.wait(training)


async def test_one_that_runs_is_not_resumed(service, model, pipes):
    training = await begun(service, model, pipes)
    with pytest.raises(Conflict, match="is running"):
        await service.resume(model, training.identifier)


async def test_arguments_that_do_not_fit_start_nothing(service, model, tmp_path):
    with pytest.raises(InvalidArguments):
        await service.start(model, {"day": "tomorrow"})
    assert await service.of_model(model) == []
    assert list((tmp_path / "trainings").iterdir()) == []


async def test_what_a_training_reports_prints_and_makes_is_kept(service, model):
    training = await completed(service, model, how="report")
    events = await told(service, model, training)
    metrics = [value for kind, value in events if kind is Kind.METRIC]
    assert metrics == [
        {"step": step, "values": {"loss": 1 / step, "odd": None}} for step in (1, 2, 3)
    ]
    progress = [value for kind, value in events if kind is Kind.PROGRESS]
    assert progress[-1]["step"] == progress[-1]["total"] == 3
    assert progress[-1]["fraction"] == 1
    log = "".join(value["text"] for kind, value in events if kind is Kind.LOG)
    assert "printed\n" in log
    assert log.endswith("complained\n")
    shown = orjson.loads(orjson.dumps(training.as_json()))
    assert shown["metrics"] == {"loss": 1 / 3, "odd": None}
    assert shown["progress"]["fraction"] == 1
    folder = await service.artifacts(model, training.identifier)
    assert (folder / "weights").read_text() == "heavy"


async def log_of(service, model, training):
    events = await told(service, model, training, Kind.LOG)
    return "".join(value["text"] for _, value in events)


@pytest.mark.parametrize("how", ["bar", "quiet bar"])
async def test_a_bar_of_tqdm_tells_how_far_a_training_is(service, model, how):
    training = await completed(service, model, how=how)
    progress = orjson.loads(training.progress)
    assert (progress["step"], progress["total"], progress["fraction"]) == (50, 50, 1)


async def test_a_bar_for_terminals_only_is_not_in_the_log(service, model):
    training = await completed(service, model, how="quiet bar")
    assert "on terminals only" not in await log_of(service, model, training)


async def test_of_bars_within_another_the_log_keeps_how_each_ended(service, model):
    training = await completed(service, model, how="nested bars")
    lines = (await log_of(service, model, training)).splitlines()
    drawn = [line.partition("|")[0] for line in lines if "er" in line]
    assert drawn == [*(f"inner {epoch}: 100%" for epoch in range(3)), "outer: 100%"]
    assert orjson.loads(training.progress)["total"] == 3


async def test_what_a_process_of_a_training_reports_counts(service, model):
    training = await completed(service, model, how="reporting child")
    progress = orjson.loads(training.progress)
    assert (progress["step"], progress["total"]) == (100, 100)
    assert orjson.loads(training.metrics) == {"loss": 0.5}


async def test_reports_of_processes_are_whole_whatever_their_size(service, model):
    training = await completed(service, model, how="large reports")
    metrics = orjson.loads(training.metrics)
    assert metrics.pop("x" * 200_000) == 1
    assert metrics == {f"{process}-{step}": step for process in range(3) for step in range(5)}


async def test_a_training_that_reports_without_pause_is_kept_at_a_bearable_pace(service, model):
    training = await completed(service, model, how="hurried")
    metrics = await told(service, model, training, Kind.METRIC)
    assert [value["step"] for _, value in metrics] == list(range(2000))
    assert orjson.loads(training.progress)["step"] == 2000
    # The seconds that reports beyond the first thousand have to wait.
    assert training.finished - training.started > 0.9


async def test_whoever_follows_a_training_misses_nothing_and_hears_nothing_twice(
    service, model, pipes
):
    training = await begun(service, model, pipes, how="report")
    seen = []

    async def follow(after):
        async for event in service.follow(model, training.identifier, after):
            seen.append(event.seq)
            if event.kind is Kind.STATUS and event.value["status"] == "running" and not after:
                return

    await asyncio.wait_for(follow(0), 20)
    pipes[1].let()
    await asyncio.wait_for(follow(seen[-1]), 20)
    assert seen == list(range(1, seen[-1] + 1))
    last = await service._store.last_event(training.identifier)
    assert seen[-1] == last


async def test_only_so_many_trainings_are_kept(open_service, model, tmp_path):
    service = await open_service(keep=2)
    trainings = [await completed(service, model, how="nan") for _ in range(4)]
    kept = [one.identifier for one in await service.of_model(model)]
    assert kept == [one.identifier for one in trainings[2:]]
    assert sorted(one.name for one in (tmp_path / "trainings").iterdir()) == sorted(kept)


async def test_trainings_that_are_too_old_are_forgotten_when_a_server_starts(
    open_service, store, model
):
    old = await completed(await open_service(), model, how="nan")
    young = await completed(await open_service(), model, how="nan")
    old.finished -= 120
    await store.save(old)
    again = await open_service(keep_seconds=60)
    assert await again.of_model(model) == [young]


async def test_a_cancel_is_answered_while_nothing_can_be_written_down(
    service, store, model, pipes, monkeypatch
):
    training = await begun(service, model, pipes)

    async def full(*args, **options):
        raise DiskFull("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "save", full)
        async with asyncio.timeout(5):
            assert (await service.delete(model, training.identifier)).status is Status.CANCELLED
    await service.wait(training)
    assert (await store.get("training", training.identifier)).status is Status.CANCELLED


async def test_another_server_cancels_what_this_one_runs(open_service, model, pipes):
    here, there = await open_service(), await open_service()
    training = await begun(here, model, pipes)
    async with asyncio.timeout(10):
        assert (await there.delete(model, training.identifier)).status is Status.CANCELLED
    assert training.status is Status.CANCELLED


async def test_a_model_that_takes_no_part_is_not_promoted(service, model):
    training = await completed(service, model)
    with pytest.raises(FunctionNotOffered, match=r"warm\(\) takes no argument 'directory'"):
        await service.promotions.promote(model, training)


async def test_a_resumption_that_comes_too_late_leaves_the_other_alone(
    service, store, model, tmp_path, monkeypatch
):
    training = await completed(service, model, how="raise")
    asked = tmp_path / "trainings" / training.identifier / CANCEL
    asked.touch()

    async def claimed_by_another(training):
        return False

    monkeypatch.setattr(store, "claim", claimed_by_another)
    with pytest.raises(Conflict, match="is being resumed already"):
        await service.resume(model, training.identifier)
    assert asked.exists()


async def test_what_is_being_resumed_is_not_forgotten(open_service, store, model, monkeypatch):
    service = await open_service(keep_seconds=3600)
    training = await completed(service, model, how="raise")
    reached, go_on = asyncio.Event(), asyncio.Event()
    claim = store.claim

    async def claim_later(training):
        reached.set()
        await go_on.wait()
        return await claim(training)

    monkeypatch.setattr(store, "claim", claim_later)
    monkeypatch.setattr(service._forgetting, "_limits", Limits(keep=0))
    resuming = asyncio.create_task(service.resume(model, training.identifier))
    await reached.wait()
    await service._forgetting.forget_old(model.name)
    with pytest.raises(Conflict, match="is being resumed already"):
        await service.delete(model, training.identifier)
    go_on.set()
    assert (await resuming).identifier == training.identifier


async def test_what_is_being_forgotten_is_not_resumed(service, store, model, monkeypatch):
    training = await completed(service, model, how="raise")
    reached, go_on = asyncio.Event(), asyncio.Event()
    remove = store.remove

    async def remove_later(identifier):
        reached.set()
        await go_on.wait()
        await remove(identifier)

    monkeypatch.setattr(store, "remove", remove_later)
    deleting = asyncio.create_task(service.delete(model, training.identifier))
    await reached.wait()
    with pytest.raises(Conflict, match="is being forgotten already"):
        await service.resume(model, training.identifier)
    go_on.set()
    await deleting
    with pytest.raises(UnknownTraining):
        await service.resume(model, training.identifier)
