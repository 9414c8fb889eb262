from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from redis import Redis

from workers.private_redis import (
    MAX_SOCKET_PATH,
    PrivateRedis,
    PrivateRedisError,
    private_url,
    socket_path,
)


def servers(folder: Path) -> list[psutil.Process]:
    """The server processes of one data folder."""
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "valkey-server" and process.info["cwd"] == str(folder)
    ]


def test_it_answers_on_a_socket_that_only_we_can_open(tmp_path: Path) -> None:
    server = PrivateRedis(tmp_path)
    server.start()
    try:
        with Redis.from_url(server.url) as connection:
            connection.set("key", "value")
            assert connection.get("key") == b"value"
            assert connection.config_get("port")["port"] == "0"
        assert socket_path(tmp_path).stat().st_mode & 0o077 == 0
    finally:
        server.stop()
    assert not server.running()
    assert servers(tmp_path) == []


def test_a_folder_has_one_server_however_many_start_it(tmp_path: Path) -> None:
    first, second = PrivateRedis(tmp_path), PrivateRedis(tmp_path)
    first.start()
    second.start()
    assert len(servers(tmp_path)) == 1
    second.stop()  # it is not the second one's to stop
    assert first.running()
    first.stop()


def test_a_killed_server_is_started_again_on_the_same_socket(tmp_path: Path) -> None:
    server = PrivateRedis(tmp_path)
    server.start()
    servers(tmp_path)[0].kill()
    deadline = time.monotonic() + 5
    while server.running() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not server.running()
    server.start()
    assert server.running()
    server.stop()


def test_a_long_data_folder_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    path = socket_path(folder)
    assert len(os.fsencode(path)) <= MAX_SOCKET_PATH
    assert path == socket_path(folder)
    assert path != socket_path(tmp_path / ("else" * 30))
    server = PrivateRedis(folder)
    server.start()
    server.stop()
    path.unlink(missing_ok=True)
    path.parent.rmdir()


def test_a_socket_folder_that_others_can_open_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("open" * 30)
    parent = socket_path(folder).parent
    parent.chmod(0o777)
    try:
        with pytest.raises(PrivateRedisError, match="only you can open"):
            private_url(folder)
    finally:
        parent.rmdir()


def test_a_server_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "redis.sock").mkdir()  # the place of the socket is taken
    server = PrivateRedis(tmp_path)
    with pytest.raises(PrivateRedisError, match=r"redis\.log says why"):
        server.start(timeout_s=1)
    assert servers(tmp_path) == []


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from workers.private_redis import PrivateRedis\n"
        "PrivateRedis(pathlib.Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        assert len(servers(tmp_path)) == 1
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 2
    while servers(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert servers(tmp_path) == []
