"""Calls that are put together, with real workers."""

import asyncio
import os
import signal
import time

import pytest

from deepaas.authoring import Batching
from deepaas.exceptions import FunctionNotOffered, ModelError, ModelRefusal
from deepaas.executors.inline import InlineExecutor
from deepaas.executors.local import LocalExecutor
from deepaas.files import Scratch
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.serving import batching
from deepaas.serving.answers import INLINE
from deepaas.serving.pace import Pace
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel

SOURCE = Source("batched", "tests.models.batched:model")


@pytest.fixture
async def scratch(tmp_path):
    scratch = Scratch(str(tmp_path))
    yield scratch
    scratch.close()


@pytest.fixture
async def serve(scratch):
    models = []

    async def start(workers=1, executor=None):
        loaded = LoadedModel.of(SOURCE)

        def workers_of(directory=None, lazy=False):
            return LocalExecutor(Prepare(SOURCE), workers)

        predictor = executor or workers_of()
        await predictor.start()
        model = ServedModel(
            loaded.description, loaded.model, predictor, None, scratch, renewed=workers_of
        )
        models.append(model)
        return model

    yield start
    for model in models:
        await model.close()


def defaults(**arguments):
    absent = {"text": "", "how": "fine", "hold": "", "values": [], "accept": "application/json"}
    return {**absent, **arguments}


async def ask(model, **arguments):
    """Return the body of the answer to one call."""
    answer, _ = await model.predict(defaults(**arguments))
    return answer.body


def asking(model, **arguments):
    return asyncio.create_task(ask(model, **arguments))


async def hold(model, pipes):
    """Keep a worker busy until it is let go on; return the call and the worker's process."""
    reached, go_on = pipes
    call = asking(model, hold=f"{reached.path}|{go_on.path}")
    return call, int(await reached.line())


def result(text, size):
    return f'{{"status":"OK","predictions":{{"text":"{text}","size":{size}}}}}'.encode()


async def test_a_call_alone_goes_at_once_and_as_a_batch_of_one(serve):
    model = await serve()
    assert await ask(model, text="a") == result("a", 1)
    assert model.batcher.statistics.sizes == {1: 1}


async def test_calls_that_come_while_the_worker_is_busy_share_a_batch(serve, pipes):
    model = await serve()
    busy, _ = await hold(model, pipes)
    calls = [asking(model, text=text) for text in "abc"]
    await asyncio.sleep(0)
    pipes[1].let()
    assert await asyncio.gather(*calls) == [result(text, 3) for text in "abc"]
    await busy
    assert model.batcher.statistics.sizes == {1: 1, 3: 1}
    assert (model.batcher.statistics.batches, model.batcher.statistics.calls) == (2, 4)


async def test_calls_of_one_turn_share_a_batch_and_idle_workers_share_the_calls(serve):
    model = await serve(workers=2)
    answers = await asyncio.gather(*(ask(model, text=text) for text in "abcd"))
    assert answers == [result(text, 2) for text in "abcd"]


async def test_no_batch_is_larger_than_declared(serve, pipes):
    model = await serve()
    for _ in range(20):
        await asyncio.gather(*(ask(model) for _ in range(40)))
    assert max(model.batcher.statistics.sizes) <= 8


async def test_a_bad_call_fails_alone(serve, pipes):
    model = await serve()
    ways = {
        "fine": result("a", 4),
        "failed": "model 'batched' failed in predict: ValueError: no such thing",
        "refused": "not this one",
        "missing": "model 'batched' does not implement predict: not yet",
    }
    calls = [asking(model, text="a", how=how) for how in ways]
    fine, failed, refused, missing = await asyncio.gather(*calls, return_exceptions=True)
    assert fine == ways["fine"]
    kinds = [ModelError, ModelRefusal, FunctionNotOffered]
    for error, kind, text in zip(
        (failed, refused, missing), kinds, [*ways.values()][1:], strict=True
    ):
        assert type(error) is kind
        assert text in str(error)


async def test_when_a_whole_batch_raises_only_the_call_to_blame_fails(serve):
    model = await serve()
    calls = [asking(model, text=how, how=how) for how in ("fine", "raise", "fine", "refuse")]
    fine, raised, other, refused = await asyncio.gather(*calls, return_exceptions=True)
    assert fine == other == result("fine", 1)
    assert str(raised) == "model 'batched' failed in predict: ValueError: cannot do raise"
    assert "Traceback" in raised.trace
    assert isinstance(refused, ModelRefusal)
    assert refused.status == 409


async def test_no_list_is_a_failure_that_says_what_to_return(serve):
    model = await serve()
    with pytest.raises(ModelError, match=r"'batched'.* list with one result for each .*not str"):
        await ask(model, how="text")


async def test_a_worker_that_dies_fails_the_batch_and_those_that_wait_go_elsewhere(serve, pipes):
    model = await serve()
    busy, process = await hold(model, pipes)
    calls = [asking(model, text=text) for text in "ab"]
    await asyncio.sleep(0)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ModelError, match="SIGKILL"):
        await busy
    assert await asyncio.gather(*calls) == [result("a", 2), result("b", 2)]


