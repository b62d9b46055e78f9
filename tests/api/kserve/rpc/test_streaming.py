"""Predictions over gRPC: several on one stream."""

import asyncio

import grpc
import pytest
from grpc import StatusCode

from deepaas.api.kserve.rpc.codec import ASKS_FOR_END, IS_END
from deepaas.api.kserve.rpc.inference_pb2 import ModelStreamInferResponse
from tests.api.kserve.rpc.asking import prediction, request_of


class Talk:
    """A stream to a server, with messages out of plain values."""

    def __init__(self, rpc) -> None:
        self.call = rpc.stub.ModelStreamInfer()

    async def ask(self, model, arguments, **more) -> None:
        """Send a request."""
        await self.call.write(request_of(model, arguments, **more))

    async def answer(self) -> ModelStreamInferResponse:
        """Return the next message; it comes before long."""
        async with asyncio.timeout(60):
            message = await self.call.read()
        assert message is not grpc.aio.EOF
        return message

    async def end(self) -> list[ModelStreamInferResponse]:
        """Send no more; return what still comes."""
        await self.call.done_writing()
        async with asyncio.timeout(60):
            return [one async for one in self._rest()]

    async def _rest(self):
        while (message := await self.call.read()) is not grpc.aio.EOF:
            yield message


async def test_requests_are_answered_in_their_order(dial):
    talk = Talk(await dial("echo", workers=2))
    for number in range(40):
        await talk.ask("echo", {"text": str(number)}, id=f"r{number}")
    answers = [one.infer_response for one in await talk.end()]
    assert [one.id for one in answers] == [f"r{number}" for number in range(40)]
    assert [prediction(one)["text"] for one in answers] == [str(number) for number in range(40)]
    assert await talk.call.code() is StatusCode.OK


async def test_requests_of_a_stream_run_at_once(dial):
    talk = Talk(await dial("asynchronous"))
    for _ in range(2):
        await talk.ask("asynchronous", {"how": "meet"})
    assert 2 in [prediction(one.infer_response) for one in await talk.end()]


async def test_a_model_that_streams_gives_an_answer_for_each_item(dial, pipes):
    told, gate = pipes
    talk = Talk(await dial("streaming"))
    await talk.ask("streaming", {"items": 2, "told": told.path, "gate": gate.path}, id="slow")
    assert await told.line() == "begun"
    for number in range(2):
        gate.let()
        answer = (await talk.answer()).infer_response
        assert (answer.id, prediction(answer)["number"]) == ("slow", number)
    assert await told.line() == "ended"
    assert await talk.end() == []


async def test_failures_are_messages_and_the_stream_goes_on(dial):
    talk = Talk(await dial("streaming", "failing"))
    await talk.ask("streaming", {"items": 3, "fail_at": 1}, id="a")
    await talk.ask("nobody", {}, id="b")
    await talk.ask("failing", {"how": "bad_request"}, id="c")
    await talk.ask("failing", {"how": "fine"}, id="d")
    answers = await talk.end()
    assert [(one.infer_response.id, bool(one.error_message)) for one in answers] == [
        ("a", False),
        ("a", True),
        ("b", True),
        ("c", True),
        ("d", False),
    ]
    assert "model 'streaming' failed in predict: ValueError: no more" in answers[1].error_message
    assert "no model 'nobody' here" in answers[2].error_message
    assert answers[3].error_message == "too many pixels"
    assert await talk.call.code() is StatusCode.OK


async def test_whoever_wants_to_know_the_end_of_a_stream_is_told(dial):
    talk = Talk(await dial("streaming"))
    request = request_of("streaming", {"items": 2})
    request.parameters[ASKS_FOR_END].bool_param = True
    await talk.call.write(request)
    ends = [one.infer_response.parameters[IS_END].bool_param for one in await talk.end()]
    assert ends == [False, False, True]


@pytest.mark.parametrize("how", ["cancel", "hang up"])
async def test_a_model_stops_when_its_client_leaves(dial, pipes, how):
    told, _ = pipes
    rpc = await dial("streaming")
    talk = Talk(rpc)
    await talk.ask("streaming", {"items": 10**9, "told": told.path})
    await talk.ask("streaming", {"items": 10**9})
    await talk.answer()
    assert await told.line() == "begun"
    if how == "cancel":
        talk.call.cancel()
    else:
        await rpc.channel.close(None)
    assert await told.line() == "ended"


async def test_a_model_is_held_up_while_nobody_reads(dial, tmp_path, eventually):
    progress = tmp_path / "progress"
    talk = Talk(await dial("streaming"))
    arguments = {"items": 10**6, "size": 1_000_000, "progress": str(progress)}
    await talk.ask("streaming", arguments)
    await talk.answer()

    async def count():
        before = progress.read_text()
        await asyncio.sleep(1)
        return before, progress.read_text()

    before, after = await eventually(count, lambda got: got[0] == got[1] != "", seconds=90)
    assert int(after) < 500
    talk.call.cancel()


async def test_an_idle_stream_is_told_that_the_server_stops(dial):
    rpc = await dial("echo")
    talk = Talk(rpc)
    await talk.ask("echo", {"text": "a"})
    await talk.answer()
    stopping = asyncio.create_task(rpc.runner.cleanup())
    async with asyncio.timeout(60):
        assert await talk.call.code() is StatusCode.UNAVAILABLE
    assert await talk.call.details() == "the server is shutting down"
    await stopping


async def test_a_stream_that_is_under_way_is_answered_to_its_end_when_the_server_stops(dial, pipes):
    told, gate = pipes
    rpc = await dial("streaming", shutdown_grace=60)
    talk = Talk(rpc)
    await talk.ask("streaming", {"items": 2, "told": told.path, "gate": gate.path})
    assert await told.line() == "begun"
    gate.let()
    assert prediction((await talk.answer()).infer_response)["number"] == 0
    stopping = asyncio.create_task(rpc.runner.cleanup())
    gate.let()
    assert prediction((await talk.answer()).infer_response)["number"] == 1
    async with asyncio.timeout(60):
        assert await talk.call.code() is StatusCode.UNAVAILABLE
    await stopping
