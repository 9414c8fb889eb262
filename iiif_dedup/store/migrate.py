"""The schema's versions: bring a database to the newest one, or say which one it has.

The migrations travel in the package (`store/migrations/`), so that no configuration file and no
working directory matter. To add one: change `models`, then write `versions/NNNN_what.py`; a test
compares the migrated schema with the models on both databases.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from iiif_dedup.store.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x11F_DED
"""Number of PostgreSQL's advisory lock under which one process at a time migrates."""


def migrate(database: Database) -> None:
    """Bring the schema to the newest version, in one transaction; a no-op where it has it.

    Safe when several processes start at once: the later ones wait, then find it done.
    """
    with database.write() as session:
        # On SQLite the write transaction itself lets in one process only.
        if not database.is_sqlite:
            session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        command.upgrade(_config(session.connection()), "head")


def current(database: Database) -> str | None:
    """Return the version of the schema, None for a database that was never migrated."""
    with database.read() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def is_current(database: Database) -> bool:
    """Return whether the schema has the newest version."""
    return current(database) == ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    # A % in the path would be read as an interpolation.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
