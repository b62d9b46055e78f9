"""What is served, and what is written down of it, are one."""

import asyncio

import pytest

from deepaas.database.engine import Database, sqlite_url
from deepaas.exceptions import Conflict, DiskFull, ModelError
from deepaas.executors.local import LocalExecutor
from deepaas.files import Scratch
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.trainings.promotions import Promotions
from deepaas.trainings.record import Status, Training
from deepaas.trainings.service import TrainingService
from deepaas.trainings.store import Store

SOURCE = Source("promotable", "tests.models.promotable")


class FullStore(Store):
    """Has no room for promotions as long as it is full."""

    full = False

    async def promote(self, model, training):
        if self.full:
            raise DiskFull("the disk is full")
        await super().promote(model, training)


@pytest.fixture
async def store(tmp_path):
    database = Database(sqlite_url(tmp_path))
    await database.open()
    yield FullStore(database)
    await database.close()


@pytest.fixture
async def model(tmp_path):
    loaded = LoadedModel.of(SOURCE)
    scratch = Scratch(str(tmp_path))

    def predictor(directory, lazy=False):
        return LocalExecutor(Prepare(SOURCE, directory=directory))

    first = predictor(None)
    await first.start()
    model = ServedModel(
        loaded.description, loaded.model, first, None, scratch, version="1", renewed=predictor
    )
    yield model
    await model.close()
    scratch.close()


@pytest.fixture
def promotions(store, model, tmp_path):
    promotions = Promotions(store, lambda identifier: tmp_path / identifier)
    promotions.attach(model)
    return promotions


@pytest.fixture
def trained(tmp_path):
    def leave(weight):
        training = Training("promotable", status=Status.DONE)
        (tmp_path / training.identifier).mkdir()
        (tmp_path / training.identifier / "weight").write_text(weight)
        return training

    return leave


async def served(model):
    """Return the version that predicts."""
    _, version = await model.predict({})
    return version


async def test_what_cannot_be_written_down_is_not_served(promotions, store, model, trained):
    first, second = trained("first"), trained("second")
    await promotions.promote(model, first)
    store.full = True
    with pytest.raises(DiskFull):
        await promotions.promote(model, second)
    assert await served(model) == first.identifier
    assert await store.promoted("promotable") == first.identifier


async def test_what_does_not_get_ready_is_not_written_down(promotions, store, model, trained):
    with pytest.raises(ModelError, match="the weight is broken"):
        await promotions.promote(model, trained("broken"))
    assert await served(model) == "1"
    assert await store.promoted("promotable") is None


async def test_following_others_never_brings_back_what_has_just_been_replaced(
    promotions, store, model, trained
):
    first, second = trained("first"), trained("second")
    # Another server has promoted the first one, which this one is about to follow.
    await store.promote("promotable", first.identifier)
    promoting = asyncio.create_task(promotions.promote(model, second))
    promotions.follow()
    await promoting
    await promotions._following
    assert await served(model) == second.identifier
    assert await store.promoted("promotable") == second.identifier


async def test_what_is_being_promoted_is_not_forgotten(store, model, tmp_path):
    service = TrainingService(store, tmp_path)
    training = Training("promotable", status=Status.DONE)
    files = tmp_path / training.identifier / "files"
    files.mkdir(parents=True)
    (files / "weight").write_text("first")
    await store.add(training)
    promoting = asyncio.create_task(service.promotions.promote(model, training))
    await asyncio.sleep(0)
    with pytest.raises(Conflict, match=r"is being promoted already|is in service"):
        await service.delete(model, training.identifier)
    await promoting
    assert files.is_dir()
    assert await served(model) == training.identifier


async def test_what_has_been_forgotten_meanwhile_is_not_promoted(promotions, store, model):
    with pytest.raises(Conflict, match="has no files any more"):
        await promotions.promote(model, Training("promotable", status=Status.DONE))
    assert await store.promoted("promotable") is None
