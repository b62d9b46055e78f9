"""Stores on each database that can be used."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from deepaas.database.engine import Database, sqlite_url
from tests.postgres import binaries, postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server; ``{name}`` stands for a database."""
    if binaries() is None and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    with postgres() as url:
        yield url


@pytest.fixture
async def postgres_url(postgres_server) -> str:
    """The URL of an empty database."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    admin = postgres_server.format(name="postgres")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    return postgres_server.format(name=name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request, tmp_path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def database(database_url) -> AsyncIterator[Database]:
    """An open database, of each kind in turn."""
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()
