"""Records as last harvested: found by our id, by the partner's identifier, by the manifest."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store import ids
from iiif_dedup.store.models import Record
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.text import storable

ACTIVE = "active"


def get(session: Session, record_id: str) -> Record | None:
    """Return the record, active or deleted, or None."""
    return session.get(Record, record_id)


def find(session: Session, source_key: str, identifier: str) -> Record | None:
    """Return the record that the source calls `identifier`, or None."""
    return session.get(Record, ids.record_id(source_key, storable(identifier)))


def find_by_manifest(session: Session, manifest_url: str) -> list[Record]:
    """Return the records whose manifest is at that URL, by id; several where it came twice."""
    statement = select(Record).where(Record.manifest_url == storable(manifest_url))
    return list(session.scalars(statement.order_by(Record.id)))


def list_records(
    session: Session,
    *,
    source_key: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Record]:
    """Return records by id, active and deleted. Raises CursorError as `paginate`."""
    statement = select(Record)
    if source_key is not None:
        statement = statement.where(Record.source_key == source_key)
    return paginate(session, statement, (Record.id,), cursor=cursor, limit=limit)
