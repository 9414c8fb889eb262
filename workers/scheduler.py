"""The loop that queues harvests when they are due, and wakes jobs that somebody forgot.

`python -m workers.scheduler` runs it. Any number may run; the one that holds the lease row
`scheduler` leads, the others wait.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import uuid
from datetime import datetime

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from iiif_dedup.errors import SettingsError
from iiif_dedup.settings import load_settings
from iiif_dedup.store import jobs, schedules, sources, work
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.database import Database
from workers.logs import configure, event
from workers.queues import connect, waiting_job_ids, wake
from workers.schedule import next_run

log = logging.getLogger(__name__)

SWEEP_S = 1.0
LEADER_LEASE_S = 3.0
"""After a leader was killed, another one takes over within this many seconds."""


class Scheduler:
    """Sweeps the tables of sources and jobs while it leads."""

    def __init__(
        self, database: Database, redis: Redis, owner: str, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._redis = redis
        self._owner = owner
        self._clock = clock
        self._leads = False

    def run(self, stop: threading.Event) -> None:
        """Sweep every second until `stop` is set; failures are logged and tried again."""
        while not stop.wait(SWEEP_S):
            try:
                self.sweep()
            except (SQLAlchemyError, RedisError) as error:
                event(log, logging.ERROR, "sweep_failed", error=error)

    def sweep(self) -> int:
        """Queue the harvests that are due, and wake every due job that no wake-up waits for.

        Returns:
            How many jobs were woken; 0 when not leading.

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
        self._harvest_what_is_due()
        due = jobs.overdue(self._database, self._clock())
        if not due:
            return 0
        waiting = waiting_job_ids(self._redis)
        with self._database.read() as session:
            found = [jobs.get(session, job_id) for job_id in due if job_id not in waiting]
        woken = sum(wake(self._redis, job) for job in found if job is not None)
        if woken:
            event(log, logging.INFO, "woken", jobs=woken)
        return woken

    def _harvest_what_is_due(self) -> None:
        now = self._clock()
        with self._database.read() as session:
            keys = schedules.due(session, now)
        for key in keys:
            self._harvest(key, now)

    def _harvest(self, key: str, now: datetime) -> None:
        """Queue the harvest of a source, once for however many times were missed."""
        with self._database.write() as session:
            source = sources.get_one(session, key, lock=True)
            is_due = source.next_run_at is not None and source.next_run_at <= now
            # Somebody may have changed it since it was read.
            if not (is_due and source.enabled and source.schedule):
                return
            try:
                following = next_run(source.schedule, source.time_zone, now)
            except SettingsError as error:
                # A zone that this machine no longer knows: the others go on.
                event(log, logging.ERROR, "schedule_unusable", source=key, error=error)
                following = None
            job = work.enqueue_harvest(session, key, clock=lambda: now)
            schedules.plan(
                session,
                key,
                schedule=source.schedule,
                time_zone=source.time_zone,
                next_run_at=following,
            )
        # Another attempt of a harvest that still goes on would only ask the partner twice.
        name = "harvest_due" if job.created_at == now else "harvest_still_going_on"
        event(log, logging.INFO, name, source=key, job=job.id, next=following)


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
