"""The client and models that stream."""

import asyncio

import pytest

from deepaas.client import AsyncClient, ClientError
from tests.client.conftest import url_of


async def test_items_come_as_they_are_made(connect, pipes):
    client = await connect("streaming")
    _, gate = pipes
    gate.let()
    stream = client.stream("streaming", items=2, gate=gate.path)
    assert await asyncio.wait_for(anext(stream), 20) == {"number": 0, "padding": ""}
    gate.let()
    assert [item["number"] async for item in stream] == [1]


@pytest.mark.parametrize(
    ("accept", "how", "items"),
    [
        ("application/x-ndjson", "dict", [{"number": 0, "padding": ""}]),
        ("application/json", "dict", [{"number": 0, "padding": ""}]),
        ("text/plain", "text", ["0 "]),
        ("application/octet-stream", "bytes", [b"\xff\x00"]),
    ],
)
async def test_items_come_in_the_form_that_is_asked_for(connect, accept, how, items):
    client = await connect("streaming")
    stream = client.stream(accept=accept, items=1, how=how)
    assert [item async for item in stream] == items


async def test_a_model_that_does_not_stream_gives_one_item(connect):
    client = await connect("bare")
    assert len([item async for item in client.stream()]) == 1


async def test_a_prediction_of_a_model_that_streams_is_the_list_of_its_items(connect):
    client = await connect("streaming")
    prediction = await client.predict("streaming", items=2)
    assert [item["number"] for item in prediction.value] == [0, 1]


@pytest.mark.parametrize(("fail_at", "status"), [(0, 500), (1, 200)])
async def test_a_failure_is_an_error(connect, fail_at, status):
    client = await connect("streaming")
    items = []
    with pytest.raises(ClientError, match="no more") as failed:
        items += [item async for item in client.stream(fail_at=fail_at)]
    assert failed.value.status == status


async def test_who_closes_a_stream_ends_the_prediction(serve, pipes):
    told, _ = pipes
    async with AsyncClient(url_of(await serve("streaming"))) as client:
        stream = client.stream(items=1_000_000, told=told.path)
        await anext(stream)
        await stream.aclose()
        assert [await told.line(), await told.line()] == ["begun", "ended"]


async def test_a_script_reads_items_and_stops_when_it_likes(in_script):
    def script(client):
        numbers = []
        for item in client.stream("streaming", items=1_000_000):
            numbers.append(item["number"])
            if len(numbers) == 3:
                break
        numbers += [item["number"] for item in client.model().stream(items=1)]
        return numbers

    assert await in_script("streaming", script) == [0, 1, 2, 0]
