"""Models whose functions are coroutine functions, over HTTP."""

import asyncio

import aiohttp
import pytest

MODEL = "/v2/models/asynchronous/"
PREDICT = f"{MODEL}predict/"


async def ask(client, **params):
    async with client.post(PREDICT, params=params) as response:
        answer = await response.json()
        return response.status, answer.get("predictions", answer.get("message"))


async def test_calls_run_at_once_in_one_worker_up_to_what_is_declared(serve):
    client = await serve("asynchronous")
    async with asyncio.timeout(30):
        calls = await asyncio.gather(*(ask(client, parties=4) for _ in range(8)))
    # Calls that wait for three others have all had them, and never more.
    assert {status for status, _ in calls} == {200}
    assert max(answer for _, answer in calls) == 4


async def test_answers_come_in_any_order(serve, pipes):
    client = await serve("asynchronous")
    told, _ = pipes
    slow = asyncio.create_task(ask(client, how="hang", told=told.path))
    assert await told.line() == "begun"
    for _ in range(20):
        assert (await ask(client, how="pid"))[0] == 200
    assert not slow.done()
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)


async def test_a_call_that_is_abandoned_is_cancelled_and_frees_its_place(serve, pipes):
    client = await serve("asynchronous")
    told, _ = pipes
    (_, worker) = await ask(client, how="pid")
    for _ in range(2):
        calls = [asyncio.create_task(ask(client, how="hang", told=told.path)) for _ in range(4)]
        assert [await told.line() for _ in calls] == ["begun"] * 4
        for call in calls:
            call.cancel()
        assert [await told.line() for _ in calls] == ["cancelled"] * 4
    async with asyncio.timeout(20):
        assert await ask(client, how="pid") == (200, worker)


async def test_predict_runs_in_the_loop_of_warm(serve):
    client = await serve("asynchronous")
    assert await ask(client, how="same_loop", text="here") == (200, ["here", True])


@pytest.mark.parametrize(
    ("how", "status", "text"), [("fail", 500, "ValueError: no"), ("refuse", 501, "implement")]
)
async def test_failures_are_those_of_any_other_function(serve, how, status, text):
    client = await serve("asynchronous")
    got, message = await ask(client, how=how)
    assert got == status
    assert text in message


async def test_a_crash_fails_all_calls_that_run_in_the_worker_and_the_next_is_answered(
    serve, pipes
):
    client = await serve("asynchronous")
    told, _ = pipes
    calls = [asyncio.create_task(ask(client, how="hang", told=told.path)) for _ in range(2)]
    assert [await told.line() for _ in calls] == ["begun"] * 2
    status, message = await ask(client, how="end")
    assert (status, "exit code 7" in message) == (500, True)
    async with asyncio.timeout(20):
        assert {status for status, _ in await asyncio.gather(*calls)} == {500}
        assert (await ask(client, how="pid"))[0] == 200


async def test_several_streams_run_at_once_and_one_that_waits_holds_no_other_up(serve, pipes):
    client = await serve("asynchronous")
    told, _ = pipes
    asked = {"how": "forever", "text": "on", "told": told.path}
    async with client.post(PREDICT, params=asked) as held:
        # Nobody reads more of this one.
        assert await held.content.readuntil(b"\n\n") == b'data: "on"\n\n'

        async def items(text):
            some = {"how": "some", "text": text, "parties": 40}
            async with client.post(PREDICT, params=some) as response:
                return (await response.text()).split("\n\n")[:-2]

        async with asyncio.timeout(30):
            found = await asyncio.gather(items("a"), items("b"))
        assert found == [[f'data: "{text} {one}"' for one in range(40)] for text in "ab"]
        held.close()
    assert await told.line() == "ended"


async def test_metadata_and_trainings_run_to_their_end(serve, eventually):
    client = await serve("asynchronous")
    async with client.get(MODEL) as response:
        assert (await response.json())["author"] == "the tests"

    async def trained(uuid):
        async with client.get(f"{MODEL}train/{uuid}") as response:
            return await response.json()

    for fails, status in ((0, "done"), (1, "error")):
        async with client.post(f"{MODEL}train/", params={"fails": fails}) as response:
            uuid = (await response.json())["uuid"]
        training = await eventually(
            lambda uuid=uuid: trained(uuid), lambda one: one["status"] != "running"
        )
        assert training["status"] == status, training
    async with client.get(f"{MODEL}train/{uuid}") as response:
        assert "no" in (await response.json())["message"]


async def test_a_worker_that_is_killed_breaks_its_streams_off(serve):
    client = await serve("asynchronous")
    params = {"how": "forever", "text": "on"}
    headers = {"Accept": "text/plain"}
    async with client.post(PREDICT, params=params, headers=headers) as response:
        await response.content.readany()
        assert (await ask(client, how="end"))[0] == 500
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(response.content.read(), 20)
