"""An application on a SQLite file of its own, without a key and with one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import create_app
from api.context import service_of
from iiif_dedup.settings import load_settings
from iiif_dedup.store.database import Database
from iiif_dedup.store.migrate import migrate

KEY = "a key of the tests"
AUTHORISED = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty database; copying it is faster than migrating again."""
    file = tmp_path_factory.mktemp("migrated") / "iiif_dedup.sqlite3"
    with Database(f"sqlite:///{file}") as database:
        migrate(database)
    return file


@pytest.fixture
def make_app(tmp_path: Path, migrated_file: Path) -> Iterator[Callable[..., Flask]]:
    """Make an application with these settings; all on one database."""
    shutil.copy(migrated_file, tmp_path)
    with ExitStack() as stack:

        def make(**settings: object) -> Flask:
            app = create_app(load_settings({}, data_dir=tmp_path, **settings))
            stack.callback(service_of(app).close)
            return app

        yield make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def data(app: Flask) -> Database:
    return service_of(app).database


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def keyed(make_app: Callable[..., Flask]) -> FlaskClient:
    """A client of an application on the same database that asks for a key."""
    return make_app(api_key=KEY).test_client()
