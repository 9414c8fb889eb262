"""The one-machine mode for tests, with a web process that only says that it is there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from iiif_dedup.errors import IiifDedupError
from iiif_dedup.settings import Settings, load_settings
from tests.workers.processes import wait_until
from workers import logs
from workers.supervisor import Supervisor, environment


def serve() -> int:
    settings = load_settings()
    logs.configure(settings, "supervisor")
    supervisor = Supervisor(
        settings,
        web_command=[sys.executable, "-m", "http.server", str(settings.port), "--bind=127.0.0.1"],
        web_ready=lambda: _answers(f"http://127.0.0.1:{settings.port}/"),
    )
    try:
        supervisor.run(lambda: print("ready", flush=True))  # noqa: T201  what the test waits for
    except IiifDedupError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):
            return True
    except (URLError, OSError):
        return False


class OneMachine:
    """A running supervisor.

    Attributes:
        process: Its process.
        log: Everything that it and its children wrote.
    """

    def __init__(
        self, settings: Settings, command: Sequence[str] = (sys.executable, __file__)
    ) -> None:
        self.log = Path(settings.data_dir) / "service.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=os.environ | environment(settings),
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=settings.data_dir,
            )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        # The web process says something there as well.
        assert b"ready\n" in iter(self.process.stdout.readline, b""), self.log.read_text()

    def children(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def child(self, name: str, *, not_like: psutil.Process | None = None) -> psutil.Process:
        """Return the child whose command line holds `name`, when it has started."""

        def look() -> psutil.Process | None:
            found = (child for child in self.children() if _runs(child, name))
            return next((child for child in found if child != not_like), None)

        return wait_until(look)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def one_machine(settings: Settings) -> Iterator[OneMachine]:
    """Yield a supervisor that is ready; it is killed at the end."""
    machine = OneMachine(settings)
    try:
        machine.wait_until_ready()
        yield machine
    finally:
        machine.close()


def _runs(process: psutil.Process, name: str) -> bool:
    try:
        # Until the wrapper has become the command, both of them would match.
        line = process.cmdline()
    except psutil.NoSuchProcess:
        return False
    return any(name in part for part in line) and not any("with_parent" in part for part in line)


if __name__ == "__main__":
    sys.exit(serve())
