"""Jobs of all kinds of conduct, in real worker processes, woken through a real Redis."""

from __future__ import annotations

import signal

import pytest
from redis import Redis

from iiif_dedup.settings import Settings
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import JobState, Queue
from iiif_dedup.store.models import Job
from tests.workers.processes import noted, read_job, running_worker, wait_for_job, wait_until
from workers.jobs import run
from workers.queues import rq_queue, waiting_job_ids, wake
from workers.scheduler import Scheduler

on_one_machine = pytest.mark.parametrize("settings", ["one_machine"], indirect=True)
"""For what depends neither on the database nor on the Redis; it saves half of the time."""


@pytest.fixture
def scheduler(database: Database, redis: Redis) -> Scheduler:
    return Scheduler(database, redis, "test")


def submit(database: Database, redis: Redis, kind: str) -> Job:
    with database.write() as session:
        job = jobs.enqueue(session, kind, {}, queue=Queue.BATCH)
    assert wake(redis, job)
    return job


def quick(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"job_lease_s": 1.5, **values})


def test_a_job_is_done_once_however_often_it_is_woken(
    settings: Settings, database: Database, redis: Redis
) -> None:
    job = submit(database, redis, "good")
    assert wake(redis, job)
    assert rq_queue(redis, Queue.BATCH).count == 1
    # Even a second message, which a race could leave, finds the job taken.
    redis.rpush(rq_queue(redis, Queue.BATCH).key, f"{job.id}-0")
    with running_worker(settings):
        done = wait_for_job(database, job.id)
        wait_until(lambda: not waiting_job_ids(redis))
    assert (done.state, done.attempt, done.result) == (JobState.SUCCEEDED, 1, {"attempt": 1})


@on_one_machine
def test_a_poison_job_stops_after_its_attempts_and_keeps_its_error(
    settings: Settings, database: Database, redis: Redis, scheduler: Scheduler
) -> None:
    job = submit(database, redis, "poison")
    with running_worker(quick(settings, job_attempts=2)):
        wait_until(lambda: read_job(database, job.id).error)
        assert read_job(database, job.id).state == JobState.QUEUED
        wait_until(scheduler.sweep)
        done = wait_for_job(database, job.id)
        # The worker lives on.
        assert wait_for_job(database, submit(database, redis, "good").id).result
    assert (done.state, done.attempt) == (JobState.FAILED, 2)
    assert done.error == (
        "Gave up after 2 attempts. The last error: ValueError: this job cannot be done"
    )


@on_one_machine
def test_an_unknown_kind_fails_at_once(
    settings: Settings, database: Database, redis: Redis
) -> None:
    job = submit(database, redis, "fortune_telling")
    with running_worker(settings):
        done = wait_for_job(database, job.id)
    assert (done.state, done.attempt) == (JobState.FAILED, 1)
    assert done.error is not None
    assert done.error.startswith("Unknown kind of job 'fortune_telling'.")


@on_one_machine
def test_a_job_that_hangs_ends_at_its_time_out(
    settings: Settings, database: Database, redis: Redis
) -> None:
    job = submit(database, redis, "hang")
    with running_worker(quick(settings, job_timeout_s=1, job_attempts=1)):
        done = wait_for_job(database, job.id)
    assert done.state == JobState.FAILED
    assert done.error is not None
    assert "exceeded maximum timeout value (1 seconds)" in done.error


@on_one_machine
def test_a_running_job_is_cancelled_midway(
    settings: Settings, database: Database, redis: Redis
) -> None:
    job = submit(database, redis, "hang")
    with running_worker(quick(settings)):
        wait_until(lambda: noted(database, "hangs"))
        with database.write() as session:
            jobs.request_cancel(session, job.id)
        done = wait_for_job(database, job.id, timeout_s=5)
        assert wait_for_job(database, submit(database, redis, "good").id).result
    assert (done.state, done.attempt) == (JobState.CANCELLED, 1)


def test_a_paused_worker_cannot_write_late(
    settings: Settings, database: Database, redis: Redis, scheduler: Scheduler
) -> None:
    job = submit(database, redis, "hang_first")
    with running_worker(quick(settings)) as paused:
        wait_until(lambda: noted(database, "hangs"))
        paused.send_signal(signal.SIGSTOP)
        wait_until(scheduler.sweep)  # its lease has run out
        with running_worker(quick(settings)):
            done = wait_for_job(database, job.id)
        assert (done.state, done.attempt, done.result) == (JobState.SUCCEEDED, 2, {"attempt": 2})
        paused.send_signal(signal.SIGCONT)
        # It finds out by itself, and is good for other jobs.
        assert wait_for_job(database, submit(database, redis, "good").id).result
    assert noted(database, "late") is None
    assert read_job(database, job.id).result == {"attempt": 2}


@on_one_machine
def test_a_stopped_worker_gives_its_job_back_at_once(
    settings: Settings, database: Database, redis: Redis, scheduler: Scheduler
) -> None:
    job = submit(database, redis, "hang")
    with running_worker(settings) as worker:  # with a lease of half a minute
        wait_until(lambda: noted(database, "hangs"))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(5) == 0
    given_back = read_job(database, job.id)
    assert given_back.state == JobState.QUEUED
    assert given_back.lease_owner is None
    assert scheduler.sweep() == 1


@on_one_machine
def test_an_idle_worker_stops_at_once(settings: Settings, database: Database, redis: Redis) -> None:
    with running_worker(settings) as worker:
        assert wait_for_job(database, submit(database, redis, "good").id).result
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(5) == 0


def test_a_killed_worker_loses_no_job(
    settings: Settings, database: Database, redis: Redis, scheduler: Scheduler
) -> None:
    job = submit(database, redis, "hang_first")
    with running_worker(quick(settings)) as worker:
        wait_until(lambda: noted(database, "hangs"))
        worker.kill()
    with running_worker(quick(settings)):
        wait_until(scheduler.sweep)
        assert wait_for_job(database, job.id).result == {"attempt": 2}


def test_run_needs_a_workplace() -> None:
    with pytest.raises(RuntimeError, match="open_for_work"):
        run("any")
