"""Jobs: what is queued, running or done."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from api.auth import require_key
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.schemas.harvesting import Job, JobPage, JobQuery
from iiif_dedup.store import jobs
from iiif_dedup.store.jobs import JobState
from iiif_dedup.store.models import Job as JobRow
from workers.queues import wake

blp = Blueprint("jobs", __name__, description="Harvests and searches, queued, running or done.")

RETRY_AFTER_S = 2
"""Seconds after which it is worth asking again for a job."""


@blp.endpoint("/jobs", query=JobQuery, returns=JobPage, fails=(401,))
def list_jobs(query: dict[str, Any]) -> dict[str, Any]:
    """List the jobs, newest first."""
    require_key()
    state = JobState(query.pop("state")) if query["state"] else query.pop("state")
    with service().database.read() as session:
        page = jobs.list_jobs(session, state=state, **query)
        return {"items": [job_json(row) for row in page.items], "next": page.next}


@blp.endpoint("/jobs/<id:job_id>", returns=Job, fails=(401, 404))
def show_job(job_id: str) -> dict[str, Any]:
    """Show a job."""
    require_key()
    with service().database.read() as session:
        return job_json(_found(jobs.get(session, job_id), job_id))


@blp.endpoint("/jobs/<id:job_id>/cancel", method="POST", returns=Job, fails=(401, 404))
def cancel_job(job_id: str) -> dict[str, Any]:
    """Ask a job to stop: at once while it is queued, else at its next checkpoint."""
    require_key()
    with service().database.write() as session:
        return job_json(_found(jobs.request_cancel(session, job_id), job_id))


def accepted(job: JobRow) -> Response:
    """Wake a worker for a committed job, and return the 202 that names it."""
    wake(service().redis, job)
    response = jsonify(Job().dump(job_json(job)))
    response.status_code = 202
    response.headers["Location"] = service().urls.job(job.id)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    response.headers["Cache-Control"] = "no-store"
    return response


def job_json(row: JobRow) -> dict[str, Any]:
    """Return a job as `schemas.harvesting.Job`."""
    names = (
        "id",
        "kind",
        "queue",
        "state",
        "arguments",
        "attempt",
        "cancel_requested",
        "result",
        "error",
        "created_at",
        "started_at",
        "finished_at",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "progress": row,
        "url": service().urls.job(row.id),
    }


def _found(row: JobRow | None, job_id: str) -> JobRow:
    if row is None:
        raise ProblemError("not-found", f"There is no job {job_id!r}; GET /jobs lists them.")
    return row
