from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from iiif_dedup.errors import JobCancelledError, LeaseLostError
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim, JobState, Queue
from iiif_dedup.store.models import Counter, Job
from tests.store.examples import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def queued(database: Database, clock: FakeClock, key: str | None = None) -> str:
    with database.write() as session:
        return jobs.enqueue(
            session, "work", {"n": 1}, queue=Queue.BATCH, dedupe_key=key, clock=clock
        ).id


def take(database: Database, job_id: str, clock: FakeClock, owner: str = "me") -> Claim | None:
    return jobs.claim(database, job_id, owner=owner, lease_s=30, max_attempts=3, clock=clock)


def taken(database: Database, job_id: str, clock: FakeClock) -> Claim:
    claim = take(database, job_id, clock)
    assert claim is not None
    return claim


def row(database: Database, job_id: str) -> Job:
    with database.read() as session:
        job = jobs.get(session, job_id)
        assert job is not None
        return job


def test_a_job_is_taken_worked_on_and_ended(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock)
    claim = taken(database, job_id, clock)
    assert (claim.attempt, claim.kind, claim.arguments) == (1, "work", {"n": 1})
    with claim.write() as session:
        claim.progress(session, 1, 2, "half\x00 way")
    assert (row(database, job_id).progress_done, row(database, job_id).progress_total) == (1, 2)
    assert row(database, job_id).progress_text == "half way"
    with claim.write() as session:
        claim.progress(session, 2, 2, "all")
        claim.succeed(session, {"found": 3})
    job = row(database, job_id)
    assert (job.state, job.result, job.progress_done) == ("succeeded", {"found": 3}, 2)
    assert job.lease_owner is None
    assert job.finished_at == clock.now


def test_a_job_belongs_to_the_transaction_that_enqueues_it(
    database: Database, clock: FakeClock
) -> None:
    with suppress(KeyError), database.write() as session:
        jobs.enqueue(session, "work", {}, queue=Queue.BATCH, clock=clock)
        raise KeyError
    assert jobs.overdue(database, clock.now) == []


def test_one_active_job_for_a_key(database: Database, clock: FakeClock) -> None:
    first = queued(database, clock, "key")
    assert queued(database, clock, "key") == first
    assert queued(database, clock, "other") != first
    assert queued(database, clock) != queued(database, clock)
    claim = taken(database, first, clock)
    assert queued(database, clock, "key") == first
    with claim.write() as session:
        claim.succeed(session, {})
    assert queued(database, clock, "key") != first


def test_many_who_enqueue_at_once_get_one_job(database: Database, clock: FakeClock) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = {pool.submit(queued, database, clock, "key") for _ in range(24)}
        assert len({future.result() for future in found}) == 1


def test_who_enqueues_while_the_job_ends_gets_a_new_one(
    database: Database, clock: FakeClock
) -> None:
    """Else rows could be committed behind the last look of a job that is thought to see them."""
    first = queued(database, clock, "key")
    claim = taken(database, first, clock)
    with ThreadPoolExecutor(1) as pool:
        with claim.write() as session:
            claim.succeed(session, {})
            session.flush()
            later = pool.submit(queued, database, clock, "key")
            time.sleep(0.2)
            assert not later.done()
        assert later.result() != first


def test_of_eight_claimers_one_wins(database: Database, clock: FakeClock) -> None:
    for _ in range(5):
        job_id = queued(database, clock)
        barrier = threading.Barrier(8)

        def contend(
            name: str, job_id: str = job_id, barrier: threading.Barrier = barrier
        ) -> Claim | None:
            barrier.wait()
            return take(database, job_id, clock, name)

        with ThreadPoolExecutor(8) as pool:
            claims = [c for c in pool.map(contend, "abcdefgh") if c is not None]
        assert [claim.attempt for claim in claims] == [1]


def test_of_eight_who_take_over_one_wins(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock)
    paused = taken(database, job_id, clock)
    clock.advance(31)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda name: take(database, job_id, clock, name), "abcdefgh"))
    assert [claim.attempt for claim in claims if claim is not None] == [2]
    with pytest.raises(LeaseLostError):
        paused.renew()


