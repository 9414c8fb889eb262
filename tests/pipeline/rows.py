"""Jobs taken for a test, and everything that a database holds, to compare two ways to it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Base, Job

IRRELEVANT = {"job_id", "timings"}
"""Columns that differ from run to run, beside all times."""


def take(database: Database, job_id: str) -> Claim:
    """Take a job, whoever had it before."""
    with database.write() as session:
        job = session.get_one(Job, job_id)
        if job.lease_until is not None:
            job.lease_until = job.created_at
    claim = jobs.claim(database, job_id, owner="test", lease_s=60, max_attempts=1000)
    assert claim is not None
    return claim


def job(database: Database, job_id: str) -> Job:
    """Return the job as it is now."""
    with database.read() as session:
        return session.get_one(Job, job_id)


def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables but jobs, without times."""
    with database.read() as session:
        return {
            table.name: [
                {name: value for name, value in row.items() if _counts(name)}
                for row in session.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in Base.metadata.sorted_tables
            if table.name != "job"
        }


def _counts(column: str) -> bool:
    return column not in IRRELEVANT and not column.endswith("_at")
