"""It is written down who did what, over HTTP and gRPC."""

import json

import pytest
from aiohttp import ClientSession

from tests.api.asking import ask
from tests.auth.holders import shows, write_file
from tests.conftest import address_of

TRAIN = "/v2/models/secretive/train/"
UNKNOWN = 32 * "0"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit"


@pytest.fixture
def tokens(tmp_path):
    return write_file(tmp_path / "tokens")


@pytest.fixture
def written(path):
    """Return what was written down since the last time, in short."""
    seen = [0]

    def since():
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        new, seen[0] = lines[seen[0] :], len(lines)
        names = ("who", "action", "model", "training", "result")
        return [tuple(one[name] for name in names if name in one) for one in new]

    return since


async def test_what_is_done_to_trainings_and_models_is_written_down(
    serve, tokens, tmp_path, path, written
):
    client = await serve("secretive", tokens_file=str(tmp_path / "tokens"), audit_file=str(path))

    async def ask_as(name, method, path, **options):
        return await ask(client, method, path, headers=shows(tokens[name]), **options)

    started = await ask_as("trains", "POST", TRAIN, params={"key": "hunter2"})
    uuid = started.json["uuid"]
    first = json.loads(path.read_text())
    assert first["request_id"] == started.headers["X-Request-ID"]
    assert first["address"] == "127.0.0.1"
    who = "token:trains"
    assert written() == [(who, "training.start", "secretive", uuid, 200)]
    await ask_as("trains", "GET", f"{TRAIN}{uuid}/events")
    assert written() == []
    await ask_as("trains-too", "DELETE", f"{TRAIN}{uuid}")
    assert written() == [("token:trains-too", "training.delete", "secretive", uuid, 404)]
    await ask_as("trains", "POST", f"{TRAIN}{uuid}/resume")
    assert written() == [(who, "training.resume", "secretive", uuid, 409)]
    await ask_as("trains", "DELETE", f"{TRAIN}{uuid}")
    assert written() == [(who, "training.delete", "secretive", uuid, 200)]
    await ask_as("trains", "POST", TRAIN, params={"fail": "perhaps"})
    assert written() == [(who, "training.start", "secretive", 422)]
    for way, action in (("POST", "promote"), ("DELETE", "withdraw")):
        await ask_as("trains", way, f"{TRAIN}{UNKNOWN}/promote")
        assert written() == [(who, f"training.{action}", "secretive", UNKNOWN, 404)]

    await ask_as("admin", "POST", "/v2/repository/models/secretive/unload")
    await ask_as("trains", "POST", "/v2/repository/models/secretive/load")
    assert written() == [
        ("token:admin", "model.unload", "secretive", 200),
        (who, "model.load", "secretive", 403),
    ]
    assert "hunter2" not in path.read_text()
    # Who shows no token does nothing; of wrong ones, the count is written down later.
    await ask(client, "POST", TRAIN)
    await ask(client, "POST", TRAIN, headers=shows("dp_wrong"))
    assert written() == []


async def test_a_training_that_runs_is_cancelled(serve, path, written):
    client = await serve("training", audit_file=str(path))
    train = "/v2/models/training/train/"
    uuid = (await ask(client, "POST", train, params={"how": "listen"})).json["uuid"]
    assert (await ask(client, "DELETE", f"{train}{uuid}")).status == 200
    who = "anonymous"
    assert written() == [
        (who, "training.start", "training", uuid, 200),
        (who, "training.cancel", "training", uuid, 200),
    ]


async def test_wrong_tokens_are_counted(start_runner, tokens, tmp_path, path):
    runner = await start_runner(tokens_file=str(tmp_path / "tokens"), audit_file=str(path))
    async with ClientSession(address_of(runner), headers=shows("dp_wrong")) as client:
        for _ in range(3):
            assert (await ask(client, "GET", "/v2/models/")).status == 401
    await runner.cleanup()
    (line,) = path.read_text().splitlines()
    told = json.loads(line)
    assert (told["action"], told["address"], told["count"]) == ("auth.refused", "127.0.0.1", 3)


async def test_models_that_are_loaded_over_grpc_are_written_down(
    start_runner, tokens, tmp_path, path, written
):
    grpc = pytest.importorskip("grpc")
    from deepaas.api.keys import RPC_ADDRESS
    from deepaas.api.kserve.rpc import inference_pb2 as messages
    from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub
    from deepaas.model.loaded import LoadedModel
    from deepaas.model.source import Source

    runner = await start_runner(
        LoadedModel.of(Source("echo", "tests.models.echo")),
        tokens_file=str(tmp_path / "tokens"),
        audit_file=str(path),
        grpc_port=0,
    )
    async with grpc.aio.insecure_channel(runner.app[RPC_ADDRESS]) as channel:
        stub = GRPCInferenceServiceStub(channel)
        unload = messages.RepositoryModelUnloadRequest(model_name="echo")
        load = messages.RepositoryModelLoadRequest(model_name="none")
        await stub.RepositoryModelUnload(unload, metadata=metadata(tokens["admin"]))
        for name in ("admin", "trains"):
            with pytest.raises(grpc.aio.AioRpcError):
                await stub.RepositoryModelLoad(load, metadata=metadata(tokens[name]))
        await stub.RepositoryIndex(
            messages.RepositoryIndexRequest(), metadata=metadata(tokens["admin"])
        )
    assert written() == [
        ("token:admin", "model.unload", "echo", "OK"),
        ("token:admin", "model.load", "none", "NOT_FOUND"),
        ("token:trains", "model.load", "none", "PERMISSION_DENIED"),
    ]
    assert json.loads(path.read_text().splitlines()[0])["address"] == "127.0.0.1"


def metadata(token):
    return (("authorization", f"Bearer {token}"),)
