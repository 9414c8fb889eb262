from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect
from sqlalchemy.schema import CreateIndex, CreateTable

from iiif_dedup.store import migrate
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Base

MIGRATE = """
import sys
from iiif_dedup.store.database import Database
from iiif_dedup.store.migrate import migrate
with Database(sys.argv[1]) as database:
    migrate(database)
"""


def statements(engine: Engine) -> set[str]:
    """Return the lines of the statements that would make the tables there are."""
    metadata = MetaData()
    metadata.reflect(engine, only=list(Base.metadata.tables))
    parts: list[CreateTable | CreateIndex] = []
    for table in metadata.tables.values():
        parts += [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
    text = "\n".join(str(part.compile(engine)) for part in parts)
    return {line.strip(" ,") for line in text.splitlines()}


def test_the_migrated_schema_is_the_one_of_the_models(database_url: str) -> None:
    with Database(database_url) as database:
        migrate.migrate(database)
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []


def test_partial_indices_and_index_methods_are_those_of_the_models(
    database_url: str, fresh_url: Callable[[], str]
) -> None:
    """What Alembic's comparison does not look at: conditions, methods, names of constraints."""
    with Database(database_url) as migrated, Database(fresh_url()) as made:
        migrate.migrate(migrated)
        Base.metadata.create_all(made.engine)
        assert statements(migrated.engine) == statements(made.engine)


def test_says_which_version_a_database_has(database_url: str) -> None:
    with Database(database_url) as database:
        assert migrate.current(database) is None
        assert not migrate.is_current(database)
        migrate.migrate(database)
        assert migrate.current(database) == "0003"
        assert migrate.is_current(database)


def test_is_quiet_and_may_be_repeated(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Database(database_url) as database:
        migrate.migrate(database)
        migrate.migrate(database)
    assert capsys.readouterr() == ("", "")


def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        arguments = [sys.executable, "-W", "error", "-c", MIGRATE, database_url]
        runs = [pool.submit(subprocess.run, arguments, capture_output=True) for _ in range(4)]
        assert [run.result().stderr for run in runs] == [b""] * 4
    with Database(database_url) as database:
        assert migrate.is_current(database)


def test_every_migration_can_be_undone(database_url: str) -> None:
    with Database(database_url) as database:
        migrate.migrate(database)
        with database.write() as session:
            command.downgrade(migrate._config(session.connection()), "base")
        assert inspect(database.engine).get_table_names() == ["alembic_version"]


def test_the_migrations_form_one_line() -> None:
    assert len(ScriptDirectory.from_config(migrate._config()).get_heads()) == 1
