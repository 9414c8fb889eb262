"""The one-machine mode: web, workers, scheduler and private Redis, started and stopped together."""

from __future__ import annotations

import fcntl
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from pydantic import SecretStr

from iiif_dedup.errors import IiifDedupError
from iiif_dedup.settings import PREFIX, Settings
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Queue
from iiif_dedup.store.migrate import migrate
from workers.child import Child
from workers.logs import event
from workers.private_redis import PrivateRedis, PrivateRedisError

log = logging.getLogger(__name__)

TEND_S = 0.1
START_TIMEOUT_S = 90.0
START_TRIES = 3
"""A child that ends this often before all is ready keeps the service from starting."""
STOP_TIMEOUT_S = 8.0


class SupervisorError(IiifDedupError):
    """The service cannot be started here; the message says why and what to do."""


class Supervisor:
    """Runs the processes of the service as its children, until it is told to stop.

    A child that dies is started again; when the supervisor itself is killed, all of them end.
    """

    def __init__(
        self, settings: Settings, *, web_command: Sequence[str], web_ready: Callable[[], bool]
    ) -> None:
        """Prepare, without starting anything.

        Args:
            settings: The settings in force; the children get them as environment variables.
            web_command: Command line of the web process.
            web_ready: Returns whether the web process answers.
        """
        self._settings = settings
        self._web_ready = web_ready
        self._redis = None if settings.redis_url else PrivateRedis(settings.data_dir)
        self._children = _children(settings, web_command)
        self._stop = threading.Event()

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call `on_ready`, and return after `request_stop`, SIGTERM or SIGINT.

        To be called in the main thread, which is also the children's parent.

        Raises:
            SupervisorError: Another one runs on the data folder, or a child does not start.
            PrivateRedisError: The private Redis does not start.
        """
        with self._only_one(), self._signals_stop():
            with Database(self._settings.database) as database:
                migrate(database)
            try:
                self._start()
                if not self._stop.is_set():
                    on_ready()
                while not self._stop.wait(TEND_S):
                    self._tend()
            finally:
                self._end()

    def request_stop(self) -> None:
        """Let `run` stop everything and return; safe in any thread and signal handler."""
        self._stop.set()

    def _start(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        if self._redis is not None:
            self._redis.start()
        while not self._stop.wait(TEND_S):
            self._tend()
            for child in self._children:
                if child.ends >= START_TRIES:
                    raise SupervisorError(
                        f"The {child.name} process ended {child.ends} times with status "
                        f"{child.status} before the service was ready; its log lines above say why."
                    )
            if self._web_ready():
                event(log, logging.INFO, "ready", url=self._settings.base_url)
                return
            if time.monotonic() > deadline:
                raise SupervisorError(
                    f"The web process did not answer at {self._settings.base_url} within "
                    f"{START_TIMEOUT_S:g} s."
                )

    def _tend(self) -> None:
        if self._redis is not None and not self._redis.running():
            event(log, logging.WARNING, "redis_ended")
            try:
                self._redis.start()
            except PrivateRedisError as error:
                # The jobs wait in the database meanwhile, and the next look tries again.
                event(log, logging.ERROR, "redis_failed", error=error)
        for child in self._children:
            child.tend()

    def _end(self) -> None:
        event(log, logging.INFO, "stopping")
        for child in self._children:
            child.ask_to_end()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self._children:
            child.end(max(0.0, deadline - time.monotonic()))
        if self._redis is not None:
            self._redis.stop()

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Hold the lock of the data folder; the kernel gives it back however we end."""
        folder = self._settings.data_dir.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "supervisor.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SupervisorError(
                    f"The service already runs on the data folder {folder}. Stop it, or choose "
                    f"another folder with {PREFIX}DATA_DIR."
                ) from None
            yield

    @contextmanager
    def _signals_stop(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT stop the service instead of this process."""

        def stop(_signal: int, _frame: FrameType | None) -> None:
            self.request_stop()

        numbers = (signal.SIGTERM, signal.SIGINT)
        previous = [signal.signal(number, stop) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, previous, strict=True):
                signal.signal(number, handler)


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables from which a child process loads the very same settings."""
    return {PREFIX + name.upper(): _plain(value) for name, value in settings if value is not None}


def _plain(value: object) -> str:
    """Return a setting's value as its variable holds it, secrets too."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return json.dumps({name: _plain(item) for name, item in value.items()})
    return str(value)


def _children(settings: Settings, web_command: Sequence[str]) -> list[Child]:
    variables = environment(settings)
    counts = {
        Queue.INTERACTIVE: settings.interactive_workers,
        Queue.BATCH: settings.batch_workers,
    }
    workers = [
        Child(
            f"{queue.value} worker {number}",
            [sys.executable, "-m", "workers.worker", "--queue", queue.value],
            variables,
        )
        for queue, count in counts.items()
        for number in range(1, count + 1)
    ]
    scheduler = Child("scheduler", [sys.executable, "-m", "workers.scheduler"], variables)
    return [Child("web", web_command, variables), *workers, scheduler]
