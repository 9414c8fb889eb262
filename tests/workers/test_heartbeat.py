"""The heartbeat in this process, against a real database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iiif_dedup.errors import JobCancelledError, LeaseLostError
from iiif_dedup.store import jobs
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim, Queue
from iiif_dedup.store.migrate import migrate
from iiif_dedup.store.models import Job
from workers.heartbeat import Heartbeat
from workers.interruption import Interruption

LEASE_S = 0.3


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{tmp_path / 'test.sqlite3'}") as database:
        migrate(database)
        yield database


@pytest.fixture
def claim(database: Database) -> Claim:
    with database.write() as session:
        job = jobs.enqueue(session, "any", {}, queue=Queue.BATCH)
    claim = jobs.claim(database, job.id, owner="test", lease_s=LEASE_S, max_attempts=3)
    assert claim is not None
    return claim


def test_the_lease_lives_as_long_as_the_block(claim: Claim, database: Database) -> None:
    interruption = Interruption()
    with interruption, Heartbeat(claim, interruption):
        time.sleep(3 * LEASE_S)
        assert jobs.overdue(database, utc_now()) == []
    time.sleep(2 * LEASE_S)
    assert jobs.overdue(database, utc_now()) == [claim.job_id]


def test_a_lost_lease_ends_the_block(claim: Claim, database: Database) -> None:
    interruption = Interruption()
    with database.write() as session:
        session.get_one(Job, claim.job_id).attempt += 1
    with pytest.raises(LeaseLostError), interruption, Heartbeat(claim, interruption):
        time.sleep(10)


def test_a_cancelled_job_ends_the_block(claim: Claim, database: Database) -> None:
    interruption = Interruption()
    with database.write() as session:
        jobs.request_cancel(session, claim.job_id)
    with pytest.raises(JobCancelledError), interruption, Heartbeat(claim, interruption):
        time.sleep(10)


def test_a_job_that_has_just_succeeded_is_not_called_lost(claim: Claim) -> None:
    interruption = Interruption()
    with interruption, Heartbeat(claim, interruption):
        with claim.write() as session:
            claim.succeed(session, {})
        time.sleep(2 * LEASE_S)


def test_an_interruption_waits_for_the_next_block() -> None:
    interruption = Interruption()
    interruption.interrupt(ValueError("stop"))
    with pytest.raises(ValueError, match="stop"), interruption:
        pytest.fail("the block must not begin")
    with interruption:
        pass
