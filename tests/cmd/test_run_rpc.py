"""``deepaas-run --grpc-port``, as it is run."""

import asyncio
import re
import signal
import socket

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub
from tests.api.kserve.rpc.asking import prediction, request_of

SLOW = """
    import time
    from webargs import fields

    def get_predict_args():
        return {"seconds": fields.Float(missing=0.0)}

    def predict(seconds):
        print("predicting", flush=True)
        time.sleep(seconds)
        return seconds
"""
REFUSED = ["--grpc-port", "0", "--reload"]


def address_in(banner: str) -> str:
    """Return where the server speaks gRPC."""
    return re.search(r"^ +gRPC +(\S+), Open Inference Protocol$", banner, re.MULTILINE)[1]


async def test_the_banner_tells_the_port_of_grpc_which_answers(start, install):
    install("slow", SLOW)
    server = await start("--grpc-port", "0")
    async with grpc.aio.insecure_channel(address_in(server.banner)) as channel:
        stub = GRPCInferenceServiceStub(channel)
        response = await stub.ModelInfer(request_of("slow", {"seconds": 0.0}))
        assert prediction(response) == 0.0


async def test_a_server_listens_where_it_is_told_to(start, install):
    install("slow", SLOW)
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    server = await start("--grpc-port", "0", "--listen-ip", "::1")
    address = address_in(server.banner)
    assert address.startswith("[::1]:")
    async with grpc.aio.insecure_channel(address) as channel:
        stub = GRPCInferenceServiceStub(channel)
        assert (await stub.ServerReady(messages.ServerReadyRequest())).ready


async def test_without_the_option_there_is_no_grpc(start, install):
    install("slow", SLOW)
    assert "gRPC" not in (await start()).banner


async def test_a_port_in_use_is_one_line_and_exit_code_1(run, install):
    install("slow", SLOW)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = await run("run", "--listen-port", "0", "--grpc-port", str(port))
    assert ended.code == 1
    line = ended.err.splitlines()[-1]
    assert line == f"deepaas-run: error: cannot listen on 127.0.0.1:{port}: Address already in use"
    # Before a model is loaded, which may take long.
    assert "Loading" not in ended.err


async def test_without_the_extra_one_line_names_it(run, install, site):
    install("slow", SLOW)
    (site / "grpc.py").write_text("raise ImportError(\"No module named 'grpc'\")")
    ended = await run("run", "--listen-port", "0", "--grpc-port", "0")
    assert (ended.code, ended.err.splitlines()) == (
        2,
        [
            "deepaas-run: error: --grpc-port needs gRPC (No module named 'grpc'): "
            "pip install 'deepaas[grpc]'"
        ],
    )


async def test_reloading_is_over_http_alone(run, install):
    install("slow", SLOW)
    ended = await run("run", "--listen-port", "0", *REFUSED)
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert "leave one of --reload and --grpc-port out" in line


async def test_calls_that_run_are_answered_when_the_server_stops(start, install):
    install("slow", SLOW)
    server = await start("--grpc-port", "0", "--shutdown-grace", "60")
    async with grpc.aio.insecure_channel(address_in(server.banner)) as channel:
        stub = GRPCInferenceServiceStub(channel)
        call = asyncio.ensure_future(stub.ModelInfer(request_of("slow", {"seconds": 2.0})))
        await _said(server, "predicting")
        server.process.send_signal(signal.SIGTERM)
        assert prediction(await call) == 2.0
        assert await asyncio.wait_for(server.process.wait(), 60) == 0


@pytest.mark.parametrize("grace", ["1", "100"])
async def test_calls_that_run_on_are_ended_after_the_grace_or_at_a_second_signal(
    start, install, grace
):
    install("slow", SLOW)
    server = await start("--grpc-port", "0", "--shutdown-grace", grace)
    async with grpc.aio.insecure_channel(address_in(server.banner)) as channel:
        stub = GRPCInferenceServiceStub(channel)
        call = asyncio.ensure_future(stub.ModelInfer(request_of("slow", {"seconds": 300.0})))
        watching = HealthStub(channel).Watch(HealthCheckRequest())
        await watching.read()
        await _said(server, "predicting")
        server.process.send_signal(signal.SIGTERM)
        if grace == "100":
            await _said(server, "Stopping; calls that run have")
            server.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.process.wait(), 60) == 0
        with pytest.raises(grpc.aio.AioRpcError):
            await call


async def test_workers_are_started_again_without_a_word_of_grpc(start, install):
    install(
        "dying",
        """
        import os

        def predict(how: str) -> int:
            os._exit(3) if how == "die" else None
            return os.getpid()
        """,
    )
    server = await start("--grpc-port", "0")
    async with grpc.aio.insecure_channel(address_in(server.banner)) as channel:
        stub = GRPCInferenceServiceStub(channel)
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError, match="exit code 3"):
                await stub.ModelInfer(request_of("dying", {"how": "die"}))
            assert prediction(await stub.ModelInfer(request_of("dying", {"how": "live"}))) > 0
    server.process.terminate()
    rest = (await server.process.stdout.read()).decode()
    assert "fork" not in rest
    assert "grpc" not in rest.lower()


async def _said(server, words: str) -> None:
    """Wait until a server has printed some words."""
    async with asyncio.timeout(60):
        while words not in (line := (await server.process.stdout.readline()).decode()):
            assert line, f"the server has not said {words!r}"
