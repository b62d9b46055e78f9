"""All doors to one model of the table. A new door is one line here."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack

import aiohttp
import grpc
import pytest

from deepaas.api.keys import RPC_ADDRESS
from deepaas.client import AsyncClient, Client
from deepaas.model.loaded import LoadedModel
from deepaas.model.loading import choose
from tests.conftest import address_of
from tests.doors.cli import TABLE, CommandDoor
from tests.doors.client import ClientDoor
from tests.doors.curl import CurlDoor
from tests.doors.document import DocumentDoor
from tests.doors.door import Door
from tests.doors.foreign import (
    Foreign,
    ForeignDoor,
    ForeignInstancesDoor,
    KServeDoor,
    OpenApiDoor,
    TritonDoor,
)
from tests.doors.instances import InstancesDoor
from tests.doors.process import Process
from tests.doors.rest import FormDoor, JsonDoor, ListsDoor, QueryDoor
from tests.doors.rpc import RpcDoor
from tests.doors.tensors import TensorDoor
from tests.foreign.conftest import PYTHON, SCRIPTS


@pytest.fixture(scope="session")
def forking() -> Iterator[Process]:
    """What starts processes of the command line."""
    kept = {key: one for key, one in os.environ.items() if not key.startswith(("OS_", "DEEPAAS_"))}
    forking = Process([sys.executable, "-m", "tests.doors.forking", TABLE], kept)
    yield forking
    forking.close()


@pytest.fixture(scope="session")
def foreign() -> Iterator[Callable[[str, str], Mapping[str, Door]]]:
    """Doors of the clients of others, by name, to a server's URL and where it speaks gRPC."""
    if not PYTHON.exists():
        # The tests in tests/foreign tell so.
        yield lambda url, rpc: {}
        return
    with ExitStack() as stack:

        def started(script: str) -> Process:
            process = Process([PYTHON, SCRIPTS / script])
            stack.callback(process.close)
            return process

        scripts = ("triton_calls.py", "kserve_calls.py", "openapi_calls.py")
        triton, kserve, openapi = map(started, scripts)

        def doors(url: str, rpc: str) -> Mapping[str, Door]:
            host = url.removeprefix("http://")
            return {
                "tritonclient.http": TritonDoor(Foreign(triton, host, "http", "http.aio")),
                "tritonclient.grpc": TritonDoor(Foreign(triton, rpc, "grpc", "grpc.aio")),
                "kserve, v1": ForeignInstancesDoor(Foreign(kserve, url, "v1")),
                "kserve, v2": ForeignDoor(Foreign(kserve, url, "v2"), textual=True),
                "kserve, v2, packed": KServeDoor(Foreign(kserve, url, "v2, packed")),
                "kserve, gRPC": ForeignDoor(Foreign(kserve, rpc, "grpc")),
                "open-inference-openapi": OpenApiDoor(Foreign(openapi, url, ""), textual=True),
            }

        yield doors


@pytest.fixture
async def open_doors(
    start_runner, forking, foreign
) -> AsyncIterator[Callable[[str], Awaitable[Mapping[str, Door]]]]:
    """Serve a model of the table, and return all doors to it, by name."""
    async with AsyncExitStack() as stack:

        async def start(model: str) -> Mapping[str, Door]:
            (source,) = choose([str(TABLE)])
            members = {one.name: one for one in source.members()}
            # Authors debug: answers are held to their hints.
            served = LoadedModel.of(members[model])
            runner = await start_runner(served, log_level="DEBUG", grpc_port=0)
            url = address_of(runner)
            session = await stack.enter_async_context(aiohttp.ClientSession(url))
            client = await stack.enter_async_context(AsyncClient(url))
            blocking = stack.enter_context(Client(url))
            channel = grpc.aio.insecure_channel(runner.app[RPC_ADDRESS])
            await stack.enter_async_context(channel)
            return {
                "a JSON document": JsonDoor(session),
                "the query": QueryDoor(session),
                "lists as JSON in the query": ListsDoor(session),
                "a form": FormDoor(session),
                "/swagger.json": DocumentDoor(session),
                "deepaas.client": ClientDoor.of(client),
                "deepaas.client, without asyncio": ClientDoor.without_asyncio(blocking),
                "tensors in JSON": TensorDoor(session, packed=False),
                "packed tensors": TensorDoor(session, packed=True),
                "KServe v1": InstancesDoor(session),
                "gRPC": RpcDoor(channel, packed=False),
                "gRPC, packed": RpcDoor(channel, packed=True),
                "deepaas-cli": CommandDoor(forking),
                "curl": CurlDoor(url),
                **foreign(url, runner.app[RPC_ADDRESS]),
            }

        yield start
