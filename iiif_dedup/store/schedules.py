"""When sources are to be harvested by themselves, and when they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from iiif_dedup.store import sources
from iiif_dedup.store.models import Harvest, Source


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


def last_harvests(session: Session, keys: Sequence[str]) -> dict[str, Harvest]:
    """Return source key → its newest harvest, of those sources that have one."""
    newest = (
        select(Harvest.source_key, func.max(Harvest.number).label("number"))
        .where(Harvest.source_key.in_(keys))
        .group_by(Harvest.source_key)
        .subquery()
    )
    statement = select(Harvest).join(
        newest,
        (Harvest.source_key == newest.c.source_key) & (Harvest.number == newest.c.number),
    )
    return {row.source_key: row for row in session.scalars(statement)}
