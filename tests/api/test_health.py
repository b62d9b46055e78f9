"""How a server is, for those who watch over it."""

import os
import signal

import pytest
from aiohttp import web

from deepaas.api.app import build_app
from deepaas.api.keys import STARTING
from deepaas.authoring import Needs
from deepaas.exceptions import ModelStartupError
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.settings import Settings
from tests.api.asking import ask, get, predict

READY = {"live": True, "ready": True}


async def test_a_server_whose_models_have_workers_is_ready(serve):
    client = await serve("echo", "bare")
    models = {"echo": {"state": "ready"}, "bare": {"state": "ready"}}
    for path, more in (
        ("/v2/health/live", {}),
        ("/v2/health/ready", {"models": models}),
        ("/v2/health/ready/", {"models": models}),
    ):
        answer = await get(client, path)
        assert (answer.status, answer.json) == (200, READY | more)
        assert (await ask(client, "HEAD", path)).status == 200


async def health(client):
    answer = await get(client, "/v2/health/ready")
    live = await get(client, "/v2/health/live")
    # Whether it is ready may have changed between the two.
    assert (live.status, live.json["live"]) == (200, True)
    return answer.status, answer.json["models"]


async def test_a_server_that_listens_early_says_so_and_refuses_until_a_model_is_ready(
    serve, pipes, eventually
):
    reached, go_on = pipes
    waiting = Needs(environment={"REACHED": reached.path, "GO_ON": go_on.path})
    needs = {"needing": waiting, "bare": Needs(lazy=True)}
    client = await serve("needing", "echo", "bare", needs=needs, listen_early=True)
    await reached.line()
    _, models = await eventually(
        lambda: health(client), lambda health: health[1]["echo"] != {"state": "starting"}
    )
    assert models == {
        "needing": {"state": "starting"},
        "echo": {"state": "ready"},
        "bare": {"state": "unloaded"},
    }
    refused = await predict(client, "needing")
    assert (refused.status, refused.message) == (503, "model 'needing' is not ready yet")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await get(client, "/v2/models/")).status == 200
    # Those that are ready, or are loaded at a call, do not wait for it.
    assert [(await predict(client, one)).status for one in ("echo", "bare")] == [200, 200]
    assert (await get(client, "/v2/health/ready")).status == 503
    go_on.let()
    await eventually(lambda: health(client), lambda health: health[0] == 200)
    assert (await predict(client, "needing")).status == 200


async def test_a_server_that_listens_early_hears_of_a_model_that_does_not_get_ready(tmp_path):
    broken = tmp_path / "broken"
    broken.touch()
    needs = {"needing": Needs(environment={"BROKEN": str(broken)})}
    model = LoadedModel.of(Source("needing", "tests.models.needing"))
    settings = Settings(state_directory=str(tmp_path), needs=needs, listen_early=True)
    app = build_app(settings, [model])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        with pytest.raises(ModelStartupError, match=r"'needing' failed .* OSError: no weights"):
            await app[STARTING]
    finally:
        await runner.cleanup()


async def test_a_model_whose_workers_die_has_failed_until_they_live_again(
    serve, tmp_path, eventually
):
    broken = tmp_path / "broken"
    needs = {"needing": Needs(environment={"BROKEN": str(broken)})}
    client = await serve("needing", "echo", needs=needs)
    worker = (await predict(client, "needing")).predictions["pid"]
    broken.touch()
    os.kill(worker, signal.SIGKILL)
    failed = {"state": "failed", "reason": "OSError: no weights"}
    status, models = await eventually(
        lambda: health(client), lambda health: health[1]["needing"] == failed
    )
    assert (status, models["echo"]) == (503, {"state": "ready"})
    assert (await get(client, "/v2/health/live")).json == {"live": True, "ready": False}
    broken.unlink()
    await eventually(lambda: health(client), lambda health: health[0] == 200)
    assert (await predict(client, "needing")).predictions["pid"] != worker
