from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis
from sqlalchemy import text

from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store import jobs, schedules, sources
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Queue
from iiif_dedup.store.models import Job, Lease
from tests.store.examples import FakeClock, add_source
from tests.workers.processes import running_worker, wait_for_job, wait_until
from workers.queues import connect, waiting_job_ids, wake
from workers.scheduler import Scheduler
from workers.supervisor import environment


def submit(database: Database, kind: str = "good") -> Job:
    with database.write() as session:
        return jobs.enqueue(session, kind, {}, queue=Queue.BATCH)


def test_what_redis_forgot_is_woken_again(
    settings: Settings, database: Database, redis: Redis
) -> None:
    job = submit(database)
    assert wake(redis, job)
    scheduler = Scheduler(database, redis, "test")
    assert scheduler.sweep() == 0  # its message is still there
    redis.flushall()
    assert scheduler.sweep() == 1
    assert waiting_job_ids(redis) == {job.id}
    assert scheduler.sweep() == 0


@pytest.mark.parametrize("kind", ["good", "forgotten"])
def test_a_flush_under_a_worker_does_no_harm(
    settings: Settings, database: Database, redis: Redis, kind: str
) -> None:
    scheduler = Scheduler(database, redis, "test")
    with running_worker(settings):
        first = submit(database, kind)
        wake(redis, first)
        wait_for_job(database, first.id)
        redis.flushall()
        second = submit(database)
        assert scheduler.sweep() == 1
        wait_for_job(database, second.id)


def test_a_lost_wake_up_is_said_and_no_error(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = load_settings({}, redis_url="redis://127.0.0.1:1/0")
    with connect(nowhere) as dead:
        assert not wake(dead, submit(database))
    assert [record.message for record in caplog.records] == ["wake_up_lost"]


def test_one_of_two_leads(settings: Settings, database: Database, redis: Redis) -> None:
    submit(database)
    first, second = Scheduler(database, redis, "first"), Scheduler(database, redis, "second")
    assert first.sweep() == 1
    redis.flushall()
    assert second.sweep() == 0
    with database.write() as session:
        session.execute(text("UPDATE lease SET until = '2001-01-01'"))
    assert second.sweep() == 1
    redis.flushall()
    assert first.sweep() == 0


def test_a_lost_connection_is_survived(
    settings: Settings,
    database: Database,
    redis: Redis,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The table is away for two sweeps, as a database is that restarts."""
    stop = threading.Event()
    thread = threading.Thread(target=Scheduler(database, redis, "test").run, args=[stop])
    with database.write() as session:
        session.execute(text("ALTER TABLE job RENAME TO away"))
    thread.start()
    try:
        wait_until(lambda: "sweep_failed" in caplog.messages)
        with database.write() as session:
            session.execute(text("ALTER TABLE away RENAME TO job"))
        submit(database)
        wait_until(lambda: waiting_job_ids(redis))
    finally:
        stop.set()
        thread.join()


def planned(database: Database, schedule: str | None, next_run_at: datetime | None) -> None:
    with database.write() as session:
        add_source(session)
        schedules.plan(
            session,
            "athens",
            schedule=schedule,
            time_zone="Europe/Athens",
            next_run_at=next_run_at,
        )


def harvest_jobs(database: Database) -> list[Job]:
    with database.read() as session:
        return list(jobs.list_jobs(session, kind="harvest").items)


def next_run_of(database: Database) -> datetime | None:
    with database.read() as session:
        return sources.get_one(session, "athens").next_run_at


def test_a_harvest_is_queued_when_it_is_due(
    settings: Settings, database: Database, redis: Redis
) -> None:
    clock = FakeClock(datetime(2026, 3, 1, 1, 0, tzinfo=UTC))
    planned(database, "30 3 * * *", datetime(2026, 3, 1, 1, 30, tzinfo=UTC))
    scheduler = Scheduler(database, redis, "test", clock)
    assert scheduler.sweep() == 0
    clock.advance(1800)
    assert scheduler.sweep() == 1
    (job,) = harvest_jobs(database)
    assert job.arguments["source"] == "athens"
    assert next_run_of(database) == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    assert waiting_job_ids(redis) == {job.id}


def test_what_was_missed_is_caught_up_once_and_one_that_goes_on_is_left_alone(
    settings: Settings,
    database: Database,
    redis: Redis,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    clock = FakeClock(datetime(2026, 3, 9, 12, tzinfo=UTC))
    planned(database, "30 3 * * *", datetime(2026, 3, 1, 1, 30, tzinfo=UTC))
    scheduler = Scheduler(database, redis, "test", clock)
    scheduler.sweep()
    scheduler.sweep()
    (first,) = harvest_jobs(database)
    assert next_run_of(database) == datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
    assert "harvest_due" in caplog.messages
    clock.advance(86400)
    scheduler.sweep()
    assert [job.id for job in harvest_jobs(database)] == [first.id]
    assert next_run_of(database) == datetime(2026, 3, 11, 1, 30, tzinfo=UTC)
    assert "harvest_still_going_on" in caplog.messages
    with database.write() as session:
        jobs.request_cancel(session, first.id)
    clock.advance(86400)
    scheduler.sweep()
    assert len(harvest_jobs(database)) == 2


def test_sources_that_are_not_harvested_by_themselves(
    settings: Settings, database: Database, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime(2026, 3, 9, 12, tzinfo=UTC)
    scheduler = Scheduler(database, redis, "test", FakeClock(now))
    planned(database, None, None)
    scheduler.sweep()
    with database.write() as session:
        schedules.plan(session, "athens", schedule="0 3 * * *", time_zone="UTC", next_run_at=now)
        sources.update(session, "athens", enabled=False)
    scheduler.sweep()
    assert harvest_jobs(database) == []
    with database.write() as session:
        sources.update(session, "athens", enabled=True)
        schedules.plan(
            session, "athens", schedule="0 3 * * *", time_zone="Atlantis", next_run_at=now
        )
    scheduler.sweep()
    assert len(harvest_jobs(database)) == 1
    assert "schedule_unusable" in caplog.messages
    assert next_run_of(database) is None


@pytest.fixture
def process(settings: Settings, database: Database) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.scheduler"], env=os.environ | environment(settings)
    )
    yield process
    process.kill()
    process.wait()


def test_the_process_sweeps_until_it_is_told_to_stop(
    process: subprocess.Popen[bytes], database: Database, redis: Redis
) -> None:
    job = submit(database)
    wait_until(lambda: job.id in waiting_job_ids(redis))
    with database.read() as session:
        lease = session.get(Lease, "scheduler")
        assert lease is not None
        assert f":{process.pid}:" in lease.owner
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