def test_nothing_of_a_late_worker_is_written(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock)
    late = taken(database, job_id, clock)
    clock.advance(31)
    taken(database, job_id, clock)
    with pytest.raises(LeaseLostError, match="Attempt 1 no longer owns"), late.write() as session:
        session.add(Counter(name="late", value=1))
    for end in (late.cancelled, lambda: late.fail("x"), lambda: late.fail("x", retry_in_s=0)):
        with pytest.raises(LeaseLostError):
            end()
    with pytest.raises(LeaseLostError), database.write() as session:
        late.succeed(session, {})
    assert row(database, job_id).attempt == 2
    with database.read() as session:
        assert session.get(Counter, "late") is None


def test_an_expired_lease_that_nobody_took_may_be_renewed(
    database: Database, clock: FakeClock
) -> None:
    claim = taken(database, queued(database, clock), clock)
    clock.advance(31)
    claim.renew()
    assert jobs.overdue(database, clock.now) == []
    assert take(database, claim.job_id, clock) is None


def test_a_write_that_is_under_way_cannot_be_taken_over(
    database: Database, clock: FakeClock
) -> None:
    claim = taken(database, queued(database, clock), clock)
    clock.advance(31)
    with ThreadPoolExecutor(1) as pool:
        with claim.write() as session:
            session.add(Counter(name="mine", value=1))
            session.flush()
            other = pool.submit(take, database, claim.job_id, clock)
            time.sleep(0.2)
            assert not other.done()
        assert other.result() is None


def test_a_lost_job_is_queued_again(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock)
    taken(database, job_id, clock)
    assert jobs.overdue(database, clock.now) == []
    clock.advance(31)
    assert jobs.overdue(database, clock.now) == [job_id]
    assert row(database, job_id).state == JobState.QUEUED
    assert taken(database, job_id, clock).attempt == 2


def test_due_jobs_are_woken_oldest_first(database: Database, clock: FakeClock) -> None:
    first = queued(database, clock)
    clock.advance(1)
    second = queued(database, clock)
    assert jobs.overdue(database, clock.now) == [first, second]
    taken(database, first, clock).fail("not now", retry_in_s=10)
    assert jobs.overdue(database, clock.now) == [second]
    assert take(database, first, clock) is None
    clock.advance(10)
    assert jobs.overdue(database, clock.now) == [first, second]


def test_a_killer_of_workers_is_given_up(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock)
    for _ in range(3):
        taken(database, job_id, clock)
        clock.advance(31)
        assert jobs.overdue(database, clock.now) == [job_id]
    assert take(database, job_id, clock) is None
    job = row(database, job_id)
    assert job.state == JobState.FAILED
    assert job.error == (
        "Gave up after 3 attempts. The last error: Attempt 3 by me stopped giving signs of life: "
        "its process was killed, or it hung."
    )
    assert jobs.overdue(database, clock.now) == []


def test_a_job_that_makes_progress_survives_any_number_of_restarts(
    database: Database, clock: FakeClock
) -> None:
    job_id = queued(database, clock)
    for done in range(1, 11):
        claim = taken(database, job_id, clock)
        with claim.write() as session:
            claim.progress(session, done, 10, "")
        clock.advance(31)
        assert jobs.overdue(database, clock.now) == [job_id]
    assert taken(database, job_id, clock).attempt == 11


def test_a_job_that_fails_is_tried_again_until_its_attempts_are_used_up(
    database: Database, clock: FakeClock
) -> None:
    job_id = queued(database, clock)
    assert taken(database, job_id, clock).fail("down", retry_in_s=0) is JobState.QUEUED
    assert row(database, job_id).error == "down"
    assert taken(database, job_id, clock).fail("down", retry_in_s=0) is JobState.QUEUED
    assert taken(database, job_id, clock).fail("gone", retry_in_s=0) is JobState.FAILED
    assert row(database, job_id).error == "Gave up after 3 attempts. The last error: gone"


def test_an_error_that_a_repeat_would_meet_again_ends_the_job(
    database: Database, clock: FakeClock
) -> None:
    job_id = queued(database, clock)
    assert taken(database, job_id, clock).fail("no such source") is JobState.FAILED
    assert row(database, job_id).error == "no such source"
    assert take(database, job_id, clock) is None


