"""Events of trainings: each once, in their order, whatever becomes of connections and servers."""

import asyncio
from contextlib import aclosing, asynccontextmanager

import pytest
from aiohttp import web

from deepaas.api.app import build_app
from deepaas.api.connections import Runner
from deepaas.client import (
    AsyncClient,
    LogEvent,
    MetricEvent,
    NotFound,
    ProgressEvent,
    ServerUnreachable,
    StatusEvent,
)
from deepaas.client.connection import Connection
from deepaas.client.events import Event, parse
from deepaas.client.following import follow
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.settings import Settings


@pytest.fixture
def server(tmp_path, state):
    """Serve the model that trains on a port; what was there before is remembered."""

    @asynccontextmanager
    async def start(port=0):
        settings = Settings(temporary_directory=str(tmp_path), state_directory=str(state))
        model = LoadedModel.of(Source("training", "tests.models.training"))
        runner = Runner(build_app(settings, [model]), shutdown_timeout=1)
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()

    return start


async def test_events_say_what_they_are(connect):
    training = await (await connect("training")).model().train(how="report")
    events = [event async for event in training.events()]
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    statuses = [event.status for event in events if isinstance(event, StatusEvent)]
    assert statuses == ["queued", "running", "done"]
    measured = [event for event in events if isinstance(event, MetricEvent)]
    assert measured[1].values == {"loss": 0.5, "odd": None}
    assert measured[1].step == 2
    last = [event for event in events if isinstance(event, ProgressEvent)][-1]
    assert (last.step, last.total, last.fraction) == (3, 3, 1.0)
    text = "".join(event.text for event in events if isinstance(event, LogEvent))
    assert text == "printed\ncomplained\n"
    after = [event async for event in training.events(after=events[2].id)]
    assert after == events[3:]
    assert [event async for event in training.events(after=events[-1].id)] == []


async def test_a_failure_is_told_with_its_reason(connect):
    training = await (await connect("training")).model().train(how="raise")
    *_, last = [event async for event in training.events()]
    assert (last.status, last.message) == ("error", (await training.refresh()).message)


async def test_events_of_an_unknown_training_are_not_found(connect):
    training = await (await connect("training")).model().train(how="nan")
    await training.wait(20)
    await training.delete()
    with pytest.raises(NotFound):
        await anext(training.events())


@pytest.mark.parametrize("limit", [500, 551, 599])
async def test_over_a_connection_that_is_cut_again_and_again_each_event_comes_once(proxy, limit):
    through = await proxy("training")
    async with AsyncClient(through.url) as client:
        training = await client.model().train(how="report")
        await training.wait(20)
        wanted = [event async for event in training.events()]
    through.limit, through.connections = limit, 0
    connection = Connection(through.url, 20, None)
    path = ("v2", "models", "training", "train", training.uuid, "events")
    try:
        assert [event async for event in follow(connection, path, 0, 20)] == wanted
    finally:
        await connection.close()
    assert through.connections > 2


async def test_waiting_survives_a_connection_that_breaks(proxy, pipes):
    reached, go_on = pipes
    through = await proxy("training")
    async with AsyncClient(through.url) as client:
        training = await client.model().train(reached=reached.path, go_on=go_on.path)
        await reached.line()
        before = through.answers
        waiting = asyncio.create_task(training.wait(20))
        await through.answered(before)
        await through.cut()
        go_on.let()
        assert (await waiting).status == "done"


async def test_a_connection_that_breaks_while_a_training_runs_is_made_anew(proxy, pipes):
    reached, go_on = pipes
    through = await proxy("training")
    async with AsyncClient(through.url) as client:
        training = await client.model().train(how="report", reached=reached.path, go_on=go_on.path)
        await reached.line()
        events = training.events()
        seen = [await anext(events), await anext(events)]
        await through.cut()
        go_on.let()
        seen += [event async for event in events]
        assert seen == [event async for event in training.events()]
    assert [event.id for event in seen] == list(range(1, len(seen) + 1))
    assert seen[-1].status == "done"


async def test_the_log_is_followed_over_a_connection_that_breaks(proxy, pipes):
    reached, go_on = pipes
    through = await proxy("training")
    async with AsyncClient(through.url) as client:
        training = await client.model().train(how="report", reached=reached.path, go_on=go_on.path)
        await reached.line()
        before = through.answers
        following = asyncio.create_task(_joined(training.log(follow=True)))
        await through.answered(before)
        await through.cut()
        go_on.let()
        assert await asyncio.wait_for(following, 20) == "printed\ncomplained\n"


async def _joined(texts):
    return "".join([text async for text in texts])


async def test_a_server_that_starts_again_tells_what_has_become_of_a_training(server, pipes):
    reached, go_on = pipes
    async with server() as port:
        client = AsyncClient(f"http://127.0.0.1:{port}")
        training = await client.model().train(reached=reached.path, go_on=go_on.path)
        await reached.line()
        events = training.events()
        seen = [await anext(events), await anext(events)]
    async with server(port):
        seen += [event async for event in events]
        assert (await training.wait(20)).status == "interrupted"
        assert [event.status for event in seen] == ["queued", "running", "interrupted"]
        await training.resume()
        go_on.let()
        assert (await training.wait(20)).status == "done"
        await client.close()


async def test_a_server_that_stays_away_is_not_waited_for_for_ever(server, pipes):
    reached, go_on = pipes
    async with server() as port:
        client = AsyncClient(f"http://127.0.0.1:{port}")
        training = await client.model().train(reached=reached.path, go_on=go_on.path)
        await reached.line()
        events = training.events(patience=0.2)
        await anext(events)
        await anext(events)
    with pytest.raises(ServerUnreachable, match=f":{port}/"):
        async for _ in events:
            pass
    with pytest.raises(ServerUnreachable):
        await anext(training.events())
    await client.close()


async def test_who_wants_no_more_events_leaves_nothing_open(connect, pipes):
    reached, go_on = pipes
    client = await connect("training")
    training = await client.model().train(go_on=go_on.path)
    async with aclosing(training.events()) as events:
        async for event in events:
            assert event.status == "queued"
            break
    assert not client._connection._session.connector._acquired
    await training.cancel()


async def _chunks(*chunks):
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_streams_are_read_as_the_standard_says(size):
    stream = (
        ': a comment\r\n\r\nid: 1\r\nevent: log\r\ndata: {"text": "é"}\r\n\r\n'
        'id:2\nevent:novel\nretry: 5\ndata:{}\n\nid: 3\nevent: log\ndata: {"tex'
    ).encode()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    events = [event async for event in parse(_chunks(*pieces))]
    assert events == [LogEvent(1, "log", {"text": "é"}), Event(2, "novel", {})]
