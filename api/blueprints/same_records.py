"""Records that came by two routes: one record in two sources, no clone and no matter of opinion."""

from __future__ import annotations

from typing import Any

from api.auth import require_key
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.representations import summary_json
from api.schemas.records import SameRecordPage, SameRecordQuery
from iiif_dedup.errors import StoreError
from iiif_dedup.store import clones, same_records

blp = Blueprint("same records", __name__, description="The same record by another route.")


@blp.endpoint("/same-records", query=SameRecordQuery, returns=SameRecordPage, fails=(401,))
def list_same_records(query: dict[str, Any]) -> dict[str, Any]:
    """List the pairs of records that are one record, also those that somebody has undone."""
    require_key()
    urls, language = service().urls, service().settings.language
    source_key = query.pop("source")
    with service().database.read() as session:
        page = same_records.list_pairs(session, source_key=source_key, **query)
        wanted = {one for pair in page.items for one in (pair.first_id, pair.second_id)}
        views = clones.load_records(session, sorted(wanted))
    shown = {view.id: summary_json(view, urls, language) for view in views}
    items = [
        {
            "records": [shown[pair.first_id], shown[pair.second_id]],
            "rule": pair.rule,
            "undone": pair.undone,
            "created_at": pair.created_at,
        }
        for pair in page.items
    ]
    return {"items": items, "next": page.next}


@blp.endpoint(
    "/same-records/<id:first_id>/<id:second_id>/undo", method="POST", status=204, fails=(401, 404)
)
def undo_same_record(first_id: str, second_id: str) -> tuple[str, int]:
    """Say that two records are not the same one; nobody finds it again."""
    return _decided(first_id, second_id, undone=True)


@blp.endpoint(
    "/same-records/<id:first_id>/<id:second_id>/redo", method="POST", status=204, fails=(401, 404)
)
def redo_same_record(first_id: str, second_id: str) -> tuple[str, int]:
    """Say that two records are the same one after all."""
    return _decided(first_id, second_id, undone=False)


def _decided(first_id: str, second_id: str, *, undone: bool) -> tuple[str, int]:
    require_key()
    decide = same_records.undo if undone else same_records.redo
    with service().database.write() as session:
        try:
            decide(session, first_id, second_id)
        except StoreError as error:
            raise ProblemError("not-found", str(error)) from error
    return "", 204
