from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from redis import Redis
from sqlalchemy import text

from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Queue
from iiif_dedup.store.models import Job, Lease
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
