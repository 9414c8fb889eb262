"""What earlier harvests made of documents, for harvesters that ask whether one has changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store.models import Record
from iiif_dedup.store.text import storable
from iiif_dedup.types import KnownDocument, Validators


def find(session: Session, source_key: str, url: str) -> KnownDocument | None:
    """Return what a source's document at `url` became; None for one that was never read.

    Where several records came from it, the one with the lowest id is meant.
    """
    # By the URL alone: with the source or an order, SQLite walks through all of the source.
    statement = select(
        Record.id,
        Record.source_key,
        Record.identifier,
        Record.etag,
        Record.last_modified,
    ).where(Record.manifest_url == storable(url))
    found = [row for row in session.execute(statement) if row.source_key == source_key]
    if not found:
        return None
    row = min(found, key=lambda row: row.id)
    return KnownDocument(row.identifier, Validators(row.etag, row.last_modified))
