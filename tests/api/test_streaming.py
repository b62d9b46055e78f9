"""Models that stream, over HTTP."""

import asyncio
import json
import os
import signal
import socket
import time

import aiohttp
import pytest

from tests.executors.observing import family, open_files

PREDICT = "/v2/models/streaming/predict/"
ITERATING = "/v2/models/iterating/predict/"


def accept(content_type):
    return {"Accept": content_type}


async def test_a_generator_answers_server_sent_events(serve):
    client = await serve("streaming")
    async with client.post(PREDICT, params={"items": 2}) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        assert await response.read() == (
            b'data: {"number":0,"padding":""}\n\n'
            b'data: {"number":1,"padding":""}\n\n'
            b"event: end\ndata: {}\n\n"
        )


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/jsonl"])
async def test_lines_of_json_are_answered_where_they_are_accepted(serve, content_type):
    client = await serve("streaming")
    async with client.post(PREDICT, headers=accept(content_type)) as response:
        assert response.content_type == content_type
        lines = (await response.text()).splitlines()
        assert [json.loads(line)["number"] for line in lines] == [0, 1, 2]


@pytest.mark.parametrize(
    ("content_type", "how", "whole"),
    [
        ("text/plain", "text", b"0 1 2 "),
        ("application/octet-stream", "bytes", b"\xff\x00\xff\x01\xff\x02"),
    ],
)
async def test_text_and_bytes_are_answered_as_they_are(serve, content_type, how, whole):
    client = await serve("streaming")
    asked = {"params": {"how": how}, "headers": accept(content_type)}
    async with client.post(PREDICT, **asked) as response:
        assert response.content_type == content_type
        assert await response.read() == whole


async def test_who_accepts_json_gets_all_items_at_once(serve):
    client = await serve("streaming")
    async with client.post(PREDICT, headers=accept("application/json")) as response:
        answer = await response.json()
        assert [one["number"] for one in answer["predictions"]] == [0, 1, 2]
        assert answer["status"] == "OK"


async def test_a_stream_without_items_ends_at_once(serve):
    client = await serve("streaming")
    async with client.post(PREDICT, params={"items": 0}) as response:
        assert response.status == 200
        assert await response.read() == b"event: end\ndata: {}\n\n"


@pytest.mark.parametrize(
    ("how", "status", "text"),
    [
        ("raise", 500, "ValueError: no more"),
        ("refuse", 409, "not today"),
        ("unimplemented", 501, "does not implement predict"),
    ],
)
async def test_a_failure_before_the_first_item_is_an_error_like_any_other(serve, how, status, text):
    client = await serve("streaming")
    async with client.post(PREDICT, params={"how": how, "fail_at": 0}) as response:
        assert response.status == status
        assert text in (await response.json())["message"]


@pytest.mark.parametrize(("how", "text"), [("raise", "no more"), ("refuse", "not today")])
async def test_a_failure_in_the_middle_is_an_event(serve, how, text):
    client = await serve("streaming")
    async with client.post(PREDICT, params={"how": how, "fail_at": 1}) as response:
        assert response.status == 200
        _, event, data, *_ = (await response.text()).replace("\n\n", "\n").split("\n")
        assert event == "event: error"
        assert text in json.loads(data.removeprefix("data: "))["message"]


async def test_a_failure_in_the_middle_is_the_last_line_and_breaks_off(serve):
    client = await serve("streaming")
    asked = {"params": {"fail_at": 1}, "headers": accept("application/x-ndjson")}
    async with client.post(PREDICT, **asked) as response:
        lines = [await response.content.readline() for _ in range(2)]
        assert "no more" in json.loads(lines[1])["error"]
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()


async def test_raw_chunks_break_off_where_the_model_fails(serve):
    client = await serve("streaming")
    asked = {"params": {"fail_at": 1, "how": "text"}, "headers": accept("text/plain")}
    async with client.post(PREDICT, **asked) as response:
        assert await response.content.readany() == b"0 "
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()


async def test_an_item_that_has_no_form_is_said_to_have_none(serve):
    client = await serve("streaming")
    async with client.post(PREDICT, params={"how": "bytes"}) as response:
        assert response.status == 500
        assert "cannot be sent" in (await response.json())["message"]


async def test_an_item_arrives_before_the_next_is_made_and_soon(serve, pipes):
    client = await serve("streaming")
    _, gate = pipes
    delays = []
    asked = {"params": {"items": 20, "how": "time", "gate": gate.path}}
    gate.let()
    async with client.post(PREDICT, **asked) as response:
        for number in range(20):
            line = await asyncio.wait_for(response.content.readuntil(b"\n\n"), 20)
            delays.append(time.time() - float(line.removeprefix(b"data: ")))
            if number < 19:
                gate.let()
    # A busy machine is no failure.
    assert sorted(delays)[5] < 0.005


