"""Records as last harvested: found by our id, by the partner's identifier, by the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store import ids
from iiif_dedup.store.models import Record, RecordAlias
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.text import storable

ACTIVE = "active"
DELETED = "deleted"
"""The partner no longer has it, or its source was removed."""
WITHDRAWN = "withdrawn"
"""Taken down by an operator; no harvest brings it back."""


def get(session: Session, record_id: str) -> Record | None:
    """Return the record in whatever state, or None; aliases are not followed."""
    return session.get(Record, record_id)


def find(session: Session, source_key: str, identifier: str) -> Record | None:
    """Return the record that the source calls `identifier`, or called so once, or None."""
    record_id = ids.record_id(source_key, storable(identifier))
    alias = session.get(RecordAlias, record_id)
    return session.get(Record, record_id if alias is None else alias.record_id)


def find_by_manifest(session: Session, manifest_url: str) -> list[Record]:
    """Return the records whose manifest is at that URL, by id; several where it came twice."""
    statement = select(Record).where(Record.manifest_url == storable(manifest_url))
    return list(session.scalars(statement.order_by(Record.id)))


@dataclass(frozen=True, slots=True)
class FormerRecord:
    """What may tell that a record is one that was there before; columns as in `models`."""

    identifier: str
    manifest_url: str | None
    landing_page: str | None


def list_former(
    session: Session, source_key: str, *, unseen_by: str | None = None
) -> Iterator[FormerRecord]:
    """Yield a source's records that are active or withdrawn, by id.

    Args:
        session: A session.
        source_key: The source.
        unseen_by: Leaves out what this harvest has met.
    """
    statement = select(Record.identifier, Record.manifest_url, Record.landing_page).where(
        Record.source_key == source_key, Record.state.in_((ACTIVE, WITHDRAWN))
    )
    if unseen_by is not None:
        statement = statement.where(Record.last_harvest_id != unseen_by)
    rows = session.execute(statement.order_by(Record.id)).yield_per(1000)
    return (FormerRecord(*row) for row in rows)


def ids_of_source(session: Session, source_key: str) -> list[str]:
    """Return the ids of all records of a source, whatever their state; none for an unknown one."""
    return list(session.scalars(select(Record.id).where(Record.source_key == source_key)))


def list_records(
    session: Session,
    *,
    source_key: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Record]:
    """Return records by id, in whatever state. Raises CursorError as `paginate`."""
    statement = select(Record)
    if source_key is not None:
        statement = statement.where(Record.source_key == source_key)
    return paginate(session, statement, (Record.id,), cursor=cursor, limit=limit)
