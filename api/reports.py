"""What became of a harvest, for the API, the commands and the page."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from iiif_dedup.publish.urls import Urls
from iiif_dedup.store import harvest_failures
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.models import Harvest

SHOWN_FAILURES = 100
RECORD_COUNTS = ("new", "changed", "same", "renamed", "deleted", "failed")
"""The counts that are about records, in the order in which people want to know them."""


def harvest_json(row: Harvest, urls: Urls, *, clock: Clock = utc_now) -> dict[str, Any]:
    """Return a harvest as `schemas.harvesting.Harvest`."""
    names = ("id", "source_key", "number", "job_id", "kind", "state", "counts", "error")
    duration_s = ((row.finished_at or clock()) - row.started_at).total_seconds()
    read = sum(row.counts.get(name, 0) for name in RECORD_COUNTS)
    return {
        **{name: getattr(row, name) for name in names},
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "duration_s": round(duration_s, 1),
        "records_per_s": round(read / duration_s, 1) if duration_s > 0 else None,
        "url": urls.harvest(row.id),
        "failures": f"{urls.harvest(row.id)}/failures",
        "report": f"{urls.harvest(row.id)}/report",
    }


def report_json(
    session: Session, row: Harvest, urls: Urls, *, clock: Clock = utc_now
) -> dict[str, Any]:
    """Return a harvest with what went wrong as `schemas.harvesting.HarvestReport`."""
    reasons = harvest_failures.by_reason(session, row.id)
    first = harvest_failures.list_failures(session, row.id, limit=SHOWN_FAILURES)
    return {
        **harvest_json(row, urls, clock=clock),
        "failures_by_reason": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "first_failures": list(first.items),
    }
