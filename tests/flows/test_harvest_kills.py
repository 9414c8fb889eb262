"""`kill -9` of a long OAI-PMH harvest, again and again: nothing missing, nothing doubled.

`make bench-harvest-kills` does the same to the whole service with 100,000 records.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from iiif_dedup.settings import load_settings
from iiif_dedup.store import harvests, sources, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import JobState
from iiif_dedup.store.migrate import migrate
from iiif_dedup.store.models import Image, Job, Record
from tests.partners.oai_server import OaiServer
from tests.workers.processes import wait_until

pytestmark = pytest.mark.kill

RECORDS = 2000
KILLED_AT = (150, 700, 720, 1400, 1900)
"""Records behind which the process dies."""
HARVEST = """
import sys
from harvesters import get_harvester
from iiif_dedup import pipeline
from iiif_dedup.settings import load_settings
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from workers.fetchers import fetcher_for

url, job_id, endpoint = sys.argv[1:]
politeness = {"allow_loopback": True, "delay_s": 0}
with Database(url) as database:
    claim = jobs.claim(database, job_id, owner="test", lease_s=0.1, max_attempts=100)
    with fetcher_for(load_settings({}), "partner", endpoint, politeness) as fetcher:
        harvester = get_harvester("oai_pmh")(endpoint, {}, fetcher)
        pipeline.harvest(claim, database, harvester.harvest)
"""


def test_a_harvest_that_is_killed_again_and_again_ends_complete(tmp_path: Path) -> None:
    url = load_settings({}, data_dir=tmp_path).database
    with OaiServer(RECORDS, page=50) as partner, Database(url) as database:
        migrate(database)
        with database.write() as session:
            sources.create(
                session,
                key="partner",
                title="Partner",
                protocol="oai_pmh",
                endpoint=partner.endpoint,
            )
            job_id = work.enqueue_harvest(session, "partner").id
        command = [sys.executable, "-c", HARVEST, url, job_id, partner.endpoint]
        for moment in KILLED_AT:
            with subprocess.Popen(command) as process:
                wait_until(partial(_reached, database, moment), timeout_s=60)
                process.send_signal(signal.SIGKILL)
        subprocess.run(command, check=True, timeout=120)
        with database.read() as session:
            job = session.get_one(Job, job_id)
            assert (job.state, job.attempt) == (JobState.SUCCEEDED, len(KILLED_AT) + 1)
            (harvest,) = harvests.list_harvests(session).items
            assert harvest.counts["new"] == harvest.counts["images"] == RECORDS
            assert (harvest.counts["same"], harvest.counts["failed"]) == (0, 0)
            assert session.scalar(select(func.count()).select_from(Image)) == RECORDS
        assert _stored(database) == RECORDS


def _reached(database: Database, moment: int) -> bool:
    return _stored(database) >= moment


def _stored(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Record)) or 0
