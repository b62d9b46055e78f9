"""``deepaas-run --reload``, as authors use it."""

import asyncio
import re
import signal
from contextlib import AsyncExitStack

import psutil
import pytest

from tests.faults.server import Server

MODEL = """
from webargs import fields

def get_predict_args():
    return {"text": fields.Str(load_default="hello")}

def predict(text):
    return text + "MARK"
"""
WAITING = """
import os

def {function}():
    with open({reached!r}, "w") as reached:
        print("here", file=reached)
    os.read(os.open({go_on!r}, os.O_RDONLY), 1)
    return "old"
"""
PREDICT = "/v2/models/shout/predict/"


class Reloading(Server):
    """A ``deepaas-run --reload``."""

    async def heard(self, pattern, times=1, seconds=60):
        """See ``Server.heard``; several servers start one after the other here."""
        return await super().heard(pattern, times, seconds)


@pytest.fixture
async def reloading(launch):
    """Start ``deepaas-run --reload``; what it prints can be awaited."""
    async with AsyncExitStack() as stack:

        async def start(*argv):
            options = ("--reload", "--listen-port", "0", *argv)
            process = await launch("run", *options, merged=True)
            server = Reloading(process)
            stack.push_async_callback(server.close)
            return server

        yield start


@pytest.fixture
def save(install, site):
    """Save the model: one that answers with a mark of its own, or other code."""
    install("shout", "")

    def write(mark="!", code=MODEL):
        (site / "shout.py").write_text(code.replace("MARK", str(mark)))

    return write


async def answer(server):
    async with server.client() as client, client.post(PREDICT) as response:
        return (await response.json())["predictions"]


async def servers(server):
    """Return the servers that the supervisor has at the moment."""
    return psutil.Process(server.process.pid).children()


async def test_a_saved_file_is_served_and_one_line_says_so(reloading, save):
    save("!")
    server = await reloading()
    await server.open()
    assert await answer(server) == "hello!"
    lines = len(server.lines)
    save("?")
    await server.heard(r"^Reloaded shout\.py in \d+\.\d s$")
    assert await answer(server) == "hello?"
    assert len(server.lines) == lines + 1


async def test_no_request_fails_while_the_server_is_replaced(reloading, save, eventually):
    save("0")
    server = await reloading()
    await server.open()
    seen, done = set(), asyncio.Event()

    async def ask(client):
        while not done.is_set():
            async with client.post(PREDICT) as response:
                assert response.status == 200, await response.text()
                seen.add((await response.json())["predictions"])

    async def ask_anew():
        while not done.is_set():
            seen.add(await answer(server))

    async with server.client() as client, asyncio.TaskGroup() as asking:
        for _ in range(3):
            asking.create_task(ask(client))
        asking.create_task(ask_anew())
        for number in (1, 2):
            save(number)
            await server.heard("^Reloaded", times=number)
            await eventually(lambda: servers(server), lambda found: len(found) == 1)
        assert await answer(server) == "hello2"
        done.set()
    assert seen == {"hello0", "hello1", "hello2"}


async def test_an_error_is_shown_with_its_line_and_the_old_code_serves_on(reloading, save):
    save("!")
    server = await reloading()
    await server.open()
    save(code="def predict(:\n    pass\n")
    await server.heard(r"error: .*shout.*SyntaxError.*\(shout\.py, line 1\)")
    await server.heard(r"shout\.py not reloaded: what was there before is served on")
    assert await answer(server) == "hello!"
    save(code="import json\n\nnumbers = json.loads('[1, 2')\n")
    await server.heard(r"error: .*shout.*JSONDecodeError: .* \(line 3 of \S*shout\.py\)$")
    await server.heard("not reloaded", times=2)
    save(code="\n\ndef warm():\n    raise OSError('no weights')\n")
    await server.heard(r"error: .*shout.*OSError: no weights \(line 4 of \S*shout\.py\)$")
    await server.heard("not reloaded", times=3)
    assert await answer(server) == "hello!"
    save("?")
    await server.heard("^Reloaded")
    assert await answer(server) == "hello?"


async def test_a_first_start_that_fails_waits_for_a_save(reloading, save):
    save(code="import nothing_like_this\n")
    server = await reloading()
    await server.heard("error: .*nothing_like_this.*line 1")
    await server.heard("Nothing is served; the next save is tried")
    save("!")
    await server.open()
    assert await answer(server) == "hello!"
    # Only now is there something that could be reloaded.
    assert not any("Reloaded" in line for line in server.lines)


async def test_requests_wait_while_nothing_is_served(reloading, save, unused_tcp_port):
    save(code="1 / 0\n")
    server = await reloading("--listen-port", str(unused_tcp_port))
    await server.heard("Nothing is served")
    server.url = f"http://127.0.0.1:{unused_tcp_port}"
    asking = asyncio.create_task(answer(server))
    save("!")
    assert await asyncio.wait_for(asking, 60) == "hello!"


async def test_a_burst_of_saves_is_one_reload(reloading, save, site, eventually):
    save("!")
    server = await reloading()
    await server.open()
    for number in range(20):
        (site / f"part{number}.py").write_text("")
        save(number)
    await server.heard(r"^Reloaded part0\.py and \d+ more in")
    await eventually(lambda: answer(server), lambda text: text == "hello19")
    # Where the disk is slow, its end may come during the reload.
    assert sum("Reloaded" in line for line in server.lines) <= 2


