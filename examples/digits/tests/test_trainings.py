"""Trainings as users see them: asked of a real server, which may be killed."""

import asyncio
import json
import os
import re
import sys
from contextlib import AsyncExitStack

import aiohttp
import pytest

MODEL = "/v2/models/digits"
# A few seconds of training, so that it can be interrupted and still be brought to its end.
LONG = {"epochs": 120, "hidden_units": 8}


class Server:
    """A running `deepaas-run`, and a client of it."""

    def __init__(self, process, client):
        self.process = process
        self.client = client

    async def ask(self, method, path, **options):
        async with self.client.request(method, MODEL + path, **options) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def kill(self):
        self.process.kill()
        await self.process.wait()

    async def start(self, **arguments):
        return f"/train/{(await self.ask('POST', '/train/', params=arguments))['uuid']}"

    async def events(self, path):
        """Give what happens in a training, from its beginning to its end."""
        async with self.client.get(f"{MODEL}{path}/events") as response:
            async for line in response.content:
                if line.startswith(b"event: "):
                    kind = line.split()[1].decode()
                elif line.startswith(b"data: "):
                    yield kind, json.loads(line.removeprefix(b"data: "))

    async def reach(self, path, epoch):
        """Wait until a training has done so many epochs."""
        async for kind, value in self.events(path):
            if kind == "progress" and value["step"] >= epoch:
                return

    async def finished(self, path):
        async for _ in self.events(path):
            pass
        return await self.ask("GET", path)

    async def artifacts(self, path):
        listed = (await self.ask("GET", f"{path}/artifacts"))["artifacts"]
        return [one["name"] for one in listed]

    async def download(self, path, name):
        async with self.client.get(f"{MODEL}{path}/artifacts/{name}") as response:
            return await response.read()

    async def predict(self, picture):
        """Return an answer, and which version of the model it says it is from."""
        form = aiohttp.FormData({"data": picture.open("rb")})
        async with self.client.post(f"{MODEL}/predict/", data=form) as response:
            assert response.status == 200, await response.text()
            return await response.json(), response.headers["DEEPaaS-Model-Version"]


@pytest.fixture
async def serve(model_dir, tmp_path):
    """Start a server; all of a test keep their trainings in the same place."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OS_", "DEEPAAS_", "XDG_"))
    }
    environment = {**kept, "DIGITS_MODEL_DIR": str(model_dir), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "deepaas.cmd.run", "--model-name", "digits"]
    options = ["--listen-port", "0", "--state-dir", str(tmp_path / "state")]
    async with AsyncExitStack() as stack:

        async def start():
            process = await asyncio.create_subprocess_exec(
                *command,
                *options,
                env=environment,
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            stack.push_async_callback(end, process)
            banner = ""
            while "CTRL+C" not in banner:
                line = await process.stdout.readline()
                assert line, banner
                banner += line.decode()
            url = re.search(r"http://\S+(?=/v2/)", banner)[0]
            client = await stack.enter_async_context(aiohttp.ClientSession(url))
            return Server(process, client)

        async def end(process):
            if process.returncode is None:
                process.terminate()
            await process.communicate()

        yield start


async def test_a_training_tells_how_far_it_is_and_how_good(serve):
    server = await serve()
    path = await server.start(epochs=3)
    told = [event async for event in server.events(path)]
    assert [value["step"] for kind, value in told if kind == "progress"][-1] == 3
    measured = [value for kind, value in told if kind == "metric"]
    assert [value["step"] for value in measured] == [1, 2, 3]
    assert all({"loss", "accuracy"} == set(value["values"]) for value in measured)
    ended = await server.ask("GET", path)
    assert ended["status"] == "done"
    assert ended["metrics"] == {
        name: ended["result"]["output"][name] for name in ("loss", "accuracy")
    }
    assert await server.artifacts(path) == ["checkpoint.pickle", "digits.npz"]


async def test_a_training_whose_server_was_killed_is_resumed_to_the_same_end(serve):
    server = await serve()
    path = await server.start(**LONG)
    await server.reach(path, 5)
    await server.kill()

    server = await serve()
    assert (await server.ask("GET", path))["status"] == "interrupted"
    await server.ask("POST", f"{path}/resume")
    resumed = await server.finished(path)
    assert resumed["status"] == "done"
    async with server.client.get(f"{MODEL}{path}/log") as response:
        log = await response.text()
    assert log.count("epoch 1/120") == log.count("epoch 120/120") == 1

    other = await server.start(**LONG)
    assert (await server.finished(other))["result"]["output"] == resumed["result"]["output"]
    models = [await server.download(one, "digits.npz") for one in (path, other)]
    assert models[0] == models[1]


async def test_a_cancelled_training_keeps_what_it_has_learnt(serve):
    server = await serve()
    path = await server.start(epochs=1000)
    await server.reach(path, 2)
    assert (await server.ask("DELETE", path))["status"] == "cancelled"
    assert await server.artifacts(path) == ["checkpoint.pickle", "digits.npz"]


async def test_a_training_is_served_from_when_it_is_promoted_until_it_is_withdrawn(serve, pictures):
    server = await serve()
    first = await server.predict(pictures / "two.png")
    path = await server.start(epochs=1)
    await server.finished(path)
    assert await server.predict(pictures / "two.png") == first

    await server.ask("POST", f"{path}/promote")
    promoted, version = await server.predict(pictures / "two.png")
    assert version == path.rpartition("/")[2]
    assert promoted["probability"] < first[0]["probability"]

    await server.kill()
    server = await serve()
    assert await server.predict(pictures / "two.png") == (promoted, version)
    await server.ask("DELETE", f"{path}/promote")
    assert await server.predict(pictures / "two.png") == first
