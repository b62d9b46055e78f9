"""The database and the state of its tables."""

import asyncio

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from deepaas.database.engine import HEAD, MIGRATIONS, Database, _upgrade, sqlite_url
from deepaas.database.tables import METADATA
from deepaas.exceptions import ConfigurationError, DiskFull, StorageUnavailable


def test_tables_that_are_made_anew_are_in_the_state_of_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_the_migrations_lead_to_the_tables(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    with engine.begin() as connection:
        _upgrade(connection)
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


async def test_a_database_is_made_once_and_found_again(tmp_path):
    for _ in range(2):
        database = Database(sqlite_url(tmp_path))
        await database.open()
        await database.close()
    assert (tmp_path / "deepaas.sqlite").exists()


async def test_servers_that_start_at_once_make_it_once(tmp_path):
    for i in range(20):
        folder = tmp_path / str(i)
        folder.mkdir()
        databases = [Database(sqlite_url(folder)) for _ in range(8)]
        await asyncio.gather(*(one.open() for one in databases))
        await asyncio.gather(*(one.close() for one in databases))


async def test_a_database_of_a_newer_version_is_refused(tmp_path):
    database = Database(sqlite_url(tmp_path))
    await database.open()
    async with database.writing() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="another version of DEEPaaS"):
        await database.open()
    await database.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "no URL"),
        ("mysql://localhost/db", "'mysql'"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url, words):
    with pytest.raises(ConfigurationError, match=words):
        Database(url)


async def test_a_database_that_does_not_answer_is_said_to_without_its_password():
    database = Database("postgresql://someone:secret@127.0.0.1:1/db")
    with pytest.raises(ConfigurationError, match="cannot be used") as caught:
        await database.open()
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    await database.close()


async def test_why_a_database_does_not_answer_is_for_the_operator_alone():
    database = Database("postgresql://someone:secret@127.0.0.1:1/db")
    with pytest.raises(StorageUnavailable) as caught:
        async with database.reading():
            pass
    assert str(caught.value) == "the database does not answer"
    assert "127.0.0.1" in caught.value.why
    await database.close()


async def spoil(database):
    """Change something, and fail."""
    async with database.writing() as connection:
        await connection.execute(sa.text("DELETE FROM alembic_version"))
        await connection.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))


async def fill(database):
    """Write more than there is room for."""
    insert = sa.text("INSERT INTO event VALUES ('a', :seq, 0, 'log', :data)")
    async with database.writing() as connection:
        await connection.execute(sa.text("PRAGMA max_page_count = 60"))
        for seq in range(100):
            await connection.execute(insert, {"seq": seq, "data": "x" * 10_000})


@pytest.mark.parametrize(("fail", "error"), [(spoil, StorageUnavailable), (fill, DiskFull)])
async def test_a_failed_writing_leaves_nothing_and_the_next_one_works(tmp_path, fail, error):
    database = Database(sqlite_url(tmp_path))
    await database.open()
    with pytest.raises(error):
        await fail(database)
    async with database.writing() as connection:
        await connection.execute(sa.text("INSERT INTO event VALUES ('a', 1, 0, 'log', '')"))
    async with database.reading() as connection:
        version = await connection.execute(sa.text("SELECT version_num FROM alembic_version"))
        events = await connection.execute(sa.text("SELECT count(*) FROM event"))
        assert (version.scalar(), events.scalar()) == (HEAD, 1)
    await database.close()
