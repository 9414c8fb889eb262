"""Records: found by our id, by the partner's identifier, or by the partner's manifest."""

from __future__ import annotations

from typing import Any

from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.representations import record_json, summary_json
from api.schemas.records import Record, RecordPage, RecordQuery
from iiif_dedup.store import clones, records
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
    items = [summary_json(view, urls, settings.language) for view in views]
    return {"items": items, "next": following}


@blp.endpoint("/records/<id:record_id>", returns=Record, fails=(404, 410))
def show_record(record_id: str) -> dict[str, Any]:
    """Show a record."""
    with service().database.read() as session:
        record = known(clones.load_record(session, record_id), record_id)
    return record_json(record, service().urls, service().settings.language)


def known(record: RecordView | None, record_id: str) -> RecordView:
    """Return an active record.

    Raises:
        ProblemError: 404 for an unknown one; 410 for a deleted one, with what was known of it.
    """
    if record is None:
        raise ProblemError(
            "not-found",
            f"There is no record {record_id!r}; GET /records finds one by its identifier.",
        )
    if record.state != "active":
        summary = summary_json(record, service().urls, service().settings.language)
        raise ProblemError("record-deleted", "The partner deleted this record.", {}, record=summary)
    return record
