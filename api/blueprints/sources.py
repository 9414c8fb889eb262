"""Partner collections: listing, adding, changing, harvesting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api import sourcing
from api.auth import require_key
from api.blueprints.jobs import accepted
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError, invalid
from api.schemas.common import PageQuery
from api.schemas.harvesting import HarvestStart, Job, Source, SourceIn, SourcePage, SourcePatch
from api.sourcing import UnusableSourceError
from iiif_dedup.store import schedules, sources, work
from iiif_dedup.store.models import Harvest
from iiif_dedup.store.models import Source as SourceRow

blp = Blueprint("sources", __name__, description="Partner collections that are harvested.")


@blp.endpoint("/sources", query=PageQuery, returns=SourcePage, fails=(401,))
def list_sources(query: dict[str, Any]) -> dict[str, Any]:
    """List the sources."""
    require_key()
    with service().database.read() as session:
        page = sources.list_sources(session, **query)
        return {"items": sources_json(session, page.items), "next": page.next}


@blp.endpoint(
    "/sources", method="POST", body=SourceIn, returns=Source, status=201, fails=(401, 409, 415)
)
def add_source(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add a source; nothing is fetched until a harvest is asked for or due."""
    require_key()
    with service().database.read() as session:
        if sources.get(session, body["key"]) is not None:
            raise ProblemError("conflict", f"There is a source {body['key']!r} already.")
    try:
        row = sourcing.add(service(), body)
    except UnusableSourceError as error:
        raise invalid("json", error.field, str(error)) from error
    return source_json(row, None), 201, {"Location": service().urls.source(row.key)}


@blp.endpoint("/sources/<source_key:key>", returns=Source, fails=(401, 404))
def show_source(key: str) -> dict[str, Any]:
    """Show a source."""
    require_key()
    with service().database.read() as session:
        return sources_json(session, [known_source(session, key)])[0]


@blp.endpoint(
    "/sources/<source_key:key>",
    method="PATCH",
    body=SourcePatch,
    returns=Source,
    fails=(401, 404, 415),
)
def change_source(body: dict[str, Any], key: str) -> dict[str, Any]:
    """Change a source; fields left out stay."""
    require_key()
    with service().database.read() as session:
        known_source(session, key)
    try:
        row = sourcing.change(service(), key, body)
    except UnusableSourceError as error:
        raise invalid("json", error.field, str(error)) from error
    with service().database.read() as session:
        return sources_json(session, [row])[0]


@blp.endpoint(
    "/sources/<source_key:key>/harvests",
    method="POST",
    query=HarvestStart,
    returns=Job,
    status=202,
    fails=(401, 404, 409),
)
def start_harvest(query: dict[str, Any], key: str) -> Response:
    """Queue a harvest; one that is queued or running already is returned instead."""
    require_key()
    with service().database.write() as session:
        if not known_source(session, key).enabled:
            raise ProblemError("conflict", f"The source {key!r} is disabled; enable it first.")
        job = work.enqueue_harvest(session, key, anew=query["anew"])
    return accepted(job)


def sources_json(session: Session, rows: Sequence[SourceRow]) -> list[dict[str, Any]]:
    """Return sources as `schemas.harvesting.Source`."""
    last = schedules.last_harvests(session, [row.key for row in rows])
    return [source_json(row, last.get(row.key)) for row in rows]


def source_json(row: SourceRow, last: Harvest | None) -> dict[str, Any]:
    """Return a source with its newest harvest as `schemas.harvesting.Source`."""
    names = (
        "key",
        "title",
        "protocol",
        "endpoint",
        "options",
        "politeness",
        "enabled",
        "schedule",
        "time_zone",
        "next_run_at",
        "created_at",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "last_harvest": None if last is None else _harvest_in_short(last),
        "url": service().urls.source(row.key),
    }


def known_source(session: Session, key: str) -> SourceRow:
    """Return a source.

    Raises:
        ProblemError: 404, since there is none with that key.
    """
    row = sources.get(session, key)
    if row is None:
        raise ProblemError("not-found", f"There is no source {key!r}; GET /sources lists them.")
    return row


def _harvest_in_short(row: Harvest) -> dict[str, Any]:
    names = ("id", "state", "started_at", "finished_at")
    shown = {name: getattr(row, name) for name in names}
    return {**shown, "url": service().urls.harvest(row.id)}
