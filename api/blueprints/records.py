"""Records: found by our id, by the partner's identifier, or by the partner's manifest."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request
from sqlalchemy.orm import Session

from api.auth import may_write
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.representations import record_json, summary_json
from api.schemas.records import Record, RecordPage, RecordQuery
from iiif_dedup.store import aliases, clones, records, same_records
from iiif_dedup.store.records import ACTIVE, WITHDRAWN
from iiif_dedup.types import RecordView

blp = Blueprint("records", __name__, description="Records as last harvested.")


@blp.endpoint("/records", query=RecordQuery, returns=RecordPage)
def list_records(query: dict[str, Any]) -> dict[str, Any]:
    """List records, or find one by the partner's identifier or manifest."""
    following = None
    with service().database.read() as session:
        if query["manifest"]:
            rows = records.find_by_manifest(session, query["manifest"])
        elif query["identifier"]:
            row = records.find(session, query["source"], query["identifier"])
            rows = [row] if row else []
        else:
            page = records.list_records(
                session, source_key=query["source"], cursor=query["cursor"], limit=query["limit"]
            )
            rows, following = list(page.items), page.next
        views = clones.load_records(session, [row.id for row in rows])
    settings, urls = service().settings, service().urls
    if not may_write():
        views = [view for view in views if view.state != WITHDRAWN]
    items = [summary_json(view, urls, settings.language) for view in views]
    return {"items": items, "next": following}


@blp.endpoint("/records/<id:record_id>", returns=Record, fails=(404, 410))
def show_record(record_id: str) -> dict[str, Any]:
    """Show a record."""
    urls, language = service().urls, service().settings.language
    with service().database.read() as session:
        record = known(session, record_id)
        twins = clones.load_records(session, same_records.of(session, record_id))
    return {
        **record_json(record, urls, language),
        "same_records": [summary_json(twin, urls, language) for twin in twins],
    }


def known(session: Session, record_id: str) -> RecordView:
    """Return an active record with its manifest and images.

    A former id is redirected to where the same is with the record's id of today (308).

    Raises:
        ProblemError: 404 for an unknown one; 410 for a deleted one, with what was known of it, and
            for one that was withdrawn.
    """
    record = clones.load_record(session, record_id)
    if record is not None and record.state == ACTIVE:
        return record
    now = aliases.resolve(session, record_id)
    if now != record_id:
        place = request.full_path.rstrip("?").replace(record_id, now)
        abort(redirect(f"{service().urls.base}{place}", 308))
    if record is None:
        raise ProblemError(
            "not-found",
            f"There is no record {record_id!r}; GET /records finds one by its identifier.",
        )
    if record.state == WITHDRAWN:
        raise ProblemError("record-withdrawn", "The operator took this record down.")
    summary = summary_json(record, service().urls, service().settings.language)
    raise ProblemError("record-deleted", "The partner deleted this record.", {}, record=summary)
