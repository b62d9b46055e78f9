"""Connections to the database, and the state of its tables."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from deepaas.database.tables import METADATA
from deepaas.exceptions import ConfigurationError, DiskFull, StorageUnavailable

# The newest migration. Tables that are made anew are in this state.
HEAD = "0002"
MIGRATIONS = Path(__file__).parent / "migrations"
# For how long a connection waits for another process that writes to the same file, in seconds.
BUSY = 10
# Servers that start at once on the same PostgreSQL make its tables one after the other.
SCHEMA_LOCK = 0x0DEE_BAA5
FULL = ("disk is full", "No space left", "disk I/O error")


def sqlite_url(folder: Path) -> str:
    """Return the URL of the SQLite database in a folder."""
    return sa.URL.create("sqlite", database=str(folder / "deepaas.sqlite")).render_as_string()


class Database:
    """One database with the tables of this package.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    Raises:
        ConfigurationError: the URL cannot be used.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
        except ArgumentError:
            raise ConfigurationError(
                "--database-url is no URL such as postgresql://user:password@host/name"
            ) from None
        self._engine = _engine(parsed)
        self._shown = parsed.render_as_string(hide_password=True)

    async def open(self) -> None:
        """Make the tables, or bring them to the newest state.

        Raises:
            ConfigurationError: there is no such database, or it was made by a newer version.
        """
        try:
            if self._engine.dialect.name == "sqlite":
                async with _translated():
                    await self._log_ahead()
            async with self.writing() as connection:
                state = await connection.run_sync(_made)
                if state != HEAD:
                    await connection.run_sync(_upgrade)
        except (DiskFull, StorageUnavailable) as error:
            why = error.why if isinstance(error, StorageUnavailable) else error
            raise ConfigurationError(f"the database {self._shown} cannot be used: {why}") from error

    async def _log_ahead(self) -> None:
        """Switch the SQLite file to write-ahead logging, which it then keeps."""
        loop = asyncio.get_running_loop()
        until = loop.time() + BUSY
        async with self._engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None  # noqa: S101 - it has just been opened
            while True:
                try:
                    async with driver.execute("PRAGMA journal_mode = WAL"):
                        return
                except sqlite3.OperationalError as error:
                    # For this, SQLite itself does not wait until another one has switched.
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > until:
                        raise
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection to read from.

        Raises:
            StorageUnavailable: the database does not answer.
        """
        async with _translated(), self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose changes are kept if nothing is raised.

        Raises:
            DiskFull: the disk is full.
            StorageUnavailable: the database does not answer.
        """
        async with _translated(), self._engine.connect() as connection:
            await connection.execution_options(writes=True)
            async with connection.begin():
                yield connection


def _engine(url: sa.URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        url = url.set(drivername="sqlite+aiosqlite")
        engine = create_async_engine(url, pool_size=4, connect_args={"timeout": BUSY})
        sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        sa.event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    if url.get_backend_name() != "postgresql":
        raise ConfigurationError(
            f"--database-url is for {url.get_backend_name()!r}; postgresql and sqlite can be used"
        )
    try:
        return create_async_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except (ImportError, NoSuchModuleError):
        raise ConfigurationError(
            "--database-url needs a driver for PostgreSQL: pip install 'deepaas[postgres]'"
        ) from None


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # SQLAlchemy begins transactions, not the driver.
    connection.isolation_level = None
    cursor = connection.cursor()
    # What has been committed is on the disk, also when the power fails.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # One that reads first and writes later would fail where another one writes in between.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        text = " ".join(str(cause).split())
        if any(one in text for one in FULL):
            raise DiskFull(f"nothing more can be stored: {text}") from error
        raise StorageUnavailable(text) from error
    except (SQLAlchemyError, OSError) as error:
        raise StorageUnavailable(str(error)) from error


def _made(connection: sa.Connection) -> str:
    """Make the tables where there are none; return the state of those that there are."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SCHEMA_LOCK)))
    version = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32)))
    if sa.inspect(connection).has_table("alembic_version"):
        return str(connection.execute(sa.select(version.c.version_num)).scalar_one_or_none())
    # As Alembic would, without the time that importing it takes.
    METADATA.create_all(connection)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
    )
    connection.execute(version.insert().values(version_num=HEAD))
    return HEAD


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            f"the database was made by another version of DEEPaaS, it seems: {error}"
        ) from error
