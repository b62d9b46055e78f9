"""Results that were promoted, and that cannot be served any more."""

import shutil

import pytest

from deepaas.exceptions import ModelStartupError
from deepaas.trainings import service
from deepaas.trainings.promotions import Promotions

PROMOTE = "/v2/models/promotable/train/{}/promote"


async def weight(client):
    """Return what predicts, and which version it says it is."""
    prediction = await client.predict()
    return prediction.value, prediction.version


@pytest.fixture
async def promoted(connect, state):
    """The training that was promoted, by a server that is gone now, and its file."""
    model = (await connect("promotable")).model()
    training = await (await model.train(weight="good")).wait(20)
    await training.promote()
    return training.uuid, state / "trainings" / training.uuid / "files" / "weight"


def errors(caplog):
    return [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]


async def test_what_does_not_get_ready_any_more_can_be_withdrawn(connect, promoted, caplog):
    uuid, file = promoted
    file.write_text("broken")
    client = await connect("promotable")
    assert await weight(client) == ("the first", "")
    (line,) = errors(caplog)
    assert "the weight is broken" in line
    assert f"DELETE {PROMOTE.format(uuid)}" in line
    assert "\n" not in line

    file.write_text("good")
    assert await weight(await connect("promotable")) == ("good", uuid)

    await (await client.model().training(uuid)).withdraw()
    file.write_text("broken")
    caplog.clear()
    assert await weight(await connect("promotable")) == ("the first", "")
    assert errors(caplog) == []


async def test_what_is_gone_can_be_withdrawn(connect, promoted, caplog):
    uuid, file = promoted
    shutil.rmtree(file.parent)
    client = await connect("promotable")
    assert await weight(client) == ("the first", "")
    (line,) = errors(caplog)
    assert "is gone" in line
    assert f"DELETE {PROMOTE.format(uuid)}" in line
    await (await client.model().training(uuid)).withdraw()


@pytest.mark.parametrize("gone", [False, True])
async def test_a_server_does_not_try_again_and_again(
    connect, promoted, caplog, monkeypatch, eventually, gone
):
    _, file = promoted
    if gone:
        shutil.rmtree(file.parent)
    else:
        file.write_text("broken")
    looks = []
    monkeypatch.setattr(service, "BEAT", 0)
    monkeypatch.setattr(service, "POLL", 0.05)
    follow = Promotions.follow
    monkeypatch.setattr(Promotions, "follow", lambda self: looks.append(1) or follow(self))
    await connect("promotable")

    async def times():
        return len(looks)

    await eventually(times, lambda count: count > 5)
    assert len(errors(caplog)) == 1


async def test_a_model_that_does_not_get_ready_by_itself_either_is_not_served(
    connect, promoted, monkeypatch
):
    _, file = promoted
    file.write_text("broken")
    monkeypatch.setenv("NOTHING_OF_ITS_OWN", "1")
    with pytest.raises(ModelStartupError, match="nothing of its own"):
        await connect("promotable")