async def test_all_calls_of_a_batch_in_which_the_worker_dies_are_told(serve):
    model = await serve()
    calls = [asking(model, how=how) for how in ("fine", "exit", "fine")]
    for failed in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(failed, ModelError)
        assert "exit code 3" in str(failed)
    assert await ask(model, text="a") == result("a", 1)


async def test_a_call_that_is_given_up_while_it_waits_leaves_the_batch(serve, pipes):
    model = await serve()
    busy, _ = await hold(model, pipes)
    first, second = asking(model, text="a"), asking(model, text="b")
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    pipes[1].let()
    assert await second == result("b", 1)
    await busy
    assert model.batcher.statistics.left == 1


async def test_a_call_given_up_in_a_running_batch_does_not_disturb_the_others(
    serve, pipes, scratch
):
    model = await serve()
    reached, go_on = pipes
    holding = asking(model, text="a" * (INLINE + 1), hold=f"{reached.path}|{go_on.path}")
    other = asking(model, text="b")
    await reached.line()
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    go_on.let()
    assert await other == result("b", 2)
    # Its answer was large, and nobody took it.
    assert [path.name for path in scratch.path.iterdir()] == ["lock"]


async def test_a_batch_that_all_have_given_up_is_interrupted(serve, pipes):
    model = await serve()
    reached, go_on = pipes
    calls = [asking(model, hold=f"{reached.path}|{go_on.path}") for _ in range(2)]
    await reached.line()
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    # The worker would wait for ever otherwise.
    async with asyncio.timeout(20):
        assert await ask(model, text="a") == result("a", 1)


async def test_calls_that_are_given_up_just_when_they_would_go_leave_room_for_others(serve):
    model = await serve()
    for turns in range(6):
        calls = [asking(model) for _ in range(8)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        async with asyncio.timeout(20):
            assert await ask(model, text="a") == result("a", 1)


async def test_calls_that_wait_are_answered_by_the_workers_that_come_instead(serve, pipes):
    model = await serve()
    busy, _ = await hold(model, pipes)
    call = asyncio.create_task(model.predict(defaults(text="a")))
    await asyncio.sleep(0)
    await model.renew("a training", None)
    answer, version = await call
    assert (answer.body, version) == (result("a", 1), "a training")
    assert not busy.done()
    pipes[1].let()
    assert await busy == result("", 1)


async def test_calls_with_much_to_read_do_not_share_a_batch(serve, pipes, monkeypatch):
    monkeypatch.setattr(batching, "MOST_BYTES", 10_000)
    model = await serve()
    busy, _ = await hold(model, pipes)
    calls = [asking(model, text="a", values=[0.5] * 900) for _ in range(2)]
    await asyncio.sleep(0)
    pipes[1].let()
    assert await asyncio.gather(*calls) == [result("a", 1)] * 2
    await busy


async def test_without_processes_calls_are_put_together_as_well(serve):
    model = await serve(executor=InlineExecutor(Prepare(SOURCE)))
    assert await asyncio.gather(ask(model, text="a"), ask(model, text="b")) == [
        result("a", 2),
        result("b", 2),
    ]


@pytest.fixture
def patient(monkeypatch):
    """Whoever asks has learnt that batches take a second, and that more calls change nothing."""

    class Patient(Pace):
        def __init__(self, batching):
            super().__init__(Batching(4, 0.2))
            for size in (1, 2, 3):
                super().learn(size, 1.0)

        def learn(self, size, seconds):
            pass

    monkeypatch.setattr(batching, "Pace", Patient)


async def test_calls_wait_at_an_idle_worker_where_that_pays_until_there_are_enough(serve, patient):
    model = await serve()
    calls = []
    for text in "abcd":
        calls.append(asking(model, text=text))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not any(call.done() for call in calls)
    assert await asyncio.gather(*calls) == [result(text, 4) for text in "abcd"]


async def test_a_call_that_waits_for_others_in_vain_is_answered_and_the_next_does_not_wait(
    serve, patient
):
    model = await serve()
    began = time.monotonic()
    assert await ask(model, text="a") == result("a", 1)
    waited = time.monotonic() - began
    assert waited >= 0.2
    began = time.monotonic()
    assert await ask(model, text="b") == result("b", 1)
    assert time.monotonic() - began < waited


async def test_calls_that_give_up_waiting_leave_nothing_behind(serve, patient):
    model = await serve()
    call = asking(model)
    for _ in range(10):
        await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert await ask(model, text="a") == result("a", 1)
    assert model.batcher.statistics.sizes == {1: 1}


async def test_calls_that_wait_when_the_model_closes_are_told(serve, pipes):
    model = await serve()
    busy, _ = await hold(model, pipes)
    call = asking(model)
    await asyncio.sleep(0)
    await model.close()
    for failed in await asyncio.gather(busy, call, return_exceptions=True):
        assert "shutting down" in str(failed)
