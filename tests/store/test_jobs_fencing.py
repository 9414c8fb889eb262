"""Any order of claiming, pausing, renewing, failing and sweeping, against a model of it.

Preconditions keep most orders away from early ends, so that jobs live to be taken over.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete

from iiif_dedup.errors import JobCancelledError, LeaseLostError
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim, JobState, Queue
from iiif_dedup.store.models import Counter, Job
from tests.store.examples import FakeClock

LEASE_S = 10
ATTEMPTS = 3


class OneJob(RuleBasedStateMachine):
    """One job, every claim that was ever given for it, and what must hold."""

    database: Database

    @initialize()
    def begin(self) -> None:
        with self.database.write() as session:
            session.execute(delete(Job))
            session.execute(delete(Counter))
            session.add(Counter(name="writer", value=0))
        self.clock = FakeClock()
        self.claims: list[Claim] = []
        self.state = JobState.QUEUED
        self.cancel = False
        self.lease_until = self.not_before = self.clock.now
        self.writer = 0
        self.job_id = self._enqueue()

    def _enqueue(self) -> str:
        with self.database.write() as session:
            return jobs.enqueue(
                session, "work", {}, queue=Queue.BATCH, dedupe_key="key", clock=self.clock
            ).id

    def _owns(self, claim: Claim) -> bool:
        return self.state == JobState.RUNNING and claim.attempt == len(self.claims)

    def _some(self, pick: int) -> list[Claim]:
        """Return one of the claims, however old, or none before the first."""
        return [self.claims[pick % len(self.claims)]] if self.claims else []

    @rule(seconds=st.sampled_from([1, 9, LEASE_S + 1]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def claim(self) -> None:
        claim = jobs.claim(
            self.database,
            self.job_id,
            owner="w",
            lease_s=LEASE_S,
            max_attempts=ATTEMPTS,
            clock=self.clock,
        )
        now = self.clock.now
        queued = self.state == JobState.QUEUED and self.not_before <= now
        lost = self.state == JobState.RUNNING and self.lease_until < now
        if not (queued or lost):
            assert claim is None
        elif self.cancel:
            assert claim is None
            self.state = JobState.CANCELLED
        elif len(self.claims) == ATTEMPTS:
            assert claim is None
            self.state = JobState.FAILED
        else:
            assert claim is not None
            self.claims.append(claim)
            assert claim.attempt == len(self.claims)
            self.state, self.lease_until = JobState.RUNNING, claim_end(self.clock)

    @precondition(lambda self: self.state == JobState.RUNNING)
    @rule()
    def take_over(self) -> None:
        self.time_passes(LEASE_S + 1)
        self.claim()

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, ATTEMPTS - 1))
    def write(self, pick: int) -> None:
        """Whoever has ever had the job tries to write; only its owner can."""
        for claim in self._some(pick):
            try:
                with claim.write() as session:
                    session.get_one(Counter, "writer").value = claim.attempt
            except LeaseLostError:
                assert not self._owns(claim)
            except JobCancelledError:
                assert self._owns(claim)
                assert self.cancel
            else:
                assert self._owns(claim)
                assert not self.cancel
                self.writer, self.lease_until = claim.attempt, claim_end(self.clock)

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, ATTEMPTS - 1), retry_in_s=st.sampled_from([0, 5, None]))
    def fail(self, pick: int, retry_in_s: int | None) -> None:
        for claim in self._some(pick):
            try:
                state = claim.fail("no", retry_in_s=retry_in_s)
            except LeaseLostError:
                assert not self._owns(claim)
                continue
            assert self._owns(claim)
            if self.cancel:
                self.state = JobState.CANCELLED
            elif retry_in_s is None or len(self.claims) == ATTEMPTS:
                self.state = JobState.FAILED
            else:
                self.state = JobState.QUEUED
                self.not_before = later(self.clock, retry_in_s)
            assert state is self.state

    @precondition(lambda self: len(self.claims) > 1)
    @rule(pick=st.integers(0, ATTEMPTS - 1))
    def succeed(self, pick: int) -> None:
        for claim in self._some(pick):
            try:
                with claim.write() as session:
                    claim.succeed(session, {"attempt": claim.attempt})
            except (LeaseLostError, JobCancelledError):
                assert self.cancel or not self._owns(claim)
            else:
                assert self._owns(claim)
                self.state = JobState.SUCCEEDED

    @precondition(lambda self: len(self.claims) > 1)
    @rule()
    def cancel_job(self) -> None:
        with self.database.write() as session:
            jobs.request_cancel(session, self.job_id, clock=self.clock)
        if self.state == JobState.QUEUED:
            self.state = JobState.CANCELLED
        elif self.state == JobState.RUNNING:
            self.cancel = True

    @rule()
    def sweep(self) -> None:
        due = jobs.overdue(self.database, self.clock.now)
        if self.state == JobState.RUNNING and self.lease_until < self.clock.now:
            self.state = JobState.CANCELLED if self.cancel else JobState.QUEUED
            self.not_before = self.clock.now
        is_due = self.state == JobState.QUEUED and self.not_before <= self.clock.now
        assert due == ([self.job_id] if is_due else [])

    @rule()
    def enqueue_again(self) -> None:
        again = self._enqueue()
        if self.state in {JobState.QUEUED, JobState.RUNNING}:
            assert again == self.job_id
            return
        assert again != self.job_id
        with self.database.write() as session:
            session.execute(delete(Job).where(Job.id == again))

    @invariant()
    def the_row_is_as_in_the_model(self) -> None:
        with self.database.read() as session:
            job = session.get_one(Job, self.job_id)
            assert job.state == self.state
            assert job.attempt == len(self.claims)
            assert session.get_one(Counter, "writer").value == self.writer
            assert (job.lease_until is None) == (self.state != JobState.RUNNING)


def claim_end(clock: FakeClock) -> Any:
    return later(clock, LEASE_S)


def later(clock: FakeClock, seconds: float) -> Any:
    moved = FakeClock(clock.now)
    moved.advance(seconds)
    return moved.now


def test_a_claim_that_was_taken_over_never_writes(database: Database) -> None:
    class OnThisDatabase(OneJob):
        pass

    OnThisDatabase.database = database
    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=80,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
