"""Worker processes for tests, with kinds of jobs that misbehave."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from iiif_dedup.settings import Settings
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim, JobState, get
from iiif_dedup.store.models import Counter, Job
from workers import worker
from workers.kinds import KINDS, Kind
from workers.supervisor import environment
from workers.with_parent import bound
from workers.workplace import Workplace

T = TypeVar("T")
FINAL = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


def note(claim: Claim, name: str) -> None:
    """Leave a mark in the database that tests can look for, written under the fence."""
    with claim.write() as session:
        session.merge(Counter(name=name, value=claim.attempt))


def noted(database: Database, name: str) -> int | None:
    """Return the attempt that left the mark `name`, None for none."""
    with database.read() as session:
        counter = session.get(Counter, name)
        return counter.value if counter else None


def _good(_place: Workplace, claim: Claim) -> Sequence[Job]:
    with claim.write() as session:
        claim.succeed(session, {"attempt": claim.attempt})
    return ()


def _forgotten(place: Workplace, claim: Claim) -> Sequence[Job]:
    """Let Redis forget everything while the job runs."""
    place.redis.flushall()
    return _good(place, claim)


def _poison(_place: Workplace, claim: Claim) -> Sequence[Job]:
    raise ValueError("this\njob cannot be done")


def _hang(_place: Workplace, claim: Claim) -> Sequence[Job]:
    note(claim, "hangs")
    time.sleep(60)
    return ()


def _hang_first(place: Workplace, claim: Claim) -> Sequence[Job]:
    """Hang in the first attempt, then write as if nothing had happened; be good in the next."""
    if claim.attempt > 1:
        return _good(place, claim)
    note(claim, "hangs")
    # Interrupted, it goes on and tries to write: a library that swallows what it should not.
    with suppress(Exception):
        time.sleep(60)
    note(claim, "late")
    return ()


BAD_KINDS = {
    "good": Kind(_good, lambda _settings: 30),
    "forgotten": Kind(_forgotten, lambda _settings: 30),
    "poison": Kind(_poison, lambda _settings: 30),
    "hang": Kind(_hang, lambda settings: settings.job_timeout_s),
    "hang_first": Kind(_hang_first, lambda _settings: 30),
}


@contextmanager
def running_worker(settings: Settings, queue: str = "batch") -> Iterator[subprocess.Popen[bytes]]:
    """Yield a worker process that knows the kinds above; it is killed at the end."""
    process = subprocess.Popen(
        bound([sys.executable, __file__, "--queue", queue]),
        env=environment(settings),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_job(database: Database, job_id: str, timeout_s: float = 60) -> Job:
    """Return the job when it has ended."""
    return wait_until(lambda: _ended(database, job_id), timeout_s)


def read_job(database: Database, job_id: str) -> Job:
    with database.read() as session:
        job = get(session, job_id)
        assert job is not None
        return job


def wait_until(look: Callable[[], T | None], timeout_s: float = 60) -> T:
    """Return the first value of `look` that is not None or False."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain at {utc_now()}"
        time.sleep(0.02)


def _ended(database: Database, job_id: str) -> Job | None:
    job = read_job(database, job_id)
    return job if job.state in FINAL else None


if __name__ == "__main__":
    KINDS.update(BAD_KINDS)
    worker.main()