async def test_a_save_overtakes_what_was_saved_before(reloading, save, pipes, eventually):
    save("!")
    server = await reloading()
    await server.open()
    reached, go_on = pipes
    waiting = WAITING.format(function="warm", reached=reached.path, go_on=go_on.path)
    save("1", MODEL + waiting)
    await reached.line()
    save("2")
    # What waits is never told to go on.
    await server.heard("^Reloaded")
    assert await answer(server) == "hello2"
    await eventually(lambda: servers(server), lambda found: len(found) == 1)


ENDLESS = (
    MODEL
    + """
import time

print("never there", flush=True)
while True:
    try:
        time.sleep(600)
    except BaseException:
        pass
"""
)


async def test_an_import_without_end_is_overtaken_by_the_next_save(reloading, save, eventually):
    save("!")
    server = await reloading("--reload-timeout", "0")
    await server.open()
    save(code=ENDLESS)
    await server.heard("never there")
    assert await answer(server) == "hello!"
    save("?")
    await server.heard("^Reloaded")
    assert await answer(server) == "hello?"
    await eventually(lambda: servers(server), lambda found: len(found) == 1, 60)


async def test_an_import_without_end_is_given_up_after_a_time(reloading, save, eventually):
    save("!")
    server = await reloading("--reload-timeout", "25")
    await server.open()
    save(code=ENDLESS)
    await server.heard(r"error: the server is given up: not ready after 25 s \(--reload-timeout\)")
    await server.heard(r"shout\.py not reloaded: what was there before is served on")
    assert await answer(server) == "hello!"
    await eventually(lambda: servers(server), lambda found: len(found) == 1, 60)
    save("?")
    await server.heard("^Reloaded")
    assert await answer(server) == "hello?"


async def test_a_saved_configuration_is_served(reloading, save, tmp_path):
    save("!")
    file, folder = tmp_path / "some.conf", tmp_path / "more"
    folder.mkdir()
    file.write_text("[DEFAULT]\npredict_endpoint = true\n")
    (folder / "one.conf").write_text("[DEFAULT]\n")
    server = await reloading("--config-file", str(file), "--config-dir", str(folder))
    await server.open()
    assert await answer(server) == "hello!"
    file.write_text("[DEFAULT]\npredict_endpoint = false\n")
    await server.heard(r"^Reloaded some\.conf in")
    async with server.client() as client, client.post(PREDICT) as response:
        assert response.status == 402
    file.write_text("[DEFAULT]\nworkers = many\n")
    await server.heard(r"error: .*workers")
    await server.heard(r"some\.conf not reloaded")
    file.write_text("[DEFAULT]\n")
    await server.heard("^Reloaded", times=2)
    (folder / "two.conf").write_text("[DEFAULT]\npredict_endpoint = false\n")
    await server.heard(r"^Reloaded two\.conf in")
    async with server.client() as client, client.post(PREDICT) as response:
        assert response.status == 402


async def test_a_new_folder_with_code_is_watched(reloading, save, site):
    save("!")
    server = await reloading()
    await server.open()
    (site / "parts").mkdir()
    (site / "parts" / "__init__.py").write_text("NUMBER = '1'\n")
    await server.heard("^Reloaded", times=1)
    save(code="import parts\n" + MODEL.replace('"MARK"', "parts.NUMBER"))
    await server.heard("^Reloaded", times=2)
    assert await answer(server) == "hello1"
    (site / "parts" / "__init__.py").write_text("NUMBER = '2'\n")
    await server.heard(r"^Reloaded", times=3)
    assert await answer(server) == "hello2"


async def test_a_server_that_crashes_is_reported_and_started_by_the_next_save(
    reloading, save, eventually
):
    save("!")
    server = await reloading()
    await server.open()
    save("1")
    await server.heard("^Reloaded")
    (one,) = await eventually(lambda: servers(server), lambda found: len(found) == 1)
    one.kill()
    await server.heard("the server was ended by SIGKILL; the next save starts it again")
    save("?")
    await server.heard("^Reloaded", times=2)
    assert await answer(server) == "hello?"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_all(reloading, save, number):
    save("!")
    server = await reloading()
    await server.open()
    save("?")
    await server.heard("^Reloaded")
    family = server.family()
    await server.end(number)
    assert server.process.returncode == 0
    assert not any(one.is_running() for one in family)
    assert not any("Traceback" in line for line in server.lines)


async def test_a_supervisor_that_is_killed_takes_its_server_along(reloading, save, eventually):
    save("!")
    server = await reloading()
    await server.open()
    family = server.family()
    server.process.kill()

    async def living():
        return [one for one in family if one.is_running() and one.status() != "zombie"]

    await eventually(living, lambda found: not found)


async def test_a_long_call_outlasts_the_reload_that_comes_meanwhile(reloading, save, pipes):
    reached, go_on = pipes
    save(code=WAITING.format(function="predict", reached=reached.path, go_on=go_on.path))
    server = await reloading("--shutdown-grace", "0")
    await server.open()
    asking = asyncio.create_task(answer(server))
    await reached.line()
    save("!")
    await server.heard("^Reloaded")
    assert await answer(server) == "hello!"
    go_on.let()
    assert await asyncio.wait_for(asking, 60) == "old"


async def test_options_that_cannot_be_used_end_the_command(reloading, save):
    save(code=MODEL + "def train(): ...\n")
    server = await reloading("--state-dir", "/dev/null/state")
    await server.heard("error: --state-dir")
    await asyncio.wait_for(server.process.wait(), 60)
    assert server.process.returncode == 2


def test_the_help_says_what_it_is_not_for():
    from deepaas import config

    (option,) = (one for one in config.opts if one.name == "reload")
    assert re.search("not for production", option.help)
