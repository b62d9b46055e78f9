"""Predictions that take longer than they may: their callers hear of it, and the work is stopped."""

import asyncio

import pytest

from deepaas.authoring import Needs
from deepaas.serving import predictions
from tests.api.asking import ask, predict

ALONE, TOGETHER = "dawdling:alone", "dawdling:together"
SHORTLY = {"X-Request-Timeout": "0.3"}


async def dawdle(client, model, reached, how="wait", **options):
    return await predict(client, model, json={"how": how, "told": reached.path}, **options)


@pytest.mark.parametrize("model", [ALONE, TOGETHER])
async def test_a_prediction_that_takes_too_long_is_answered_with_504_and_interrupted(
    serve, pipes, model
):
    reached, _ = pipes
    client = await serve(model, predict_timeout=0.3)
    answer = await dawdle(client, model, reached)
    assert answer.status == 504
    assert answer.message == f"model {model!r} did not answer within 0.3 s, and is stopped"
    worker = int(await reached.line())
    assert await reached.line() == "interrupted"
    # It is the same worker that goes on.
    assert (await predict(client, model)).predictions == worker


@pytest.mark.parametrize("model", [ALONE, TOGETHER])
async def test_a_worker_that_does_not_stop_is_replaced(serve, pipes, monkeypatch, caplog, model):
    reached, _ = pipes
    monkeypatch.setattr(predictions, "PATIENCE", 0.2)
    client = await serve(model, predict_timeout=1)
    assert (await dawdle(client, model, reached, "persist")).status == 504
    worker = int(await reached.line())
    assert await reached.line() == "interrupted"
    while (answer := await predict(client, model)).status == 504:
        continue
    assert answer.predictions != worker
    assert "does not stop what was interrupted; it is ended" in caplog.text


async def test_calls_of_an_event_loop_time_out_alone(serve, pipes):
    reached, _ = pipes
    client = await serve("asynchronous")

    def hang(**options):
        json = {"how": "hang", "told": reached.path}
        return asyncio.create_task(predict(client, "asynchronous", json=json, **options))

    patient, late = hang(), hang(headers=SHORTLY)
    assert [await reached.line(), await reached.line()] == ["begun", "begun"]
    assert (await late).status == 504
    assert await reached.line() == "cancelled"
    assert (await predict(client, "asynchronous", json={"parties": 2})).predictions == 2
    patient.cancel()
    assert await reached.line() == "cancelled"


async def test_those_that_share_a_batch_with_one_that_times_out_get_their_answers(serve, pipes):
    reached, go_on = pipes
    model = "batched:model"
    client = await serve(model)

    def ask(text, **options):
        json = {"text": text, "hold": f"{reached.path}|{go_on.path}"}
        return asyncio.create_task(predict(client, model, json=json, **options))

    first = ask("first")
    await reached.line()
    # They gather while the worker is busy.
    calls = [ask("patient"), ask("late", headers={"X-Request-Timeout": "2"})]
    go_on.let()
    assert (await first).predictions == {"text": "first", "size": 1}
    await reached.line()
    assert (await calls[1]).status == 504
    go_on.let(2)
    assert (await calls[0]).predictions["text"] == "patient"


async def test_waiting_for_a_worker_counts(serve, pipes):
    reached, _ = pipes
    client = await serve(ALONE)
    running = asyncio.create_task(dawdle(client, ALONE, reached))
    await reached.line()
    answer = await predict(client, ALONE, headers=SHORTLY)
    assert (answer.status, "0.3 s" in answer.message) == (504, True)
    # What ran was not disturbed.
    assert not running.done()
    running.cancel()
    assert await reached.line() == "interrupted"
    assert (await predict(client, ALONE)).status == 200


