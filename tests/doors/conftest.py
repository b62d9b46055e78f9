"""All doors to one model of the table. A new door is one line here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack

import pytest

from deepaas.client import AsyncClient
from deepaas.model.loaded import LoadedModel
from deepaas.model.loading import choose
from deepaas.testing.serving import Served, serve
from tests.doors.cli import TABLE, CommandDoor, Forking
from tests.doors.client import ClientDoor
from tests.doors.document import DocumentDoor
from tests.doors.door import Door
from tests.doors.rest import FormDoor, JsonDoor, QueryDoor
from tests.doors.tensors import TensorDoor


@pytest.fixture(scope="session")
def forking() -> Iterator[Forking]:
    """What starts processes of the command line."""
    kept = {key: one for key, one in os.environ.items() if not key.startswith(("OS_", "DEEPAAS_"))}
    forking = Forking(kept)
    yield forking
    forking.close()


@pytest.fixture(scope="session")
def table() -> Iterator[Served]:
    """The table as authors serve their models in tests; each of it is loaded when it is asked."""
    with serve(str(TABLE), lazy=True) as served:
        yield served


@pytest.fixture
async def open_doors(
    serve_loaded, forking, table
) -> AsyncIterator[Callable[[str], Awaitable[Mapping[str, Door]]]]:
    """Serve a model of the table, and return all doors to it, by name."""
    async with AsyncExitStack() as stack:

        async def start(model: str) -> Mapping[str, Door]:
            (source,) = choose([str(TABLE)])
            members = {one.name: one for one in source.members()}
            # Authors debug: answers are held to their hints.
            session = await serve_loaded(LoadedModel.of(members[model]), log_level="DEBUG")
            client = await stack.enter_async_context(AsyncClient(str(session._base_url)))
            return {
                "a JSON document": JsonDoor(session),
                "the query": QueryDoor(session),
                "a form": FormDoor(session),
                "/swagger.json": DocumentDoor(session),
                "deepaas.client": ClientDoor.of(client),
                "deepaas.testing": ClientDoor.of_tests(table),
                "tensors in JSON": TensorDoor(session, packed=False),
                "packed tensors": TensorDoor(session, packed=True),
                "deepaas-cli": CommandDoor(forking),
            }

        yield start
