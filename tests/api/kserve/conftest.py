"""One server of models for tensors, each loaded when it is asked first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from deepaas.testing.serving import Served, serve

MODELS = Path(__file__).parents[2] / "models" / "tensors.py"


@pytest.fixture(scope="session")
def inference() -> Iterator[Served]:
    """The models of ``tests.models.tensors``."""
    with serve(str(MODELS), lazy=True) as served:
        yield served


@pytest.fixture
async def client(inference) -> AsyncIterator[aiohttp.ClientSession]:
    """A session of their server, which unpacks nothing by itself."""
    async with aiohttp.ClientSession(inference.url, auto_decompress=False) as session:
        yield session
