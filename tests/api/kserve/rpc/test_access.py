"""Who may do what over gRPC."""

import grpc
import pytest

from deepaas.api.kserve.rpc import inference_pb2 as messages
from tests.api.kserve.rpc.asking import request_of
from tests.auth.holders import write_file


@pytest.fixture
async def ask(dial, tmp_path):
    """Serve two models to the holders of tokens; give what asks as one of them."""
    tokens = write_file(tmp_path / "tokens")
    rpc = await dial("echo", "training", tokens_file=str(tmp_path / "tokens"))

    async def ask_as(name, method, request):
        shown = tokens.get(name, name)
        metadata = [("authorization", f"Bearer {shown}")] if shown else []
        call = getattr(rpc.stub, method)
        try:
            if method == "ModelStreamInfer":
                stream = call(iter([request]), metadata=metadata)
                return [one.error_message async for one in stream]
            await call(request, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details()
        return "OK"

    return ask_as


async def test_calls_need_tokens_and_scopes_as_those_over_http_do(ask):
    echo = request_of("echo", {"text": "a"})
    unauthenticated, denied = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED
    for method in ("ModelInfer", "ModelStreamInfer"):
        assert (await ask(None, method, echo))[0] is unauthenticated
        assert (await ask("dp_wrong", method, echo))[0] is unauthenticated
        assert (await ask("late", method, echo))[0] is unauthenticated
    assert await ask("predicts", "ModelInfer", echo) == "OK"
    assert await ask("echoes", "ModelInfer", echo) == "OK"
    assert await ask("predicts", "ModelStreamInfer", echo) == [""]
    code, words = await ask("echoes", "ModelInfer", request_of("training", {}))
    assert (code, words) == (
        denied,
        "this needs the scope 'predict:training', which token:echoes has not",
    )
    (words,) = await ask("echoes", "ModelStreamInfer", request_of("training", {}))
    assert "'predict:training'" in words

    assert await ask(None, "ServerReady", messages.ServerReadyRequest()) == "OK"
    described = messages.ModelMetadataRequest(name="echo")
    assert (await ask(None, "ModelMetadata", described))[0] is unauthenticated
    assert await ask("scrapes", "ModelMetadata", described) == "OK"
    load = messages.RepositoryModelLoadRequest(model_name="echo")
    assert (await ask("predicts", "RepositoryModelLoad", load))[0] is denied
    assert (await ask("admin-of-echo", "RepositoryModelLoad", load)) != denied
    other = messages.RepositoryModelLoadRequest(model_name="training")
    assert (await ask("admin-of-echo", "RepositoryModelLoad", other))[0] is denied
