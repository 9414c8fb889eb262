"""A child process that is started again when it ends, and never outlives its parent."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from workers.logs import event
from workers.with_parent import bound

log = logging.getLogger(__name__)

PAUSE_S = 0.5
"""Longer by this before every new start; none before the first."""
LONGEST_PAUSE_S = 30.0
STEADY_S = 10.0
"""A child that lived this long is started again at once."""


class Child:
    """One supervised process; call every method from the thread that starts it.

    Attributes:
        name: For the log.
        ends: How often it has ended, unasked, without having lived for `STEADY_S` before.
        status: Exit status of its last end, negative for a signal; None before the first.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.ends = 0
        self.status: int | None = None
        self._command = list(command)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._not_before = 0.0

    def tend(self) -> None:
        """Start the process if it does not run and its pause is over."""
        now = time.monotonic()
        if self._process is not None:
            self.status = self._process.poll()
            if self.status is None:
                return
            self._process = None
            self.ends = 1 if now - self._started >= STEADY_S else self.ends + 1
            pause = min(PAUSE_S * (self.ends - 1), LONGEST_PAUSE_S)
            self._not_before = now + pause
            event(
                log,
                logging.WARNING,
                "child_ended",
                child=self.name,
                status=self.status,
                restart_in_s=pause,
            )
        if now >= self._not_before:
            self._start(now)

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, timeout_s: float) -> None:
        """Wait until it has ended, with SIGKILL after `timeout_s`."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            event(log, logging.WARNING, "child_killed", child=self.name)
            self._process.kill()
            self._process.wait()
        self._process = None

    def _start(self, now: float) -> None:
        # A process group of its own: Ctrl-C reaches the supervisor alone, which stops the rest.
        self._process = subprocess.Popen(  # noqa: S603  our own command
            bound(self._command),
            env=os.environ | self._environment,
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        self._started = now
        event(log, logging.INFO, "child_started", child=self.name, pid=self._process.pid)