def test_success_after_a_retry_shows_no_error(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock)
    taken(database, job_id, clock).fail("down", retry_in_s=0)
    claim = taken(database, job_id, clock)
    with claim.write() as session:
        claim.succeed(session, {})
    assert row(database, job_id).error is None


def test_a_queued_job_is_cancelled_at_once(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock, "key")
    with database.write() as session:
        job = jobs.request_cancel(session, job_id, clock=clock)
        assert job is not None
        assert job.state == JobState.CANCELLED
        assert jobs.request_cancel(session, "none", clock=clock) is None
    assert take(database, job_id, clock) is None
    assert queued(database, clock, "key") != job_id


def test_a_running_job_stops_at_its_next_write(database: Database, clock: FakeClock) -> None:
    job_id = queued(database, clock)
    claim = taken(database, job_id, clock)
    with database.write() as session:
        jobs.request_cancel(session, job_id, clock=clock)
    assert row(database, job_id).state == JobState.RUNNING
    with pytest.raises(JobCancelledError), claim.write():
        pytest.fail("nothing may be written")
    claim.cancelled()
    assert row(database, job_id).state == JobState.CANCELLED


def test_a_cancelled_job_is_not_tried_again(database: Database, clock: FakeClock) -> None:
    failing, lost, left = (queued(database, clock) for _ in range(3))
    claims = [taken(database, job_id, clock) for job_id in (failing, lost, left)]
    with database.write() as session:
        for claim in claims:
            jobs.request_cancel(session, claim.job_id, clock=clock)
    assert claims[0].fail("down", retry_in_s=0) is JobState.CANCELLED
    clock.advance(31)
    assert take(database, left, clock) is None
    assert row(database, left).state == JobState.CANCELLED
    assert jobs.overdue(database, clock.now) == []
    assert row(database, lost).state == JobState.CANCELLED


def test_what_has_ended_stays_as_it_is(database: Database, clock: FakeClock) -> None:
    claim = taken(database, queued(database, clock), clock)
    with claim.write() as session:
        claim.succeed(session, {})
    with database.write() as session:
        jobs.request_cancel(session, claim.job_id, clock=clock)
    with pytest.raises(LeaseLostError):
        claim.fail("too late")
    assert row(database, claim.job_id).state == JobState.SUCCEEDED


def test_unknown_jobs_are_not_to_be_had(database: Database, clock: FakeClock) -> None:
    assert take(database, "none", clock) is None


def test_lists_and_counts(database: Database, clock: FakeClock) -> None:
    with database.write() as session:
        for number in range(5):
            clock.advance(1)
            kind = "odd" if number % 2 else "even"
            jobs.enqueue(session, kind, {"n": number}, queue=Queue.INTERACTIVE, clock=clock)
    taken(database, queued(database, clock), clock)
    with database.read() as session:
        assert jobs.count_queued(session, Queue.INTERACTIVE) == 5
        assert jobs.count_queued(session, Queue.BATCH) == 0
        first = jobs.list_jobs(session, kind="even", limit=2)
        assert [job.arguments["n"] for job in first.items] == [4, 2]
        second = jobs.list_jobs(session, kind="even", limit=2, cursor=first.next)
        assert [job.arguments["n"] for job in second.items] == [0]
        assert second.next is None
        assert len(jobs.list_jobs(session, state=JobState.RUNNING).items) == 1


def test_a_lease_has_one_holder(database: Database, clock: FakeClock) -> None:
    def acquire(owner: str) -> bool:
        return jobs.acquire_lease(database, "scheduler", owner, 10, clock=clock)

    assert acquire("a")
    assert not acquire("b")
    clock.advance(9)
    assert acquire("a")
    clock.advance(9)
    assert not acquire("b")
    clock.advance(1)
    assert acquire("b")
    assert not acquire("a")


def test_of_many_who_ask_for_a_lease_one_gets_it(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: jobs.acquire_lease(database, "x", str(n), 10), range(16)))
    assert sum(got) == 1
