"""The models as a repository, and what has become of their predictions, over REST."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.api.asking import Answer, ask, get, predict
from tests.api.kserve.asking import refusal

AT_A_CALL = {"state": "UNAVAILABLE", "reason": "it is loaded at its next call"}
UNLOADED = {"state": "UNAVAILABLE", "reason": "it was unloaded, and no call loads it"}
READY = {"state": "READY", "reason": ""}
ALONE = "dawdling:alone"


async def index(client: aiohttp.ClientSession, body: Any = None) -> dict[str, dict[str, str]]:
    """Return how each model is."""
    answer = await ask(client, "POST", "/v2/repository/index", json=body)
    assert answer.headers["Content-Type"] == "application/json"
    return {one["name"]: {"state": one["state"], "reason": one["reason"]} for one in answer.json}


async def tell(client: aiohttp.ClientSession, model: str, verb: str, **options: Any) -> Answer:
    """Load or unload a model."""
    return await ask(client, "POST", f"/v2/repository/models/{model}/{verb}", **options)


async def statistics(client: aiohttp.ClientSession, model: str) -> dict[str, Any]:
    """Return what is counted of a model."""
    (told,) = (await get(client, f"/v2/models/{model}/stats")).json["model_stats"]
    return told


async def test_a_lazy_model_is_loaded_by_a_call_or_when_it_is_told(serve):
    client = await serve("echo", "failing", lazy=True)
    # Clients of Triton send no body, and others an empty object.
    answer = await ask(client, "POST", "/v2/repository/index")
    assert answer.json[0] == {"name": "echo", "version": "", **AT_A_CALL}
    assert await index(client, {}) == {"echo": AT_A_CALL, "failing": AT_A_CALL}
    assert (await tell(client, "echo", "load")).json == {"name": "echo", "load": True}
    assert await index(client) == {"echo": READY, "failing": AT_A_CALL}
    assert await index(client, {"ready": True}) == {"echo": READY}
    # What tritonclient sends.
    told = {"parameters": {"unload_dependents": False}}
    for _ in range(2):
        assert (await tell(client, "echo", "unload", json=told)).json["unload"]
        assert (await index(client))["echo"] == AT_A_CALL
    assert (await get(client, "/v2/models/echo/ready")).status == 200
    assert (await predict(client, "echo")).status == 200
    assert (await index(client))["echo"] == READY


async def test_a_model_that_is_not_lazy_stays_unloaded_until_it_is_loaded(serve):
    client = await serve("echo", "failing")
    assert (await tell(client, "echo", "unload")).status == 200
    assert await index(client) == {"echo": UNLOADED, "failing": READY}
    refused = await predict(client, "echo")
    assert (refused.status, "Retry-After" in refused.headers) == (503, True)
    assert "'echo' is unloaded" in refused.message
    for path in ("/v2/models/echo/ready", "/v1/models/echo"):
        assert "'echo' is unloaded" in refusal(await get(client, path), 503)
    # It is as it should be, and the others go on.
    assert (await get(client, "/v2/health/ready")).json["ready"]
    assert (await tell(client, "echo", "load")).status == 200
    assert (await tell(client, "echo", "load")).status == 200
    assert (await predict(client, "echo")).status == 200
    assert (await index(client))["echo"] == READY


@pytest.mark.parametrize("lazy", [False, True])
async def test_calls_that_run_when_a_model_is_unloaded_come_to_their_end(serve, pipes, lazy):
    reached, go_on = pipes
    client = await serve("batched:model", lazy=lazy)
    json = {"text": "a", "hold": f"{reached.path}|{go_on.path}"}
    running = asyncio.create_task(predict(client, "batched:model", json=json))
    await reached.line()
    assert (await tell(client, "batched:model", "unload")).status == 200
    assert (await index(client))["batched:model"] == (AT_A_CALL if lazy else UNLOADED)
    assert not running.done()
    go_on.let()
    assert (await running).predictions == {"text": "a", "size": 1}


async def test_what_cannot_be_done_is_refused(serve):
    client = await serve("echo", base_path="/p", lazy=True)

    async def post(path: str, **options: Any) -> Answer:
        return await ask(client, "POST", f"/p/v2/repository/{path}", **options)

    assert refusal(await post("index", json={"ready": 1})) == "'ready' must be true or false"
    assert refusal(await post("index", json=[])) == "the request must be an object"
    assert "malformed JSON" in refusal(await post("index", data=b"{"))
    assert "no model 'nobody'" in refusal(await post("models/nobody/load"), 404)
    changed = {"parameters": {"config": "{}"}}
    assert "without config" in refusal(await post("models/echo/load", json=changed))
    assert refusal(await post("nothing"), 404)
    assert refusal(await get(client, "/p/v2/repository/index"), 405)


async def test_predictions_are_counted_and_timed(serve):
    client = await serve("failing", "echo")
    for _ in range(3):
        assert (await predict(client, "failing", params={"how": "fine"})).status == 200
    assert (await predict(client, "failing", params={"how": "raise"})).status == 500
    told = await statistics(client, "failing")
    assert (told["name"], told["inference_count"], told["execution_count"]) == ("failing", 3, 3)
    assert told["last_inference"] > 1_600_000_000_000
    durations = told["inference_stats"]
    assert durations.keys() == {"success", "fail", "queue", "compute_infer"}
    assert {name: one["count"] for name, one in durations.items()} == {
        **{"success": 3, "queue": 3, "compute_infer": 3},
        "fail": 1,
    }
    parts = durations["queue"]["ns"] + durations["compute_infer"]["ns"]
    assert 0 < parts <= durations["success"]["ns"]
    (batch,) = told["batch_stats"]
    assert (batch["batch_size"], batch["compute_infer"]["count"]) == (1, 3)
    every = (await get(client, "/v2/models/stats")).json["model_stats"]
    assert [one["name"] for one in every] == ["failing", "echo"]
    assert (every[1]["last_inference"], every[1]["batch_stats"]) == (0, [])
    assert refusal(await get(client, "/v2/models/nobody/stats"), 404)
    assert refusal(await get(client, "/v2/models/echo/versions/2/stats"), 404)


async def test_waiting_counts_as_queue_and_batches_by_their_size(serve, pipes):
    reached, go_on = pipes
    client = await serve("batched:model")
    json = {"text": "a", "hold": f"{reached.path}|{go_on.path}"}
    running = asyncio.create_task(predict(client, "batched:model", json=json))
    await reached.line()
    others = [asyncio.create_task(predict(client, "batched:model", json=json)) for _ in range(2)]
    # They have come, and wait.
    while (await get(client, "/metrics")).text.count('waiting{model="batched:model"} 2.0') < 1:
        await asyncio.sleep(0.02)
    go_on.let()
    await running
    await reached.line()
    go_on.let(2)
    await asyncio.gather(*others)
    told = await statistics(client, "batched:model")
    assert (told["inference_count"], told["execution_count"]) == (3, 2)
    assert [(one["batch_size"], one["compute_infer"]["count"]) for one in told["batch_stats"]] == [
        (1, 1),
        (2, 1),
    ]
