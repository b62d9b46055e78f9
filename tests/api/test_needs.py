"""Models that are loaded when they are needed, each with what it needs."""

import asyncio
import contextlib

import aiohttp
import pytest
from aiohttp import web

from deepaas.api.app import build_app
from deepaas.api.connections import Runner
from deepaas.authoring import Needs
from deepaas.model.loaded import LoadedModel, load_models
from deepaas.model.source import Source
from deepaas.serving import memory
from deepaas.settings import Settings
from tests.api.asking import ask, get, predict
from tests.executors.observing import family


async def states(client):
    answer = await get(client, "/v2/health/ready")
    assert (answer.status, answer.json["ready"]) == (200, True)
    return {name: model["state"] for name, model in answer.json["models"].items()}


def is_(**wanted):
    return lambda states: states == wanted


@pytest.fixture
def slow(pipes):
    """Needs of a model that tells when it is loaded, and waits then."""
    reached, go_on = pipes
    return Needs(lazy=True, environment={"REACHED": reached.path, "GO_ON": go_on.path})


async def test_loading_a_model_at_its_first_call_holds_up_that_call_and_no_other(
    serve, pipes, slow, monkeypatch
):
    # Nor does a look at the memory of all.
    monkeypatch.setattr(memory, "INTERVAL", 0.001)
    reached, go_on = pipes
    client = await serve("needing", "echo", needs={"needing": slow}, memory_limit=2**40)
    assert await states(client) == {"needing": "unloaded", "echo": "ready"}
    calls = [asyncio.create_task(predict(client, "needing")) for _ in range(3)]
    await reached.line()
    assert await states(client) == {"needing": "starting", "echo": "ready"}
    for _ in range(20):
        assert (await predict(client, "echo")).status == 200
    go_on.let()
    pids = {answer.predictions["pid"] for answer in await asyncio.gather(*calls)}
    assert len(pids) == 1
    assert await states(client) == {"needing": "ready", "echo": "ready"}


async def test_a_model_that_cannot_be_loaded_says_why_until_it_can(serve, tmp_path):
    broken = tmp_path / "broken"
    broken.touch()
    needs = Needs(lazy=True, environment={"BROKEN": str(broken)})
    client = await serve("needing", "echo", needs={"needing": needs})
    answer = await predict(client, "needing")
    assert answer.status == 500
    assert "'needing'" in answer.message
    assert "OSError: no weights" in answer.message
    health = await get(client, "/v2/health/ready")
    assert health.status == 200
    assert health.json["models"]["needing"] == {
        "state": "failed",
        "reason": "OSError: no weights",
    }
    broken.unlink()
    assert (await predict(client, "needing")).status == 200
    assert (await states(client))["needing"] == "ready"


async def test_a_model_that_has_no_calls_is_unloaded_until_its_next_one(serve, eventually):
    client = await serve("needing", "echo", needs={"needing": Needs(unload_after=0.05)})
    pids = set()
    for _ in range(2):
        pids.add((await predict(client, "needing")).predictions["pid"])
        await eventually(lambda: states(client), is_(needing="unloaded", echo="ready"))
    assert len(pids) == 2


async def test_models_are_unloaded_over_the_limit_of_memory_and_answer_all_the_same(
    serve, eventually, monkeypatch
):
    monkeypatch.setattr(memory, "INTERVAL", 0.02)
    client = await serve("needing", "bare", memory_limit=1)
    for _ in range(2):
        await eventually(lambda: states(client), is_(needing="unloaded", bare="unloaded"))
        assert (await predict(client, "needing")).status == 200


async def test_a_model_under_the_limit_of_memory_is_not_unloaded_while_it_predicts(
    serve, pipes, eventually, monkeypatch
):
    monkeypatch.setattr(memory, "INTERVAL", 0.02)
    reached, go_on = pipes
    client = await serve("needing", "bare", memory_limit=1)
    query = {"reached": reached.path, "go_on": go_on.path}
    call = asyncio.create_task(predict(client, "needing", params=query))
    await reached.line()
    await eventually(lambda: states(client), is_(needing="ready", bare="unloaded"))
    go_on.let()
    assert (await call).status == 200


