"""Ids that lead to a record since the partner gave it another identifier.

A record keeps its id when it is renamed, and so whatever refers to it stays where it is: the id
that its new identifier would have becomes an alias. Only where the new identifier has a record
of its own already, the old record becomes deleted, and its id the alias of the other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from iiif_dedup.store import changes, ids
from iiif_dedup.store.database import upsert
from iiif_dedup.store.models import Harvest, Record, RecordAlias
from iiif_dedup.store.records import DELETED, WITHDRAWN
from iiif_dedup.store.text import storable
from iiif_dedup.types import Renaming


def resolve(session: Session, record_id: str) -> str:
    """Return the id that the record has now: `record_id` itself where it is no alias."""
    return resolve_many(session, [record_id])[record_id]


def resolve_many(session: Session, record_ids: Iterable[str]) -> dict[str, str]:
    """Return each of the ids with the id that the record has now; see `resolve`."""
    wanted = list(record_ids)
    statement = select(RecordAlias.id, RecordAlias.record_id).where(RecordAlias.id.in_(wanted))
    found = {row.id: row.record_id for row in session.execute(statement)}
    return {record_id: found.get(record_id, record_id) for record_id in wanted}


def rename(
    session: Session, harvest: Harvest, renamings: Sequence[Renaming], *, now: datetime
) -> int:
    """Give records their new identifiers; return how many. Unknown ones are left out.

    A renamed record counts as seen by the harvest. A repeat changes nothing.
    """
    return sum(_rename(session, harvest, renaming, now) for renaming in renamings)


def _rename(session: Session, harvest: Harvest, renaming: Renaming, now: datetime) -> bool:
    names = (storable(renaming.identifier), storable(renaming.new_identifier))
    old_id, new_id = (ids.record_id(harvest.source_key, name) for name in names)
    resolved = resolve_many(session, [old_id, new_id])
    old, new = (session.get(Record, resolved[name]) for name in (old_id, new_id))
    if old is None:
        return False
    if new is None or new is old:
        renamed = old.identifier != names[1]
        old.identifier, old.last_harvest_id = names[1], harvest.id
        alias_id, record_id = new_id, old.id
    else:
        renamed = old.state != DELETED
        _give_way(session, old, new)
        alias_id, record_id = old.id, new.id
    session.execute(
        update(RecordAlias).where(RecordAlias.record_id == old.id).values(record_id=record_id)
    )
    row = {"id": alias_id, "record_id": record_id, "created_at": now}
    if alias_id != record_id:
        upsert(session, RecordAlias, [row], key=["id"], update=["record_id"])
    session.flush()
    return renamed


def _give_way(session: Session, old: Record, new: Record) -> None:
    """Take a record from view whose new identifier has a record of its own."""
    if old.state == WITHDRAWN:
        new.state = WITHDRAWN
    old.state = DELETED
    changes.note(session)