async def test_a_client_that_leaves_ends_the_generator_and_the_worker_serves_on(serve, pipes):
    client = await serve("streaming")
    told, gate = pipes
    async with client.post(PREDICT, params={"items": 0}) as response:
        await response.read()
    before, files = family(), open_files()
    # Before the first item, in mid-stream, and while the generator is held up.
    for items, lets in ((5, 0), (5, 2), (1_000_000, None)):
        params = {"items": items, "told": told.path}
        if lets is not None:
            params["gate"] = gate.path
        asking = asyncio.create_task(client.post(PREDICT, params=params))
        assert await told.line() == "begun"
        if lets is None or lets:
            if lets:
                gate.let(lets)
            response = await asking
            await response.content.readuntil(b"\n\n")
            response.close()
        else:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        assert await told.line() == "ended"
        async with asyncio.timeout(20), client.post(PREDICT) as response:
            assert b"event: end" in await response.read()
    assert family() == before
    assert open_files() <= files + 2


async def test_a_client_that_reads_slowly_holds_the_generator_up(serve, tmp_path, eventually):
    client = await serve("streaming")
    progress = tmp_path / "progress"
    url = client._base_url
    size, items = 100_000, 1000
    with socket.create_connection((url.host, url.port)) as raw:
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        query = f"items={items}&size={size}&progress={progress}"
        await loop.sock_sendall(
            raw,
            f"POST {PREDICT}?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode(),
        )
        seen = [-1, -2]

        async def made() -> bool:
            seen.append(int(progress.read_text() or 0) if progress.exists() else 0)
            return seen[-1] > 0 and len(set(seen[-20:])) == 1

        await eventually(made, bool)
        # The window, and what the kernel keeps of a connection.
        assert seen[-1] < 200
        received = 0
        while data := await asyncio.wait_for(loop.sock_recv(raw, 1 << 20), 20):
            received += len(data)
        assert received > items * size
    assert int(progress.read_text()) == items


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/x-ndjson"])
async def test_a_worker_that_is_killed_in_the_middle_is_told_of(serve, pipes, content_type):
    client = await serve("streaming")
    told, gate = pipes
    before = family()
    params = {"items": 5, "told": told.path, "gate": gate.path}
    gate.let()
    asked = {"params": params, "headers": accept(content_type)}
    async with client.post(PREDICT, **asked) as response:
        await told.line()
        await response.content.readline()
        worker = max(before, key=lambda one: one.create_time()) if before else None
        os.kill(worker.pid, signal.SIGKILL)
        rest = b""
        try:
            while data := await asyncio.wait_for(response.content.readany(), 20):
                rest += data
        except aiohttp.ClientPayloadError:
            assert content_type == "application/x-ndjson"
        assert b"SIGKILL" in rest
    async with asyncio.timeout(20), client.post(PREDICT) as response:
        assert response.status == 200


@pytest.mark.parametrize("kind", ["iterator", "object", "generator", "asynchronous", "coroutine"])
async def test_iterators_of_all_kinds_stream_in_the_form_that_the_model_offers(serve, kind):
    client = await serve("iterating")
    for accepted, whole in (
        ("*/*", b'data: "0"\n\ndata: "1"\n\nevent: end\ndata: {}\n\n'),
        ("audio/wav", b"01"),
        ("application/json", b'{"status":"OK","predictions":["0","1"]}'),
    ):
        asked = {"params": {"kind": kind}, "headers": accept(accepted)}
        async with client.post(ITERATING, **asked) as response:
            assert response.status == 200
            assert await response.read() == whole


async def test_a_form_that_the_model_does_not_offer_is_refused(serve):
    client = await serve("iterating")
    async with client.post(ITERATING, headers=accept("application/x-ndjson")) as response:
        assert response.status == 422


async def test_a_file_is_no_stream(serve):
    client = await serve("iterating")
    asked = {"params": {"kind": "file"}, "headers": accept("audio/wav")}
    async with client.post(ITERATING, **asked) as response:
        assert response.headers["Content-Length"] == "2"


async def test_an_asynchronous_iterator_of_a_plain_function_ends_when_its_client_leaves(
    serve, pipes
):
    client = await serve("iterating")
    told, _ = pipes
    params = {"kind": "endless", "told": told.path}
    async with client.post(ITERATING, params=params) as response:
        await response.content.readuntil(b"\n\n")
        response.close()
    assert await told.line() == "ended"
    async with asyncio.timeout(20), client.post(ITERATING) as response:
        assert response.status == 200


async def test_the_document_names_what_a_stream_can_be(serve):
    client = await serve("streaming")
    async with client.get("/swagger.json") as response:
        document = await response.json()
    assert document["paths"][PREDICT]["post"]["produces"] == [
        "text/event-stream",
        "application/x-ndjson",
        "application/jsonl",
        "text/plain",
        "application/octet-stream",
        "application/json",
    ]
