"""Calls over gRPC are observed as requests over HTTP are."""

import re
from ipaddress import ip_network

import grpc
import pytest
from grpc import StatusCode

from deepaas.api.access_log import LOG
from deepaas.api.exposition import exposition
from deepaas.api.keys import CONSOLE, REGISTRY, REQUESTS
from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.log import FIELDS
from tests.api.kserve.rpc.asking import request_of

ALONE = "saying:alone"
PATH = "/inference.GRPCInferenceService/ModelInfer"
NAMED = (("x-request-id", "over-grpc"),)


def counted(rpc):
    """Return the lines of metrics that tell of calls over gRPC."""
    app = rpc.runner.app
    text, _ = exposition("", app[REQUESTS], app[REGISTRY])
    lines = text.decode().splitlines()
    return [line for line in lines if "requests_total" in line and "gRPC" in line]


def ids(metadata):
    return [value for key, value in metadata if key == "x-request-id"]


async def test_a_call_has_an_id_in_its_answer_and_in_the_model(dial):
    rpc = await dial(ALONE)
    call = rpc.infer(ALONE, {"text": "x"}, metadata=NAMED)
    assert b"over-grpc" in (await call).SerializeToString()
    assert ids(await call.trailing_metadata()) == ["over-grpc"]
    call = rpc.infer(ALONE, {"text": "x"})
    await call
    (made,) = ids(await call.trailing_metadata())
    assert re.fullmatch("[0-9a-f]{12}-[0-9a-f]+", made)


async def test_calls_are_counted_by_method_model_and_status(dial):
    rpc = await dial(ALONE)
    await rpc.infer(ALONE, {"text": "x"})
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await rpc.infer(ALONE, {"how": "fail"}, metadata=NAMED)
    assert ids(failed.value.trailing_metadata()) == ["over-grpc"]
    with pytest.raises(grpc.aio.AioRpcError):
        await rpc.infer("invented", {"text": "x"})
    await rpc.stub.ServerLive(messages.ServerLiveRequest())
    kinds = {
        (PATH, ALONE, "OK"),
        (PATH, ALONE, "INTERNAL"),
        (PATH, "", "NOT_FOUND"),
        ("/inference.GRPCInferenceService/ServerLive", "", "OK"),
    }
    assert set(counted(rpc)) == {
        f'deepaas_requests_total{{method="gRPC",model="{model}",route="{route}",'
        f'status="{status}"}} 1.0'
        for route, model, status in kinds
    }


async def test_calls_are_in_the_access_log_and_in_what_workers_log(dial, caplog, eventually):
    caplog.set_level("INFO", LOG.name)
    rpc = await dial(ALONE, access_log=True, debug_endpoint=True)
    await rpc.infer(ALONE, {"text": "by gRPC"}, metadata=NAMED)
    (line,) = (one.getMessage() for one in caplog.records if one.name == LOG.name)
    assert re.fullmatch(rf"\S+ gRPC {PATH} OK \d+ bytes \d+\.\d ms", line)

    async def said():
        return rpc.runner.app[CONSOLE].read().decode()

    text = await eventually(said, lambda text: "said by gRPC" in text)
    assert "[over-grpc]: said by gRPC" in text


async def test_each_request_on_a_stream_is_counted_with_its_model(dial):
    rpc = await dial(ALONE)
    stream = rpc.stub.ModelStreamInfer(metadata=NAMED)
    for model, arguments in (
        (ALONE, {"text": "x"}),
        (ALONE, {"text": "y"}),
        (ALONE, {"how": "fail"}),
        ("invented", {}),
    ):
        await stream.write(request_of(model, arguments))
        await stream.read()
    await stream.done_writing()
    assert await stream.code() is StatusCode.OK
    route = "/inference.GRPCInferenceService/ModelStreamInfer"
    assert set(counted(rpc)) == {
        f'deepaas_requests_total{{method="gRPC",model="{model}",route="{route}",'
        f'status="{status}"}} {times}.0'
        for model, status, times in (
            (ALONE, "OK", 2),
            (ALONE, "INTERNAL", 1),
            ("", "NOT_FOUND", 1),
            ("", "OK", 1),
        )
    }


async def test_what_a_client_leaves_behind_on_a_stream_is_counted_as_cancelled(
    dial, pipes, eventually
):
    told, _ = pipes
    rpc = await dial("asynchronous")
    stream = rpc.stub.ModelStreamInfer()
    for _ in range(2):
        await stream.write(request_of("asynchronous", {"how": "hang", "told": told.path}))
        await told.line()
    stream.cancel()
    line = (
        'deepaas_requests_total{method="gRPC",model="asynchronous",'
        'route="/inference.GRPCInferenceService/ModelStreamInfer",status="CANCELLED"} 2.0'
    )

    async def lines():
        return counted(rpc)

    assert line in await eventually(lines, lambda found: line in found)


async def test_who_calls_is_logged_also_where_a_proxy_calls_for_others(dial, caplog):
    caplog.set_level("INFO", LOG.name)
    rpc = await dial(ALONE, access_log=True, trusted_proxies=(ip_network("127.0.0.1"),))
    await rpc.infer(ALONE, {"text": "x"})
    told = (("x-forwarded-for", "198.51.100.1, 192.0.2.1"),)
    await rpc.infer(ALONE, {"text": "x"}, metadata=told)
    logged = [getattr(one, FIELDS)["remote"] for one in caplog.records if one.name == LOG.name]
    assert logged == ["127.0.0.1", "192.0.2.1"]
