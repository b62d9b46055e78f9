"""The life of a training, with a model whose trainings run in real processes."""

import asyncio

import orjson
import pytest

from deepaas.exceptions import UnknownTraining
from deepaas.executors.one_shot import OneShotExecutor
from deepaas.files import Scratch
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.trainings.record import Status
from deepaas.trainings.service import TrainingService
from deepaas.trainings.store import MemoryStore


@pytest.fixture
async def trainer():
    executor = OneShotExecutor(Prepare(Source("training", "tests.models.training")), workers=1)
    yield executor
    await executor.close()


@pytest.fixture
def model(trainer, tmp_path):
    loaded = LoadedModel.of(Source("training", "tests.models.training"))
    scratch = Scratch(str(tmp_path))
    yield ServedModel(loaded.description, loaded.model, trainer, trainer, scratch)
    scratch.close()


@pytest.fixture
def service():
    return TrainingService(MemoryStore())


class Run:
    """A training that has been asked for, and news of it."""

    def __init__(self, service, model):
        self.service = service
        self.model = model
        self.over = asyncio.Event()

    async def start(self, **arguments):
        self.training = await self.service.start(self.model, arguments, self.over.set)
        return self.training

    async def end(self):
        async with asyncio.timeout(20):
            await self.over.wait()
        return self.training


@pytest.fixture
def run(service, model):
    return Run(service, model)


async def begun(run, pipes):
    """Start a training that waits for its second pipe, and wait until it has begun."""
    reached, go_on = pipes
    training = await run.start(how="answer", reached=reached.path, go_on=go_on.path)
    await reached.line()
    return training


async def test_a_training_runs_and_its_output_is_kept(run):
    training = await run.start(how="answer")
    assert training.status is Status.RUNNING
    assert await run.end() is training
    assert training.status is Status.DONE
    assert orjson.loads(training.output)["accuracy"] == 0.5
    assert training.finished > training.date
    assert run.service.of_model(run.model) == [training]


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
async def test_a_training_that_fails_says_how(run, how, message):
    await run.start(how=how)
    training = await run.end()
    assert (training.status, training.message) == (Status.ERROR, message)


async def test_a_training_waits_its_turn_and_then_runs(run, service, model, pipes):
    first = await begun(run, pipes)
    behind = Run(service, model)
    second = await behind.start(how="answer")
    assert (first.status, second.status) == (Status.RUNNING, Status.QUEUED)
    pipes[1].let()
    await run.end()
    await behind.end()
    assert (first.status, second.status) == (Status.DONE, Status.DONE)


async def test_a_cancelled_training_stays_until_it_is_deleted_again(run, service, model, pipes):
    training = await begun(run, pipes)
    assert await service.delete(model, training.identifier) is training
    assert training.status is Status.CANCELLED
    assert run.over.is_set()
    assert service.get(model, training.identifier) is training
    assert await service.delete(model, training.identifier) is training
    with pytest.raises(UnknownTraining):
        service.get(model, training.identifier)


async def test_a_queued_training_is_cancelled_and_never_runs(run, service, model, pipes):
    await begun(run, pipes)
    behind = Run(service, model)
    second = await behind.start(how="raise")
    await service.delete(model, second.identifier)
    pipes[1].let()
    await run.end()
    assert (second.status, second.message) == (Status.CANCELLED, "")


async def test_a_training_is_interrupted_when_the_server_stops(run, service, trainer, pipes):
    training = await begun(run, pipes)
    await trainer.close()
    await service.close()
    assert training.status is Status.INTERRUPTED


async def test_a_training_can_be_awaited_and_cancelled_with_the_task_that_awaits(
    service, model, pipes
):
    training = await service.complete(model, {"how": "nan"})
    assert training.status is Status.DONE
    assert orjson.loads(training.output) == {"loss": None}
    reached, go_on = pipes
    arguments = {"how": "answer", "reached": reached.path, "go_on": go_on.path}
    awaiting = asyncio.create_task(service.complete(model, arguments))
    await reached.line()
    awaiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await awaiting
    assert [one.status for one in service.of_model(model)] == [Status.DONE, Status.CANCELLED]
