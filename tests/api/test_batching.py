"""A model whose calls are put together, behind a real server: each client gets what is its own."""

import asyncio
import json
import os
import signal
import time

import pytest

from tests.api.asking import predict
from tests.faults.asking import calmest, percentile

MODEL = "batched:model"


async def ask(client, **arguments):
    return await predict(client, MODEL, json=arguments)


def asking(client, **arguments):
    return asyncio.create_task(ask(client, **arguments))


async def hold(client, pipes):
    """Keep the worker busy; return the call and the worker's process."""
    reached, go_on = pipes
    call = asking(client, hold=f"{reached.path}|{go_on.path}")
    return call, int(await reached.line())


async def test_64_clients_at_once_get_their_own_answers_out_of_few_batches(serve):
    client = await serve(MODEL)

    async def go_on(name):
        answers = []
        for turn in range(10):
            text = f"{name}.{turn}"
            answer = (await ask(client, text=text)).predictions
            assert answer["text"] == text
            answers.append(answer["size"])
        return answers

    sizes = await asyncio.gather(*map(go_on, range(64)))
    assert 1 < max(map(max, sizes)) <= 8


@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("failed", 500, "model 'batched:model' failed in predict: ValueError: no such thing"),
        ("refused", 409, "not this one"),
        ("missing", 501, "does not implement predict: not yet"),
        ("raise", 500, "ValueError: cannot do bad"),
        ("refuse", 409, "not this one"),
    ],
)
async def test_bad_calls_among_good_ones_fail_alone(serve, how, status, message):
    client = await serve(MODEL)
    calls = [
        ask(client, text="good") if number % 8 else ask(client, text="bad", how=how)
        for number in range(64)
    ]
    answers = await asyncio.gather(*calls)
    assert all(answer.predictions["text"] == "good" for answer in answers if answer.status == 200)
    failed = [answer for number, answer in enumerate(answers) if not number % 8]
    assert [answer.status for answer in failed] == [status] * 8
    assert all(message in answer.message for answer in failed)
    assert [answer.status for answer in answers].count(200) == 56


@pytest.mark.parametrize(("how", "got"), [("short", "list of 0"), ("text", "str")])
async def test_a_function_that_returns_no_list_of_results_is_told_what_to_return(serve, how, got):
    client = await serve(MODEL)
    answer = await ask(client, how=how)
    assert answer.status == 500
    assert f"a list with one result for each of its 1 calls, not {got}" in answer.message


async def test_what_clients_accept_decides_what_they_get(serve):
    client = await serve(MODEL)

    async def text(accept):
        answer = await predict(client, MODEL, json={"text": "a"}, headers={"Accept": accept})
        return answer.content_type, answer.body[:4]

    answers = await asyncio.gather(*map(text, ["text/plain", "application/json"] * 8))
    assert answers == [("text/plain", b"a of"), ("application/json", b'{"st')] * 8


async def test_bad_input_is_refused_whatever_its_size_and_others_are_answered(serve):
    client = await serve(MODEL)
    calls = [
        ask(client, text="a", values=[0.5] * 10_000),
        ask(client, values=[0.5] * 10_000 + ["x"]),
        ask(client, values=["x"]),
        ask(client, text="b"),
    ]
    large, bad_large, bad, small = await asyncio.gather(*calls)
    assert large.predictions["text"] == "a"
    assert small.predictions["text"] == "b"
    assert bad_large.status == bad.status == 422
    assert "Not a valid number." in json.dumps(bad_large.json)


async def test_clients_that_leave_disturb_no_others(serve, pipes):
    client = await serve(MODEL)
    busy, _ = await hold(client, pipes)
    calls = [asking(client, text=str(number)) for number in range(16)]
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()
    pipes[1].let()
    answers = await asyncio.gather(*calls[1::2])
    assert [one.predictions["text"] for one in answers] == [str(n) for n in range(1, 16, 2)]
    assert (await busy).status == 200


async def test_a_batch_that_all_clients_have_left_is_interrupted(serve, pipes):
    client = await serve(MODEL)
    busy, process = await hold(client, pipes)
    busy.cancel()
    async with asyncio.timeout(20):
        assert (await ask(client, text="a")).predictions["text"] == "a"
    # Not because there is another worker.
    os.kill(process, 0)


async def test_when_the_worker_is_killed_those_in_the_batch_fail_and_others_wait(serve, pipes):
    client = await serve(MODEL)
    busy, process = await hold(client, pipes)
    calls = [asking(client, text=str(number)) for number in range(8)]
    os.kill(process, signal.SIGKILL)
    failed = await busy
    assert failed.status == 500
    assert "SIGKILL" in failed.message
    answers = await asyncio.gather(*calls)
    assert [one.predictions["text"] for one in answers] == [str(n) for n in range(8)]


async def test_no_client_waits_much_longer_than_others(serve):
    client = await serve(MODEL)

    async def slowest_over_median():
        taken = []

        async def go_on():
            for _ in range(10):
                began = time.monotonic()
                assert (await ask(client)).status == 200
                taken.append(time.monotonic() - began)

        await asyncio.gather(*(go_on() for _ in range(64)))
        return percentile(taken, 99) / percentile(taken, 50)

    # In a queue that is served in order, all wait for about the same time.
    assert await calmest(slowest_over_median, 4) <= 4
