"""Who asks for too much is told so, over HTTP and gRPC."""

import pytest

from deepaas.options.kinds import rate
from tests.api.asking import JSON, ask, get, predict
from tests.auth.holders import shows, write_file

TRAIN = "/v2/models/training/train/"


@pytest.fixture
def tokens(tmp_path):
    return write_file(tmp_path / "tokens")


async def test_each_token_may_send_so_many_requests(serve, tokens, tmp_path):
    path = str(tmp_path / "tokens")
    client = await serve("echo", tokens_file=path, rate_limit_requests=rate("3/hour"))

    async def ask_as(name, path="/v2/models/echo/predict/"):
        return await ask(client, "POST", path, headers=shows(tokens[name]))

    infer = "/v2/models/echo/infer"
    paths = ["/v2/models/echo/predict/", infer, "/v1/models/echo:predict"]
    assert [(await ask_as("predicts", path)).status for path in paths] == [200, 400, 400]
    refused = await ask_as("predicts")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1200")
    assert refused.message == (
        "token:predicts has used up --rate-limit-requests, 3/hour; ask again in 1200 s"
    )
    assert (await ask_as("predicts", infer)).json == {"error": refused.message}
    assert (await ask_as("admin")).status == 200
    # Probes show no token, and must not fail.
    for _ in range(5):
        assert (await get(client, "/v2/health/ready")).status == 200
    document = (await get(client, "/swagger.json")).json
    assert "429" in document["paths"]["/v2/models/echo/predict/"]["post"]["responses"]


async def test_without_authentication_each_address_may_send_so_many(serve):
    client = await serve(rate_limit_requests=rate("2/hour"))
    answers = [await get(client, "/v2/models/") for _ in range(3)]
    assert [one.status for one in answers] == [200, 200, 429]
    assert answers[-1].message.startswith("127.0.0.1 has used up --rate-limit-requests, 2/hour")


async def test_each_may_upload_so_many_bytes(serve):
    client = await serve("echo", rate_limit_uploads=rate("1K/hour", sizes=True))

    async def upload(data):
        return await predict(client, "echo", data=data, headers=JSON)

    assert (await upload(b"{}".ljust(600))).status == 200
    refused = await upload(b"{}".ljust(600))
    assert refused.status == 429
    assert "--rate-limit-uploads, 1K/hour" in refused.message
    assert (await upload(b"{}".ljust(300))).status == 200
    assert (await upload(b"{}".ljust(1025))).status == 413
    # Nobody knows beforehand how long these are.
    assert (await upload(pieces(100))).status == 200
    assert (await upload(pieces(100))).status == 429
    assert (await predict(client, "echo")).status == 200


async def test_each_may_start_so_many_trainings(serve):
    client = await serve("training", rate_limit_trainings=rate("2/day"))
    started = [await ask(client, "POST", TRAIN) for _ in range(3)]
    assert [one.status for one in started] == [200, 200, 429]
    assert "--rate-limit-trainings, 2/day" in started[-1].message
    first = started[0].json["uuid"]
    assert (await ask(client, "POST", f"{TRAIN}{first}/resume")).status == 429
    assert (await get(client, TRAIN)).status == 200


async def test_the_same_is_told_over_grpc(start_runner):
    grpc = pytest.importorskip("grpc")
    from deepaas.api.keys import RPC_ADDRESS
    from deepaas.api.kserve.rpc import inference_pb2 as messages
    from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub

    runner = await start_runner(
        grpc_port=0,
        rate_limit_requests=rate("4/hour"),
        rate_limit_uploads=rate("1K/hour", sizes=True),
    )
    async with grpc.aio.insecure_channel(runner.app[RPC_ADDRESS]) as channel:
        stub = GRPCInferenceServiceStub(channel)

        async def code_of(call):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            return caught.value.code().name, caught.value.details()

        small, large = (
            messages.ModelInferRequest(model_name="none", id=size * "x") for size in (1, 900)
        )
        assert (await code_of(stub.ModelInfer(large)))[0] == "NOT_FOUND"
        code, words = await code_of(stub.ModelInfer(large))
        assert code == "RESOURCE_EXHAUSTED"
        assert "--rate-limit-uploads, 1K/hour" in words
        assert (await code_of(stub.ModelInfer(small)))[0] == "NOT_FOUND"
        await stub.RepositoryIndex(messages.RepositoryIndexRequest())
        code, words = await code_of(stub.RepositoryIndex(messages.RepositoryIndexRequest()))
        assert code == "RESOURCE_EXHAUSTED"
        assert "--rate-limit-requests, 4/hour" in words
        assert (await stub.ServerLive(messages.ServerLiveRequest())).live


async def pieces(number):
    """Yield a document of so many bytes, one by one."""
    for byte in b"{}".ljust(number):
        yield bytes((byte,))
