"""The models as a repository, and what has become of their predictions."""

import grpc
import pytest
from grpc import StatusCode

from deepaas.api.kserve.rpc import inference_pb2 as messages
from tests.api.kserve.rpc.asking import prediction

INDEX = messages.RepositoryIndexRequest()


async def states(stub, request=INDEX) -> dict[str, tuple[str, str]]:
    """Return the state of each model, and why it is so."""
    told = await stub.RepositoryIndex(request)
    return {one.name: (one.state, one.reason) for one in told.models}


async def test_models_are_loaded_and_unloaded_as_clients_ask(dial):
    stub = (await dial("echo", "failing", lazy=True)).stub
    unloaded = ("UNAVAILABLE", "it is loaded at its next call")
    assert await states(stub) == {"echo": unloaded, "failing": unloaded}
    loaded = await stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name="echo"))
    assert (loaded.model_name, loaded.isLoaded) == ("echo", True)
    assert await states(stub) == {"echo": ("READY", ""), "failing": unloaded}
    only_ready = messages.RepositoryIndexRequest(ready=True)
    assert await states(stub, only_ready) == {"echo": ("READY", "")}
    # As KServe's clients say it.
    request = messages.RepositoryModelUnloadRequest(repository_name="echo")
    for _ in range(2):
        gone = await stub.RepositoryModelUnload(request)
        assert (gone.model_name, gone.isUnloaded) == ("echo", True)
        assert (await states(stub))["echo"] == unloaded


async def test_a_model_that_is_not_lazy_stays_unloaded_until_it_is_loaded(dial):
    rpc = await dial("echo")
    stub = rpc.stub
    assert await states(stub) == {"echo": ("READY", "")}
    await stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(model_name="echo"))
    gone = {"echo": ("UNAVAILABLE", "it was unloaded, and no call loads it")}
    assert await states(stub) == gone
    with pytest.raises(grpc.aio.AioRpcError, match="'echo' is unloaded") as caught:
        await rpc.infer("echo", {"text": "a"})
    assert caught.value.code() is StatusCode.UNAVAILABLE
    await stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name="echo"))
    assert await states(stub) == {"echo": ("READY", "")}
    assert prediction(await rpc.infer("echo", {"text": "a"}))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name="nobody"))
    assert caught.value.code() is StatusCode.NOT_FOUND


async def test_predictions_are_counted_and_timed(dial):
    rpc = await dial("echo", "failing")
    for _ in range(3):
        assert prediction(await rpc.infer("failing", {"how": "fine"}))
    with pytest.raises(grpc.aio.AioRpcError):
        await rpc.infer("failing", {"how": "raise"})
    told = await rpc.stub.ModelStatistics(messages.ModelStatisticsRequest(name="failing"))
    (failing,) = told.model_stats
    assert (failing.name, failing.inference_count, failing.execution_count) == ("failing", 3, 3)
    success, fail = failing.inference_stats.success, failing.inference_stats.fail
    assert (success.count, fail.count) == (3, 1)
    assert min(success.ns, fail.ns) > 0
    assert failing.last_inference > 1_600_000_000_000
    told = await rpc.stub.ModelStatistics(messages.ModelStatisticsRequest())
    assert [one.name for one in told.model_stats] == ["echo", "failing"]
    assert told.model_stats[0].last_inference == 0
