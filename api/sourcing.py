"""Sources as the API and the commands add and change them, checked before they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.context import Service
from harvesters import get_harvester
from iiif_dedup.errors import FetchError, SettingsError
from iiif_dedup.settings import Settings
from iiif_dedup.store import schedules, sources
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.models import Job, Source
from workers.fetchers import fetcher_for
from workers.schedule import next_run, zone_of

_PLANNED = ("schedule", "time_zone")


class UnusableSourceError(SettingsError):
    """A source that could not be harvested; `field` names what is wrong with it."""

    def __init__(self, field: str, error: Exception) -> None:
        super().__init__(str(error))
        self.field = field


def add(parts: Service, given: Mapping[str, Any]) -> Source:
    """Store a new source, and return it; the partner is not asked.

    Args:
        parts: Of the application.
        given: Arguments of `store.sources.create`, and `schedule` with `time_zone`.

    Raises:
        UnusableSourceError: A harvest could not start with it.
        StoreError: The key is taken, or none.
    """
    columns, plan = _split(given)
    check(parts.settings, columns)
    with parts.database.write() as session:
        row = sources.create(session, **columns)
        return _plan(session, row, plan)


def change(parts: Service, key: str, given: Mapping[str, Any]) -> Source:
    """Change what is given of a source, and return it; what is left out stays.

    Raises:
        UnusableSourceError: As `add`.
        StoreError: There is no such source.
    """
    columns, plan = _split(given)
    with parts.database.write() as session:
        row = sources.get_one(session, key, lock=True)
        names = ("key", "protocol", "endpoint", "options", "politeness")
        check(parts.settings, {**{name: getattr(row, name) for name in names}, **columns})
        row = sources.update(session, key, **columns)
        kept = {name: getattr(row, name) for name in _PLANNED}
        # Times that passed while it was disabled were not missed.
        changed = {**kept, **plan} != kept or "enabled" in columns
        return _plan(session, row, {**kept, **plan}) if changed else row


def move(parts: Service, key: str, given: Mapping[str, Any]) -> Job:
    """Give a source another protocol, endpoint and options; return the job that harvests it.

    Raises:
        UnusableSourceError: As `add`.
        StoreError: There is no such source.
    """
    with parts.database.write() as session:
        row = sources.get_one(session, key, lock=True)
        check(parts.settings, {"key": key, "politeness": row.politeness, **given})
        return sources.move(session, key, **given)


def check(settings: Settings, columns: Mapping[str, Any]) -> None:
    """Refuse what a harvest could not start with; the partner is not asked.

    Args:
        settings: The settings in force.
        columns: `key`, `protocol` and `endpoint` of a source, `options` and `politeness` if any.

    Raises:
        UnusableSourceError: Something is wrong with one of them.
    """
    endpoint, options = columns["endpoint"], columns.get("options") or {}
    try:
        make = get_harvester(columns["protocol"])
    except SettingsError as error:
        raise UnusableSourceError("protocol", error) from error
    try:
        fetcher = fetcher_for(settings, columns["key"], endpoint, columns.get("politeness"))
    except SettingsError as error:
        raise UnusableSourceError("politeness", error) from error
    with fetcher:
        try:
            fetcher.check(endpoint)
            make(endpoint, options, fetcher)
        except FetchError as error:
            raise UnusableSourceError("endpoint", error) from error
        except SettingsError as error:
            raise UnusableSourceError("options", error) from error


def _split(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns that `store.sources` takes, and what says when it is harvested."""
    columns = {name: value for name, value in given.items() if name not in _PLANNED}
    return columns, {name: given[name] for name in _PLANNED if name in given}


def _plan(session: Session, row: Source, plan: Mapping[str, Any]) -> Source:
    schedule, zone = plan.get("schedule"), plan.get("time_zone") or row.time_zone
    first = _first_run(schedule, zone)
    return schedules.plan(
        session,
        row.key,
        schedule=schedule,
        time_zone=zone,
        next_run_at=first if row.enabled else None,
    )


def _first_run(schedule: str | None, zone: str) -> datetime | None:
    try:
        zone_of(zone)
    except SettingsError as error:
        raise UnusableSourceError("time_zone", error) from error
    try:
        return next_run(schedule, zone, utc_now()) if schedule else None
    except SettingsError as error:
        raise UnusableSourceError("schedule", error) from error
