"""Jobs: who works on what, and the fence that keeps a late worker from writing.

A job row is the queue's truth and the outbox. `enqueue` writes it in the transaction of what it
serves; a worker takes it with `claim` and writes everything through `Claim.write`, whose first
statement proves, under (job id, attempt), that the job is still its own. An attempt whose lease
ran out may be taken over at any moment; from then on the old attempt's writes raise
`LeaseLostError` and are rolled back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from iiif_dedup.errors import JobCancelledError, LeaseLostError
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.database import Database, upsert
from iiif_dedup.store.given_up import HARVEST_JOB, end_harvest
from iiif_dedup.store.ids import stable_id
from iiif_dedup.store.models import JOB_IS_ACTIVE, Job, Lease
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.text import storable
from iiif_dedup.types import Json


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Queue(StrEnum):
    """Which kind of worker takes a job."""

    INTERACTIVE = "interactive"
    """Searches that somebody waits for."""
    BATCH = "batch"
    """Harvests and image work."""


def enqueue(
    session: Session,
    kind: str,
    arguments: Mapping[str, Json],
    *,
    queue: Queue,
    dedupe_key: str | None = None,
    clock: Clock = utc_now,
) -> Job:
    """Return a queued job, written in the caller's transaction.

    If a queued or running job has the same `dedupe_key`, that one is returned instead, however
    many callers ask at once. Wake a worker only after the transaction is committed.
    """
    row = {
        "id": stable_id(uuid.uuid4().hex),
        "kind": kind,
        "queue": queue.value,
        "arguments": dict(arguments),
        "dedupe_key": dedupe_key,
        "state": JobState.QUEUED.value,
        "created_at": clock(),
    }
    if dedupe_key is None:
        job = Job(**row)
        session.add(job)
        session.flush()
        return job
    # Locked, so that it cannot end before the caller's rows are committed: a job that looks for
    # more work in its last transaction either sees them, or leaves room for another job.
    active = select(Job).where(Job.dedupe_key == dedupe_key, JOB_IS_ACTIVE).with_for_update()
    while True:
        upsert(session, Job, [row], key=["dedupe_key"], where=JOB_IS_ACTIVE)
        found = session.scalar(active)
        # None: the job we ran into ended between the two statements; now there is room for ours.
        if found is not None:
            return found


def claim(
    database: Database,
    job_id: str,
    *,
    owner: str,
    lease_s: float,
    max_attempts: int,
    clock: Clock = utc_now,
) -> Claim | None:
    """Take the job for `owner`, or return None when it is not to be had.

    To be had are queued jobs that are due and running ones whose lease ran out. One whose last
    `max_attempts` attempts stored nothing is failed instead, with its last error kept: a long
    harvest survives any number of restarts, and a job that kills its worker does not go on.

    Args:
        database: Where the job is.
        job_id: The job.
        owner: Who works on it, for the operator.
        lease_s: Seconds without a renewal until somebody else may take it.
        max_attempts: Attempts in a row without progress after which a job is given up.
        clock: Gives the time, aware.
    """
    with database.write() as session:
        job = session.get(Job, job_id, with_for_update=True)
        now = clock()
        if job is None or not _is_free(job, now):
            return None
        if job.cancel_requested:
            _finish(session, job, JobState.CANCELLED, now)
            return None
        if job.state == JobState.RUNNING:
            job.error = _lost_sentence(job)
        if job.fruitless >= max_attempts:
            _give_up(session, job, now)
            return None
        job.attempt += 1
        job.fruitless += 1
        job.state = JobState.RUNNING.value
        job.lease_owner = owner
        job.lease_until = now + timedelta(seconds=lease_s)
        job.not_before = None
        job.started_at = job.started_at or now
        return Claim(
            database, job.id, job.attempt, job.kind, job.arguments, lease_s, max_attempts, clock
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt at a job; every write of the attempt goes through it.

    Attributes:
        database: Where the job is.
        job_id: The job.
        attempt: 1 for the first attempt; the fencing number of every write.
        kind: What the job is.
        arguments: What it was enqueued with.
        lease_s: Seconds that a renewal lasts.
        max_attempts: Attempts in a row without progress after which the job is given up.
    """

    database: Database
    job_id: str
    attempt: int
    kind: str
    arguments: Mapping[str, Any]
    lease_s: float
    max_attempts: int
    clock: Clock = field(default=utc_now, repr=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session that is one write transaction of this attempt; it renews the lease.

        The job row stays locked until the commit, so nobody can take the job in between.

        Raises:
            LeaseLostError: Another attempt owns the job, or it has ended.
            JobCancelledError: Somebody asked the job to stop.
        """
        with self.database.write() as session:
            self._hold(session)
            yield session

    def renew(self) -> None:
        """Renew the lease; may be called from another thread. Raises as `write`."""
        with self.write():
            pass

    def progress(
        self, session: Session, done: int, total: int | None, text: str, *, stored: bool = True
    ) -> None:
        """Set how far the job is, in a session of `write`.

        Args:
            session: Of `write`.
            done: What is done.
            total: What is to be done; None while unknown.
            text: What is being done.
            stored: Whether another attempt would go on behind what is done; then, with `done` > 0,
                this one bore fruit.
        """
        job = self._own(session)
        if stored and done > 0:
            job.fruitless = 0
        job.progress_done, job.progress_total, job.progress_text = done, total, storable(text)

    def succeed(self, session: Session, result: Mapping[str, Json]) -> None:
        """End the job well, in the session of `write` that stores its last rows."""
        job = self._own(session)
        job.result, job.error = dict(result), None
        _finish(session, job, JobState.SUCCEEDED, self.clock())

    def fail(self, error: str, *, retry_in_s: float | None = None) -> JobState:
        """End this attempt with `error`, and return what became of the job.

        Args:
            error: One sentence, kept with the job.
            retry_in_s: Seconds until the job is due again; None when a repeat is of no use.

        Raises:
            LeaseLostError: Another attempt owns the job; there is nothing to end.
        """
        with self.database.write() as session:
            job, now = self._own(session), self.clock()
            job.error = storable(error)
            if job.cancel_requested:
                _finish(session, job, JobState.CANCELLED, now)
            elif retry_in_s is None:
                _finish(session, job, JobState.FAILED, now)
            elif job.fruitless >= self.max_attempts:
                _give_up(session, job, now)
            else:
                job.state = JobState.QUEUED.value
                job.not_before = now + timedelta(seconds=retry_in_s)
                job.lease_owner = job.lease_until = None
            return JobState(job.state)

    def cancelled(self) -> None:
        """End the job as cancelled, after `JobCancelledError`.

        Raises:
            LeaseLostError: Another attempt owns the job; there is nothing to end.
        """
        with self.database.write() as session:
            _finish(session, self._own(session), JobState.CANCELLED, self.clock())

    def _hold(self, session: Session) -> None:
        statement = (
            update(Job)
            .where(Job.id == self.job_id, Job.attempt == self.attempt)
            .where(Job.state == JobState.RUNNING)
            .values(lease_until=self.clock() + timedelta(seconds=self.lease_s))
            .returning(Job.cancel_requested)
        )
        cancel_requested = session.execute(statement).scalar_one_or_none()
        if cancel_requested is None:
            raise self._lost()
        if cancel_requested:
            raise JobCancelledError(f"Job {self.job_id} was asked to stop.")

    def _own(self, session: Session) -> Job:
        """Return the locked row, if this attempt still owns it."""
        job = session.get(Job, self.job_id, with_for_update=True)
        if job is None or job.attempt != self.attempt or job.state != JobState.RUNNING:
            raise self._lost()
        return job

    def _lost(self) -> LeaseLostError:
        return LeaseLostError(
            f"Attempt {self.attempt} no longer owns job {self.job_id}: its lease of "
            f"{self.lease_s:g} s ran out or the job has ended. Nothing of it was written."
        )


def get(session: Session, job_id: str) -> Job | None:
    """Return the job, or None."""
    return session.get(Job, job_id)


def list_jobs(
    session: Session,
    *,
    kind: str | None = None,
    state: JobState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Job]:
    """Return jobs, newest first. Raises CursorError as `paginate`."""
    statement = select(Job)
    if kind is not None:
        statement = statement.where(Job.kind == kind)
    if state is not None:
        statement = statement.where(Job.state == state)
    keys = (Job.created_at, Job.id)
    return paginate(session, statement, keys, cursor=cursor, limit=limit, descending=True)


def count_queued(session: Session, queue: Queue) -> int:
    """Return how many jobs wait for a worker of `queue`."""
    statement = select(func.count()).where(Job.state == JobState.QUEUED, Job.queue == queue)
    return session.scalar(statement) or 0


def request_cancel(session: Session, job_id: str, *, clock: Clock = utc_now) -> Job | None:
    """Ask the job to stop and return it; None when there is no such job.

    A queued one is cancelled at once, a running one at its next checkpoint; one that has ended
    stays as it is.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None:
        return None
    if job.state == JobState.QUEUED:
        job.cancel_requested = True
        _finish(session, job, JobState.CANCELLED, clock())
    elif job.state == JobState.RUNNING:
        job.cancel_requested = True
    return job


def overdue(database: Database, now: datetime) -> list[str]:
    """Queue lost jobs again, and return the ids of all queued jobs that are due, oldest first.

    Lost is a running job whose lease ran out before `now`; if it was asked to stop it is
    cancelled instead. Wake workers for the ids returned: a wake-up may have been forgotten, and
    one too many does no harm. `claim` fails those whose attempts are used up.
    """
    lost = select(Job).where(Job.state == JobState.RUNNING, Job.lease_until < now)
    due = select(Job.id).where(
        Job.state == JobState.QUEUED, or_(Job.not_before.is_(None), Job.not_before <= now)
    )
    with database.read() as session:
        nothing_lost = session.scalar(select(lost.exists())) is not True
        if nothing_lost:
            return list(session.scalars(due.order_by(Job.created_at, Job.id)))
    with database.write() as session:
        # A row that a worker holds right now is not lost: its lease is being renewed.
        for job in session.scalars(lost.with_for_update(skip_locked=True)):
            if job.cancel_requested:
                _finish(session, job, JobState.CANCELLED, now)
            else:
                job.error = _lost_sentence(job)
                job.state = JobState.QUEUED.value
                job.lease_owner = job.lease_until = None
        session.flush()
        return list(session.scalars(due.order_by(Job.created_at, Job.id)))


def acquire_lease(
    database: Database, name: str, owner: str, seconds: float, *, clock: Clock = utc_now
) -> bool:
    """Take or renew the right `name` for `owner`; False while somebody else holds it."""
    with database.write() as session:
        now = clock()
        until = now + timedelta(seconds=seconds)
        row = {"name": name, "owner": owner, "until": until}
        upsert(session, Lease, [row], key=["name"])
        lease = session.get_one(Lease, name, with_for_update=True)
        if lease.owner != owner and lease.until > now:
            return False
        lease.owner, lease.until = owner, until
        return True


def _is_free(job: Job, now: datetime) -> bool:
    if job.state == JobState.QUEUED:
        return job.not_before is None or job.not_before <= now
    return job.state == JobState.RUNNING and job.lease_until is not None and job.lease_until < now


def _lost_sentence(job: Job) -> str:
    return (
        f"Attempt {job.attempt} by {job.lease_owner} stopped giving signs of life: "
        "its process was killed, or it hung."
    )


def _give_up(session: Session, job: Job, now: datetime) -> None:
    job.error = f"Gave up after {job.attempt} attempts. The last error: {job.error}"
    _finish(session, job, JobState.FAILED, now)


def _finish(session: Session, job: Job, state: JobState, now: datetime) -> None:
    job.state = state.value
    job.finished_at = now
    job.lease_owner = job.lease_until = job.not_before = None
    if job.kind == HARVEST_JOB and state is not JobState.SUCCEEDED:
        end_harvest(session, job, now, cancelled=state is JobState.CANCELLED)
