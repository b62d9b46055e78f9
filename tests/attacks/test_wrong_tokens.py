"""Somebody guesses tokens, over HTTP and gRPC."""

import asyncio

import pytest

from deepaas.auth.tokens import new_token
from deepaas.auth.wrong_tokens import FREE
from tests.api.asking import ask, predict
from tests.auth.holders import shows, write_file

GUESSES = 200


@pytest.fixture
def tokens(tmp_path):
    return write_file(tmp_path / "tokens")


@pytest.fixture
async def client(serve, tokens, tmp_path):
    return await serve("echo", tokens_file=str(tmp_path / "tokens"), debug_endpoint=True)


async def test_guesses_are_refused_and_keep_nobody_from_being_answered(client, tokens, caplog):
    text = {"text": "hello"}
    right = {"params": text, "headers": shows(tokens["predicts"])}
    guesses = [
        asyncio.create_task(predict(client, "echo", headers=shows(new_token())))
        for _ in range(GUESSES)
    ]
    while not all(guess.done() for guess in guesses):
        assert (await predict(client, "echo", **right)).predictions["text"] == "hello"
    statuses = [guess.result().status for guess in guesses]
    assert (statuses.count(401), statuses.count(429)) == (FREE, GUESSES - FREE)
    # Nobody is kept waiting, nor holds a connection for that.
    late = next(guess.result() for guess in guesses if guess.result().status == 429)
    assert 0 < int(late.headers["Retry-After"]) <= 60
    assert "more than 20 wrong tokens came from here within a minute" in late.message
    for path in ("/v2/models/", "/v2/debug/", "/metrics"):
        assert (await ask(client, "GET", path, headers=shows("dp_x"))).status == 429
    # Who shares the address goes on as before.
    assert (await predict(client, "echo", **right)).status == 200
    lines = [record for record in caplog.records if "wrong token" in record.getMessage()]
    assert len(lines) == 1
    assert "127.0.0.1" in lines[0].getMessage()


async def test_guesses_over_grpc_are_refused_too(start_runner, tokens, tmp_path):
    grpc = pytest.importorskip("grpc")
    from deepaas.api.keys import RPC_ADDRESS
    from deepaas.api.kserve.rpc.inference_pb2 import RepositoryIndexRequest
    from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub

    runner = await start_runner(tokens_file=str(tmp_path / "tokens"), grpc_port=0)
    async with grpc.aio.insecure_channel(runner.app[RPC_ADDRESS]) as channel:
        ask_index = GRPCInferenceServiceStub(channel).RepositoryIndex
        failures = []
        for _ in range(FREE + 1):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await ask_index(RepositoryIndexRequest(), metadata=metadata("dp_wrong"))
            failures.append(caught.value)
        codes = [one.code().name for one in failures]
        assert codes == ["UNAUTHENTICATED"] * FREE + ["RESOURCE_EXHAUSTED"]
        assert "grpc-retry-pushback-ms" in dict(failures[-1].trailing_metadata())
        await ask_index(RepositoryIndexRequest(), metadata=metadata(tokens["predicts"]))


def metadata(token):
    return (("authorization", f"Bearer {token}"),)
