"""The loop that wakes jobs again when a worker or Redis forgot them: `python -m workers.scheduler`.

Any number may run; the one that holds the lease row `scheduler` leads, the others wait.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import uuid

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from iiif_dedup.settings import load_settings
from iiif_dedup.store import jobs
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.database import Database
from workers.logs import configure, event
from workers.queues import connect, waiting_job_ids, wake

log = logging.getLogger(__name__)

SWEEP_S = 1.0
LEADER_LEASE_S = 3.0
"""After a leader was killed, another one takes over within this many seconds."""


class Scheduler:
    """Sweeps the job table while it leads."""

    def __init__(self, database: Database, redis: Redis, owner: str) -> None:
        self._database = database
        self._redis = redis
        self._owner = owner
        self._leads = False

    def run(self, stop: threading.Event) -> None:
        """Sweep every second until `stop` is set; failures are logged and tried again."""
        while not stop.wait(SWEEP_S):
            try:
                self.sweep()
            except (SQLAlchemyError, RedisError) as error:
                event(log, logging.ERROR, "sweep_failed", error=error)

    def sweep(self) -> int:
        """Wake every due job that no wake-up waits for; return how many, 0 when not leading.

        Raises:
            SQLAlchemyError: The database does not answer; the next sweep may find it back.
            RedisError: Redis does not answer.
        """
        leads = jobs.acquire_lease(self._database, "scheduler", self._owner, LEADER_LEASE_S)
        if leads != self._leads:
            self._leads = leads
            event(log, logging.INFO, "leadership", owner=self._owner, leads=leads)
        if not leads:
            return 0
        due = jobs.overdue(self._database, utc_now())
        if not due:
            return 0
        waiting = waiting_job_ids(self._redis)
        with self._database.read() as session:
            found = [jobs.get(session, job_id) for job_id in due if job_id not in waiting]
        woken = sum(wake(self._redis, job) for job in found if job is not None)
        if woken:
            event(log, logging.INFO, "woken", jobs=woken)
        return woken


def main() -> None:
    """Run the loop until SIGTERM or SIGINT."""
    settings = load_settings()
    configure(settings, "scheduler")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    with Database(settings.database) as database, connect(settings) as redis:
        Scheduler(database, redis, owner).run(stop)


if __name__ == "__main__":
    main()