@pytest.mark.parametrize(("limit", "said"), [("0.2", "0.2 s"), ("50", "0.4 s")])
async def test_a_caller_can_shorten_its_time_but_not_lengthen_it(serve, pipes, limit, said):
    reached, _ = pipes
    client = await serve(ALONE, predict_timeout=0.4)
    answer = await dawdle(client, ALONE, reached, headers={"X-Request-Timeout": limit})
    assert (answer.status, said in answer.message) == (504, True)


async def test_a_time_that_is_none_is_refused_by_the_name_of_its_header(serve):
    client = await serve(ALONE)
    for value in ("0", "-1", "soon", "nan", "inf", "1e3", "", "1 s", "9" * 30):
        answer = await predict(client, ALONE, headers={"X-Request-Timeout": value})
        said = f"X-Request-Timeout must be a number of seconds above 0, not {value!r}"
        assert (answer.status, answer.message) == (400, said)


async def test_the_open_inference_protocol_has_the_same_times(serve, pipes):
    reached, _ = pipes
    client = await serve(ALONE, predict_timeout=600)
    inputs = [
        {"name": name, "shape": [1], "datatype": "BYTES", "data": [value]}
        for name, value in (("how", "wait"), ("told", reached.path))
    ]
    path = f"/v2/models/{ALONE}/infer"
    answer = await ask(client, "POST", path, json={"inputs": inputs}, headers=SHORTLY)
    said = f"model {ALONE!r} did not answer within 0.3 s, and is stopped"
    assert (answer.status, answer.json) == (504, {"error": said})
    await reached.line()
    assert await reached.line() == "interrupted"
    answer = await ask(
        client, "POST", path, json={"inputs": inputs}, headers={"X-Request-Timeout": "x"}
    )
    assert (answer.status, "X-Request-Timeout" in answer.json["error"]) == (400, True)


async def test_models_can_have_queues_of_their_own(serve, pipes):
    reached, _ = pipes
    client = await serve(ALONE, "echo", needs={ALONE: Needs(max_queued_predictions=0)})
    running = asyncio.create_task(dawdle(client, ALONE, reached))
    await reached.line()
    refused = await predict(client, ALONE)
    assert (refused.status, "run or wait already" in refused.message) == (503, True)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    running.cancel()
    assert await reached.line() == "interrupted"
    echoes = await asyncio.gather(*(predict(client, "echo") for _ in range(20)))
    assert {one.status for one in echoes} == {200}


async def test_models_can_have_times_of_their_own(serve, pipes):
    reached, _ = pipes
    client = await serve(ALONE, predict_timeout=600, needs={ALONE: Needs(predict_timeout=0.3)})
    assert (await dawdle(client, ALONE, reached)).status == 504


async def test_the_first_item_of_a_stream_is_to_come_in_time(serve, pipes):
    reached, _ = pipes
    client = await serve(ALONE, predict_timeout=0.3)
    assert (await dawdle(client, ALONE, reached, "hesitate")).status == 504
    await reached.line()
    assert await reached.line() == "interrupted"


async def test_what_comes_after_the_first_item_of_a_stream_may_take_its_time(serve, pipes):
    reached, _ = pipes
    client = await serve(ALONE, predict_timeout=1)
    path = f"/v2/models/{ALONE}/predict/"
    json = {"how": "stream", "told": reached.path}
    async with client.post(path, json=json, headers={"Accept": "application/x-ndjson"}) as answer:
        assert answer.status == 200
        await reached.line()
        assert await answer.content.readline() == b'"first"\n'
        await reached.line()
        with pytest.raises(TimeoutError):
            # Longer than a prediction may take.
            async with asyncio.timeout(1.5):
                await reached.line()
    assert await reached.line() == "interrupted"


async def test_large_documents_have_no_more_time_than_others(serve, pipes):
    reached, go_on = pipes
    client = await serve("pondering", predict_timeout=0.3)
    text = f"{reached.path}|{go_on.path}|{'x' * 100_000}"
    assert (await predict(client, "pondering", json={"text": text})).status == 504
    assert await reached.line() == "reached"
