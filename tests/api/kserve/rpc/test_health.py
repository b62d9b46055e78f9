"""What orchestrators, load balancers and curious people ask."""

import asyncio

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc import StatusCode
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from deepaas import __version__
from deepaas.api.keys import REGISTRY, RPC_ADDRESS
from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.authoring import Needs

SERVICE = "inference.GRPCInferenceService"
SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING


async def test_the_server_says_that_it_lives_is_ready_and_what_it_is(dial):
    stub = (await dial("echo")).stub
    assert (await stub.ServerLive(messages.ServerLiveRequest())).live
    assert (await stub.ServerReady(messages.ServerReadyRequest())).ready
    assert (await stub.ModelReady(messages.ModelReadyRequest(name="echo"))).ready
    about = await stub.ServerMetadata(messages.ServerMetadataRequest())
    assert (about.name, about.version) == ("deepaas", __version__)
    assert {"model_repository", "statistics"} <= set(about.extensions)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ModelReady(messages.ModelReadyRequest(name="nobody"))
    assert caught.value.code() is StatusCode.NOT_FOUND


async def test_neither_the_server_nor_a_model_is_ready_where_the_server_drains(dial):
    rpc = await dial("echo")
    rpc.runner.app[REGISTRY].leaving = True
    assert not (await rpc.stub.ServerReady(messages.ServerReadyRequest())).ready
    assert not (await rpc.stub.ModelReady(messages.ModelReadyRequest(name="echo"))).ready
    assert (await rpc.stub.ServerLive(messages.ServerLiveRequest())).live


async def test_the_metadata_of_a_model_are_its_tensors(dial):
    stub = (await dial("arrays")).stub
    about = await stub.ModelMetadata(messages.ModelMetadataRequest(name="arrays"))
    assert (about.name, about.platform) == ("arrays", "deepaas")
    described = {one.name: (one.datatype, list(one.shape)) for one in about.inputs}
    assert described["image"] == ("FP32", [-1])
    assert described["scale"] == ("FP64", [1])
    assert described["labels"] == ("BYTES", [-1])
    assert [one.name for one in about.outputs] == ["predictions"]


async def test_the_health_service_follows_the_models_and_the_end_of_the_server(dial):
    rpc = await dial("failing")
    health = HealthStub(rpc.channel)

    async def check(service: str) -> int:
        return (await health.Check(HealthCheckRequest(service=service))).status

    for service in ("", SERVICE):
        assert await check(service) == SERVING
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await check("other")
    assert caught.value.code() is StatusCode.NOT_FOUND
    watching = health.Watch(HealthCheckRequest(service=SERVICE))
    async with asyncio.timeout(60):
        assert (await watching.read()).status == SERVING
        stopping = asyncio.create_task(rpc.runner.cleanup())
        assert (await watching.read()).status == NOT_SERVING
        assert await watching.read() is grpc.aio.EOF
        await stopping


async def test_models_that_get_ready_are_unavailable_until_then(dial, pipes):
    reached, go_on = pipes
    needs = {"needing": Needs(environment={"REACHED": reached.path, "GO_ON": go_on.path})}
    rpc = await dial("needing", needs=needs, listen_early=True)
    await reached.line()
    with pytest.raises(grpc.aio.AioRpcError, match="'needing' is not ready yet") as caught:
        await rpc.infer("needing", {})
    assert caught.value.code() is StatusCode.UNAVAILABLE
    assert not (await rpc.stub.ModelReady(messages.ModelReadyRequest(name="needing"))).ready
    async with asyncio.timeout(60):
        watching = HealthStub(rpc.channel).Watch(HealthCheckRequest())
        assert (await watching.read()).status == NOT_SERVING
        go_on.let()
        assert (await watching.read()).status == SERVING
    assert await rpc.infer("needing", {})


async def test_services_can_be_found_by_reflection(dial):
    rpc = await dial("echo")

    def look() -> tuple[list[str], list[str]]:
        # This client of gRPC's own knows no asyncio.
        with grpc.insecure_channel(rpc.runner.app[RPC_ADDRESS]) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            service = DescriptorPool(database).FindServiceByName(SERVICE)
            return list(database.get_services()), [method.name for method in service.methods]

    services, methods = await asyncio.to_thread(look)
    assert {SERVICE, "grpc.health.v1.Health"} <= set(services)
    assert {"ModelInfer", "ModelStreamInfer"} <= set(methods)
