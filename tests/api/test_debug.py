"""What models print, over HTTP."""

import datetime
import re

from deepaas.api.console import Console
from tests.api.asking import ask, get, predict

DEBUG = "/v2/debug/"
MARKER = re.compile(r"^--- DEBUG MARKER (.+) ---$", re.MULTILINE)


async def seen(client):
    """Return what there is to see."""
    answer = await get(client, DEBUG)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    return answer.text


async def test_there_is_nothing_to_see_unless_it_is_enabled(serve):
    client = await serve("printing")
    assert (await predict(client, "printing")).status == 200
    answer = await get(client, DEBUG)
    assert (answer.status, answer.body) == (204, b"")


async def test_whatever_workers_print_and_log_can_be_read(serve, eventually):
    client = await serve("printing", debug_endpoint=True)
    assert "warmed up" in await seen(client)
    answer = await predict(client, "printing", params={"text": "größer"})
    assert answer.predictions == "größer"
    lines = [f"{how} größer" for how in ("printed", "complained", "logged", "written")]
    await eventually(lambda: seen(client), lambda text: all(line in text for line in lines))
    await ask(client, "POST", "/v2/models/printing/train/")
    await eventually(lambda: seen(client), lambda text: "trained" in text)


async def test_failures_can_be_read_with_their_traceback(serve):
    client = await serve("printing", debug_endpoint=True)
    answer = await predict(client, "printing", params={"text": "fail"})
    assert answer.status == 500
    assert "Traceback" not in answer.text
    text = await seen(client)
    assert "Traceback" in text
    assert "ValueError: told to fail" in text


async def test_each_call_leaves_a_mark_with_its_time(serve, eventually):
    client = await serve("printing", debug_endpoint=True)
    before = datetime.datetime.now().astimezone()
    assert len(MARKER.findall(await seen(client))) == 1
    await predict(client, "printing", params={"text": "between"})
    text = await eventually(lambda: seen(client), lambda text: "printed between" in text)
    moments = [datetime.datetime.fromisoformat(found) for found in MARKER.findall(text)]
    assert len(moments) >= 2
    assert moments == sorted(moments)
    assert (before - moments[0]).total_seconds() < 0.001
    first, second = [found.start() for found in MARKER.finditer(text)][:2]
    assert first < text.index("printed between") < text.rindex("--- DEBUG MARKER")


async def test_a_mark_is_on_a_line_of_its_own():
    console = Console()
    for output in (b"", b"a whole line\n", b"half a line", b"..."):
        console.keep(output)
    console.mark()
    console.mark()
    lines = console.read().decode().splitlines()
    assert lines[:2] == ["a whole line", "half a line..."]
    assert all(MARKER.fullmatch(line) for line in lines[2:])
    assert len(lines) == 4


async def test_it_is_bounded_and_keeps_the_newest(serve, eventually):
    client = await serve("printing", debug_endpoint=True)
    params = {"text": "x" * 90, "times": 50_000}
    assert (await predict(client, "printing", params=params)).status == 200
    text = await eventually(lambda: seen(client), lambda text: "0049999 x" in text)
    assert 500_000 < len(text) <= 1024 * 1024
    assert "0000000 x" not in text
    assert text.endswith(" ---\n")


async def test_workers_log_as_the_server_was_told_to(serve, eventually, tmp_path):
    file = tmp_path / "log"
    client = await serve("printing", debug_endpoint=True, log_level="INFO", log_file=str(file))
    named = {"X-Request-ID": "one"}
    await predict(client, "printing", params={"text": "once"}, headers=named)
    text = await eventually(lambda: seen(client), lambda text: "mentioned once" in text)
    line = next(line for line in text.splitlines() if "mentioned once" in line)
    assert line.endswith("INFO    printing [one]: mentioned once")
    assert line in file.read_text().splitlines()
    assert "whispered" not in text
