"""Harvests: their reports, what they could not read, and what an operator decides about them."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template
from sqlalchemy.orm import Session

from api.auth import require_key
from api.blueprints.jobs import accepted
from api.blueprints.pages import html_page
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.reports import RECORD_COUNTS, harvest_json, report_json
from api.schemas.common import PageQuery
from api.schemas.harvesting import (
    Harvest,
    HarvestFailurePage,
    HarvestPage,
    HarvestQuery,
    HarvestReport,
    Job,
)
from iiif_dedup.store import harvest_failures, harvests, sources, work
from iiif_dedup.store.harvests import HarvestState
from iiif_dedup.store.models import Harvest as HarvestRow

blp = Blueprint("harvests", __name__, description="Passes over sources, and their failures.")


@blp.endpoint("/harvests", query=HarvestQuery, returns=HarvestPage, fails=(401,))
def list_harvests(query: dict[str, Any]) -> dict[str, Any]:
    """List the harvests, newest first."""
    require_key()
    source_key = query.pop("source")
    with service().database.read() as session:
        page = harvests.list_harvests(session, source_key=source_key, **query)
    items = [harvest_json(row, service().urls) for row in page.items]
    return {"items": items, "next": page.next}


@blp.endpoint("/harvests/<id:harvest_id>", returns=HarvestReport, fails=(401, 404))
def show_harvest(harvest_id: str) -> dict[str, Any]:
    """Report a harvest: its counts, its failures by reason, and the first 100 of them."""
    require_key()
    with service().database.read() as session:
        return report_json(session, _known(session, harvest_id), service().urls)


@blp.endpoint("/harvests/<id:harvest_id>/report", content_types=("text/html",), fails=(401, 404))
def show_report(harvest_id: str) -> Response:
    """Show the report of a harvest as a page."""
    require_key()
    with service().database.read() as session:
        row = _known(session, harvest_id)
        report = report_json(session, row, service().urls)
        source = sources.get_one(session, row.source_key)
    page = render_template("report.html", report=report, source=source, record_counts=RECORD_COUNTS)
    return html_page(page)


@blp.endpoint(
    "/harvests/<id:harvest_id>/failures",
    query=PageQuery,
    returns=HarvestFailurePage,
    fails=(401, 404),
)
def list_failures(query: dict[str, Any], harvest_id: str) -> dict[str, Any]:
    """List what a harvest could not read, each with its reason."""
    require_key()
    with service().database.read() as session:
        _known(session, harvest_id)
        page = harvest_failures.list_failures(session, harvest_id, **query)
        return {"items": list(page.items), "next": page.next}


@blp.endpoint(
    "/harvests/<id:harvest_id>/retry",
    method="POST",
    returns=Job,
    status=202,
    fails=(401, 404, 409),
)
def retry_harvest(harvest_id: str) -> Response:
    """Queue a harvest of what this one could not read.

    Protocols that cannot ask for single records harvest the whole source. A harvest of the source
    that is queued or running already is returned instead.
    """
    require_key()
    with service().database.write() as session:
        row = _known(session, harvest_id)
        if not row.counts.get("failed"):
            raise ProblemError("conflict", "Nothing failed in this harvest.")
        job = work.enqueue_harvest(session, row.source_key, only=row.id)
    return accepted(job)


@blp.endpoint(
    "/harvests/<id:harvest_id>/confirm", method="POST", returns=Harvest, fails=(401, 404, 409)
)
def confirm_harvest(harvest_id: str) -> dict[str, Any]:
    """Delete what a waiting harvest would delete."""
    return _decided(harvest_id, confirmed=True)


@blp.endpoint(
    "/harvests/<id:harvest_id>/dismiss", method="POST", returns=Harvest, fails=(401, 404, 409)
)
def dismiss_harvest(harvest_id: str) -> dict[str, Any]:
    """Keep what a waiting harvest would delete."""
    return _decided(harvest_id, confirmed=False)


def _decided(harvest_id: str, *, confirmed: bool) -> dict[str, Any]:
    require_key()
    with service().database.write() as session:
        row = _known(session, harvest_id)
        if row.state != HarvestState.WAITING:
            raise ProblemError(
                "conflict", f"Only a waiting harvest is decided about; this one is {row.state}."
            )
        decide = harvests.confirm if confirmed else harvests.dismiss
        decide(session, harvest_id)
        return harvest_json(_known(session, harvest_id), service().urls)


def _known(session: Session, harvest_id: str) -> HarvestRow:
    row = harvests.get(session, harvest_id)
    if row is None:
        raise ProblemError(
            "not-found", f"There is no harvest {harvest_id!r}; GET /harvests lists them."
        )
    return row
