"""Partner collections: listing, adding, changing, harvesting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from api.auth import require_key
from api.blueprints.jobs import accepted
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError, invalid
from api.schemas.common import PageQuery
from api.schemas.harvesting import Job, Source, SourceIn, SourcePage, SourcePatch
from harvesters import get_harvester
from iiif_dedup.errors import FetchError, SettingsError
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.fetch.urls import checked
from iiif_dedup.store import sources, work
from iiif_dedup.store.models import Source as SourceRow

blp = Blueprint("sources", __name__, description="Partner collections that are harvested.")


@blp.endpoint("/sources", query=PageQuery, returns=SourcePage, fails=(401,))
def list_sources(query: dict[str, Any]) -> dict[str, Any]:
    """List the sources."""
    require_key()
    with service().database.read() as session:
        page = sources.list_sources(session, **query)
        return {"items": [source_json(row) for row in page.items], "next": page.next}


@blp.endpoint(
    "/sources", method="POST", body=SourceIn, returns=Source, status=201, fails=(401, 409, 415)
)
def add_source(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add a source; nothing is fetched until a harvest is asked for."""
    require_key()
    _check(body["protocol"], body["endpoint"], body)
    with service().database.write() as session:
        if sources.get(session, body["key"]) is not None:
            raise ProblemError("conflict", f"There is a source {body['key']!r} already.")
        row = sources.create(session, **body)
        return source_json(row), 201, {"Location": service().urls.source(row.key)}


@blp.endpoint("/sources/<source_key:key>", returns=Source, fails=(401, 404))
def show_source(key: str) -> dict[str, Any]:
    """Show a source."""
    require_key()
    with service().database.read() as session:
        return source_json(_found(sources.get(session, key), key))


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
    with service().database.write() as session:
        row = _found(sources.get(session, key), key)
        _check(row.protocol, body.get("endpoint", row.endpoint), {**_options(row), **body})
        return source_json(sources.update(session, key, **body))


@blp.endpoint(
    "/sources/<source_key:key>/harvests",
    method="POST",
    returns=Job,
    status=202,
    fails=(401, 404, 409),
)
def start_harvest(key: str) -> Response:
    """Queue a harvest; one that is queued or running already is returned instead."""
    require_key()
    with service().database.write() as session:
        source = _found(sources.get(session, key), key)
        if not source.enabled:
            raise ProblemError("conflict", f"The source {key!r} is disabled; enable it first.")
        job = work.enqueue_harvest(session, key)
    return accepted(job)


def source_json(row: SourceRow) -> dict[str, Any]:
    """Return a source as `schemas.harvesting.Source`."""
    names = ("key", "title", "protocol", "endpoint", "options", "politeness", "enabled")
    return {
        **{name: getattr(row, name) for name in names},
        "created_at": row.created_at,
        "url": service().urls.source(row.key),
    }


def _found(row: SourceRow | None, key: str) -> SourceRow:
    if row is None:
        raise ProblemError("not-found", f"There is no source {key!r}; GET /sources lists them.")
    return row


def _options(row: SourceRow) -> dict[str, Any]:
    return {"options": row.options, "politeness": row.politeness}


def _check(protocol: str, endpoint: str, given: Mapping[str, Any]) -> None:
    """Refuse what a harvest could not start with; the partner is not asked."""
    try:
        checked(endpoint)
    except FetchError as error:
        raise invalid("json", "endpoint", str(error)) from error
    try:
        policy = FetchPolicy.from_settings(service().settings, given.get("politeness"))
    except SettingsError as error:
        raise invalid("json", "politeness", str(error)) from error
    with Fetcher(policy) as fetcher:
        try:
            get_harvester(protocol)(endpoint, given.get("options") or {}, fetcher)
        except SettingsError as error:
            raise invalid("json", "options", str(error)) from error
