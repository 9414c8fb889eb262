"""When sources are to be harvested by themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store import sources
from iiif_dedup.store.models import Source


def plan(
    session: Session,
    key: str,
    *,
    schedule: str | None,
    time_zone: str,
    next_run_at: datetime | None,
) -> Source:
    """Give a source its schedule, and return it.

    Args:
        session: A write session.
        key: The source.
        schedule: A cron expression of five fields; None for harvests on demand only.
        time_zone: IANA name of the zone that it is in.
        next_run_at: The first time that it names; None where it is not followed.

    Raises:
        StoreError: There is no such source.
    """
    source = sources.get_one(session, key, lock=True)
    source.schedule, source.time_zone, source.next_run_at = schedule, time_zone, next_run_at
    session.flush()
    return source


def due(session: Session, now: datetime) -> list[str]:
    """Return the keys of the enabled sources whose next harvest should have begun, oldest first."""
    statement = (
        select(Source.key)
        .where(Source.next_run_at <= now, Source.enabled, Source.schedule.is_not(None))
        .order_by(Source.next_run_at, Source.key)
    )
    return list(session.scalars(statement))