async def test_workers_take_devices_in_turn_and_trainings_too(serve, pipes, eventually):
    reached, go_on = pipes
    needs = {"needing": Needs(workers=2, device="0;1")}
    client = await serve("needing", needs=needs)
    query = {"reached": reached.path, "go_on": go_on.path}
    calls = [asyncio.create_task(predict(client, "needing", params=query)) for _ in range(2)]
    assert sorted([await reached.line(), await reached.line()]) == ["0", "1"]
    go_on.let(2)
    await asyncio.gather(*calls)
    path = "/v2/models/needing/train/"
    started = (await ask(client, "POST", path)).json

    async def training():
        return (await get(client, f"{path}{started['uuid']}")).json

    done = await eventually(training, lambda training: training["status"] == "done")
    assert done["result"]["output"]["device"] == "0"


async def test_a_lazy_model_serves_what_is_promoted_also_after_it_was_unloaded(serve, eventually):
    needs = {"promotable": Needs(lazy=True, unload_after=0.05)}
    client = await serve("promotable", needs=needs)
    path = "/v2/models/promotable/train/"
    started = (await ask(client, "POST", path, params={"weight": "new"})).json

    async def training():
        return (await get(client, f"{path}{started['uuid']}")).json

    await eventually(training, lambda training: training["status"] == "done")
    assert await states(client) == {"promotable": "unloaded"}
    promoted = await ask(client, "POST", f"{path}{started['uuid']}/promote")
    assert promoted.status == 200
    for _ in range(2):
        await eventually(lambda: states(client), is_(promotable="unloaded"))
        assert (await predict(client, "promotable")).predictions == "new"
    after_a_restart = await serve("promotable", needs=needs)
    assert await states(after_a_restart) == {"promotable": "unloaded"}
    assert (await predict(after_a_restart, "promotable")).predictions == "new"


async def test_what_does_not_get_ready_is_not_promoted_to_a_lazy_model(serve, eventually):
    client = await serve("promotable", needs={"promotable": Needs(lazy=True)})
    path = "/v2/models/promotable/train/"
    started = (await ask(client, "POST", path, params={"weight": "broken"})).json

    async def training():
        return (await get(client, f"{path}{started['uuid']}")).json

    await eventually(training, lambda training: training["status"] == "done")
    refused = await ask(client, "POST", f"{path}{started['uuid']}/promote")
    assert refused.status == 500
    assert (await predict(client, "promotable")).predictions == "the first"


KEPT = """
    import os
    import deepaas

    @deepaas.served(lazy=True, device="5", environment={"SIZE": "large"})
    class Kept:
        def get_predict_args(self):
            return {}

        def predict(self):
            return [os.environ["CUDA_VISIBLE_DEVICES"], os.environ["SIZE"]]
"""


@pytest.mark.usefixtures("only_site")
async def test_a_class_says_by_its_decorator_what_it_needs(serve_loaded, install):
    install("keeping", KEPT, kept="keeping:Kept")
    client = await serve_loaded(
        *load_models([]), needs={"kept": Needs(environment={"SIZE": "small"})}
    )
    assert await states(client) == {"kept": "unloaded"}
    assert (await predict(client, "kept")).predictions == ["5", "small"]


async def test_whoever_waits_for_a_model_to_be_loaded_is_told_when_the_server_stops(
    pipes, slow, state, tmp_path
):
    reached, _ = pipes
    settings = Settings(
        needs={"needing": slow}, state_directory=str(state), temporary_directory=str(tmp_path)
    )
    before = family()
    app = build_app(settings, [LoadedModel.of(Source("needing", "tests.models.needing"))])
    runner = Runner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(f"http://{host}:{port}") as client:
        call = asyncio.create_task(predict(client, "needing"))
        await reached.line()
        await asyncio.wait_for(runner.cleanup(), 10)
        with contextlib.suppress(aiohttp.ClientError):
            assert (await call).status == 503
    assert family() <= before
