"""`kill -9` of workers and of the whole service, at seeded moments of every step.

The same work is done twice: once in peace, once with more than twenty kills. Every row must be
the same afterwards, but for times, durations and the ids of jobs.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store import jobs, models, sources, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.jobs import JobState
from iiif_dedup.store.migrate import migrate
from iiif_dedup.store.models import Base, Job, UtcDateTime
from tests.flows.small_partner import COLLECTIONS, SmallPartner
from tests.workers.one_machine import OneMachine
from tests.workers.ports import free_port
from tests.workers.processes import FINAL, wait_until

pytestmark = pytest.mark.kill

SERVE = [sys.executable, "-m", "flask", "--app", "api", "serve"]
SEED = 20
SEARCHED = {"n1": "paper", "h1": "paper", "a4": "collection"}
"""Records and the recipes that they are searched by."""
KILLS = {work.Kind.HARVEST: 2, work.Kind.PROCESS_IMAGES: 2, work.Kind.SEARCH: 5}
"""Kills for every job of a kind; some come when it is over, and do not count."""
TABLES: tuple[type[Base], ...] = (
    models.Source,
    models.Harvest,
    models.HarvestFailure,
    models.Record,
    models.Image,
    models.ImageVersion,
    models.Tile,
    models.Descriptor,
    models.SearchRun,
    models.Candidate,
)
WAIT_S = 120
"""Enough for one start of everything on a machine that is busy with other things."""
MAY_DIFFER = {"job_id", "timings"}
TRAFFIC = {"requests", "bytes"}
"""Counts of a harvest that differ likewise."""
NORM_TOLERANCE = 1e-4


@dataclass
class Site:
    """One data folder, and whoever serves it at the moment."""

    settings: Settings
    database: Database
    machine: OneMachine | None = None
    durations: dict[str, float] = field(default_factory=dict)

    def serve(self) -> None:
        self.machine = OneMachine(self.settings, SERVE)

    def close(self) -> None:
        if self.machine is not None:
            self.machine.close()
        self.database.close()


Enqueue = Callable[[Session], Job]
Disturb = Callable[[Site, str, str], None]
"""Gets the site, the id of a job that was just queued, and its kind."""


def in_peace(site: Site, job_id: str, kind: str) -> None:
    pass


class Killer:
    """Kills the process that does a job, or the whole service, while the job runs."""

    def __init__(self, durations: dict[str, float]) -> None:
        self.hits: Counter[str] = Counter()
        self._durations = durations
        self._random = random.Random(SEED)
        self._aimed = 0

    def __call__(self, site: Site, job_id: str, kind: str) -> None:
        for _ in range(KILLS[work.Kind(kind)]):
            job = wait_until(lambda: _started(site.database, job_id), timeout_s=WAIT_S)
            if job.state in FINAL:
                return
            time.sleep(self._random.uniform(0.0, 0.5) * self._durations[kind])
            self._kill(site, job)
            wait_until(partial(_over, site.database, job_id, job.attempt), timeout_s=WAIT_S)

    def _kill(self, site: Site, job: Job) -> None:
        self._aimed += 1
        whole = self._aimed % 6 == 0
        assert site.machine is not None
        worker = int(str(job.lease_owner).split(":")[1])
        os.kill(site.machine.process.pid if whole else worker, signal.SIGKILL)
        if _read(site.database, job.id).state == JobState.RUNNING:
            self.hits["service" if whole else "worker"] += 1
            self.hits[job.kind] += 1
        if whole:
            site.machine.close()
            site.serve()


@pytest.fixture(scope="module")
def partner() -> Iterator[SmallPartner]:
    with SmallPartner() as partner:
        yield partner


def test_kills_change_no_row(partner: SmallPartner, tmp_path: Path) -> None:
    quiet, killed = _site(tmp_path / "quiet"), _site(tmp_path / "killed")
    try:
        _do_everything(quiet, partner, in_peace)
        killer = Killer(quiet.durations)
        _do_everything(killed, partner, killer)
        assert sum(killer.hits[kind] for kind in work.Kind) >= 20, killer.hits
        assert killer.hits[work.Kind.SEARCH] >= 8, killer.hits
        assert killer.hits[work.Kind.HARVEST] + killer.hits[work.Kind.PROCESS_IMAGES] >= 8
        assert killer.hits["service"] >= 3, killer.hits
        for model in TABLES:
            expected, found = _rows(quiet.database, model), _rows(killed.database, model)
            assert expected, f"{model.__tablename__} is empty: nothing was compared"
            assert found.keys() == expected.keys(), model.__tablename__
            for key, row in expected.items():
                assert found[key] == row, (model.__tablename__, key)
        assert _ranking(killed.database) == _ranking(quiet.database)
    finally:
        quiet.close()
        killed.close()


def _site(folder: Path) -> Site:
    folder.mkdir()
    settings = load_settings(
        {},
        data_dir=folder,
        port=free_port(),
        # Two, so that one goes on while the other is started again.
        batch_workers=2,
        torch_threads=1,
        # Workers start more than twenty times; this descriptor loads no network.
        descriptors="colour",
        job_lease_s=1.0,
        job_attempts=100,
    )
    database = Database(settings.database)
    migrate(database)
    return Site(settings, database)


def _do_everything(site: Site, partner: SmallPartner, disturb: Disturb) -> None:
    """Harvest, process and search, one job after the other, so that numbers are the same."""
    site.serve()
    for key, title, endpoint in partner.collections:
        politeness = {"allow_loopback": True, "delay_s": 0, "concurrency": 2, "retries": 1}
        with site.database.write() as session:
            sources.create(
                session,
                key=key,
                title=title,
                protocol="iiif_collection",
                endpoint=endpoint,
                politeness=politeness,
            )
        _do(site, partial(work.enqueue_harvest, source_key=key), disturb)
        _do(site, partial(work.enqueue_process_images, source_key=key), disturb)
    for name, recipe in SEARCHED.items():
        source = next(key for key in COLLECTIONS if key[0] == name[0])
        record = record_id(source, f"{partner.base_url}/{source}/{name}/manifest.json")
        _do(site, partial(work.enqueue_search, record_id=record, recipe=recipe), disturb)
    assert site.machine is not None
    site.machine.close()


def _do(site: Site, enqueue: Enqueue, disturb: Disturb) -> None:
    """Queue a job, or join the active one of its kind, and wait until it has succeeded."""
    with site.database.write() as session:
        job = enqueue(session)
    disturb(site, job.id, job.kind)
    done = wait_until(lambda: _ended(site.database, job.id), timeout_s=WAIT_S)
    assert done.state == JobState.SUCCEEDED, done.error
    assert done.finished_at is not None
    assert done.started_at is not None
    site.durations[job.kind] = (done.finished_at - done.started_at).total_seconds()


def _read(database: Database, job_id: str) -> Job:
    with database.read() as session:
        job = jobs.get(session, job_id)
        assert job is not None
        return job


def _started(database: Database, job_id: str) -> Job | None:
    job = _read(database, job_id)
    return job if job.state != JobState.QUEUED else None


def _ended(database: Database, job_id: str) -> Job | None:
    job = _read(database, job_id)
    return job if job.state in FINAL else None


def _over(database: Database, job_id: str, attempt: int) -> bool:
    """Tell whether that attempt at the job is over."""
    job = _read(database, job_id)
    return job.state != JobState.RUNNING or job.attempt > attempt


def _rows(database: Database, model: type[Base]) -> dict[Any, dict[str, Any]]:
    """Return all rows by primary key, without what may differ."""
    table = inspect(model).local_table
    columns = [
        column
        for column in table.columns
        if column.name not in MAY_DIFFER and not isinstance(column.type, UtcDateTime)
    ]
    with database.read() as session:
        return {
            tuple(getattr(row, column.name) for column in table.primary_key): {
                column.name: _comparable(getattr(row, column.name)) for column in columns
            }
            for row in session.execute(select(*columns))
        }


def _comparable(value: object) -> object:
    if isinstance(value, dict):
        # What was asked of the partner before a kill and not stored is asked again.
        return {name: one for name, one in value.items() if name not in TRAFFIC}
    return pytest.approx(value, abs=NORM_TOLERANCE) if isinstance(value, float) else value


def _ranking(database: Database) -> list[tuple[str, str]]:
    """Return the candidates of all runs in the order of their ranks."""
    candidate = models.Candidate
    with database.read() as session:
        query = select(candidate.run_id, candidate.image_version_id)
        rows = session.execute(query.order_by(candidate.run_id, candidate.rank))
        return [(run, version) for run, version in rows]
