"""What the end of a job that did not succeed means for the harvest that it was doing."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store import events
from iiif_dedup.store.models import Harvest, Job

HARVEST_JOB = "harvest"
"""Kind of the jobs that harvest."""

log = logging.getLogger(__name__)


def end_harvest(session: Session, job: Job, now: datetime, *, cancelled: bool) -> None:
    """Mark the harvest of a job as failed, in the transaction that ends the job for good.

    What failed is also an event and a line of the log; what somebody cancelled is neither.

    Args:
        session: A write session.
        job: Of kind `harvest`, with its error; it may have ended before its harvest began.
        now: Aware.
        cancelled: Whether somebody asked it to stop.
    """
    error = "It was cancelled." if cancelled else job.error
    unfinished = select(Harvest).where(
        Harvest.job_id == job.id, Harvest.state.in_(("running", "failed"))
    )
    harvest = session.scalar(unfinished)
    if harvest is not None:
        harvest.state, harvest.error, harvest.finished_at = "failed", error, now
    if cancelled:
        return
    source_key = str(job.arguments["source"])
    detail = {"harvest": None if harvest is None else harvest.id, "job": job.id, "error": error}
    events.add(session, events.HARVEST_FAILED, source_key, detail, clock=lambda: now)
    log.warning("harvest_failed source=%s job=%s error=%s", source_key, job.id, error)
