"""Harvests, and what they could not read."""

from __future__ import annotations

from typing import Any

from api.auth import require_key
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.schemas.common import PageQuery
from api.schemas.harvesting import Harvest, HarvestFailurePage, HarvestPage, HarvestQuery
from iiif_dedup.store import harvests
from iiif_dedup.store.models import Harvest as HarvestRow

blp = Blueprint("harvests", __name__, description="Passes over sources, and their failures.")


@blp.endpoint("/harvests", query=HarvestQuery, returns=HarvestPage, fails=(401,))
def list_harvests(query: dict[str, Any]) -> dict[str, Any]:
    """List the harvests, newest first."""
    require_key()
    source_key = query.pop("source")
    with service().database.read() as session:
        page = harvests.list_harvests(session, source_key=source_key, **query)
        return {"items": [_harvest_json(row) for row in page.items], "next": page.next}


@blp.endpoint("/harvests/<id:harvest_id>", returns=Harvest, fails=(401, 404))
def show_harvest(harvest_id: str) -> dict[str, Any]:
    """Show a harvest."""
    require_key()
    with service().database.read() as session:
        return _harvest_json(_found(harvests.get(session, harvest_id), harvest_id))


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
        _found(harvests.get(session, harvest_id), harvest_id)
        page = harvests.list_failures(session, harvest_id, **query)
        return {"items": list(page.items), "next": page.next}


def _harvest_json(row: HarvestRow) -> dict[str, Any]:
    names = ("id", "source_key", "number", "job_id", "state", "counts", "error")
    return {
        **{name: getattr(row, name) for name in names},
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "failures": f"{service().urls.harvest(row.id)}/failures",
    }


def _found(row: HarvestRow | None, harvest_id: str) -> HarvestRow:
    if row is None:
        raise ProblemError(
            "not-found", f"There is no harvest {harvest_id!r}; GET /harvests lists them."
        )
    return row
