"""Failures tell nothing of the machine that the server runs on."""

from pathlib import Path

import aiohttp
import pytest

from tests.api.asking import ask, get, predict

FOLDER = str(Path(__file__).parents[1])
TOLD = "No such file or directory: '…/no such weights.bin'"


@pytest.fixture
def hidden(tmp_path, state):
    """Folders that nobody is to hear of."""
    return [FOLDER, str(tmp_path), str(state)]


async def test_a_database_that_cannot_be_read_is_told_of_in_the_log_alone(serve, state, caplog):
    client = await serve("leaky")
    for file in state.glob("deepaas.sqlite*"):
        file.write_bytes(b"no database " * 1000)
    answer = await get(client, "/v2/models/leaky/train/")
    assert (answer.status, answer.message) == (503, "the database does not answer")
    assert "the database does not answer: " in caplog.text


async def test_no_failure_tells_a_path_or_a_traceback(serve, hidden, eventually, caplog):
    client = await serve("leaky")
    upload = aiohttp.FormData({"how": "upload"})
    upload.add_field("data", b"no image", filename="a.png")
    bodies = [
        await predict(client, "leaky"),
        await predict(client, "leaky", json={"how": "missing", "more": 40_000 * "x"}),
        await predict(client, "leaky", data=upload),
        await ask(client, "POST", "/v2/models/leaky/infer", json={"inputs": []}),
        await ask(client, "POST", "/v1/models/leaky:predict", json={"instances": [{}]}),
        await ask(client, "POST", "/v2/models/leaky/generate", json={}),
    ]
    assert [one.status for one in bodies] == [500] * 6
    assert TOLD in bodies[0].message
    # Whoever has the log knows where it is.
    assert f"{FOLDER}/models/no such weights.bin" in caplog.text
    started = await ask(client, "POST", "/v2/models/leaky/train/")
    path = f"/v2/models/leaky/train/{started.json['uuid']}"

    async def training():
        return await get(client, path)

    bodies.append(await eventually(training, lambda one: one.json["status"] == "error"))
    assert TOLD in bodies[-1].json["message"]
    bodies += [
        await get(client, f"{path}/artifacts/none"),
        await get(client, f"{path}/artifacts/..%2f..%2f..%2fetc%2fpasswd"),
        await get(client, "/api/static/..%2f..%2fapp.py"),
    ]
    assert [one.status for one in bodies[-3:]] == [404] * 3
    for one in bodies:
        assert not [folder for folder in hidden if folder in one.text], one.text
        assert "Traceback" not in one.text
