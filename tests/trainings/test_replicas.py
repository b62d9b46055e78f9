"""Several servers that share a database: each sees the trainings of all."""

import asyncio

import pytest

from tests.api.asking import ask, get, predict

TRAIN = "/v2/models/training/train/"


@pytest.fixture
def replicas(serve, database_url, state):
    """Start two servers of a model on one database and one state directory."""

    async def start(model):
        settings = {"database_url": database_url, "state_directory": str(state)}
        return [await serve(model, **settings) for _ in range(2)]

    return start


async def test_a_training_of_one_is_seen_followed_and_cancelled_by_the_other(replicas, pipes):
    here, there = await replicas("training")
    reached, go_on = pipes
    params = {"how": "report", "reached": reached.path, "go_on": go_on.path}
    first = (await ask(here, "POST", TRAIN, params=params)).json
    await reached.line()
    following = asyncio.create_task(get(there, f"{TRAIN}{first['uuid']}/events"))
    go_on.let()
    events = (await asyncio.wait_for(following, 20)).text
    assert events.endswith('data: {"status":"done"}\n\n')
    assert (await get(there, f"{TRAIN}{first['uuid']}/log")).text == "printed\ncomplained\n"
    assert (await get(there, f"{TRAIN}{first['uuid']}/artifacts/weights")).text == "heavy"

    second = (await ask(here, "POST", TRAIN, params=params)).json
    await reached.line()
    assert [one["uuid"] for one in (await get(there, TRAIN)).json] == [
        first["uuid"],
        second["uuid"],
    ]
    async with asyncio.timeout(10):
        answer = await ask(there, "DELETE", f"{TRAIN}{second['uuid']}")
    assert answer.json["status"] == "cancelled"
    assert (await get(here, f"{TRAIN}{second['uuid']}")).json["status"] == "cancelled"


async def test_what_is_promoted_at_one_is_served_by_the_other(replicas, eventually):
    here, there = await replicas("promotable")
    root = "/v2/models/promotable/train/"
    uuid = (await ask(here, "POST", root, params={"weight": "new"})).json["uuid"]
    await get(here, f"{root}{uuid}/events")
    assert (await ask(here, "POST", f"{root}{uuid}/promote")).status == 200
    answer = await eventually(
        lambda: predict(there, "promotable"), lambda one: one.predictions == "new"
    )
    assert answer.headers["DEEPaaS-Model-Version"] == uuid
