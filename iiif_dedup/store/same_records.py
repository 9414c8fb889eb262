"""Records that are one and the same, harvested by two routes, such as owner and aggregator.

Two records of different sources are one when they have the same landing page, the same manifest,
or the same provider and identifier but for case. A page or manifest that occurs more than five
times, or twice in one source, such as a portal's front page, identifies nothing. Such a pair is
never a suggestion; it is listed, and an operator may undo it for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from iiif_dedup.errors import StoreError
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.database import upsert
from iiif_dedup.store.models import Record, SameRecord
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.records import ACTIVE

MOST_SHARED = 5
"""Records that may share a page or manifest that identifies them."""


def find(session: Session, source_key: str) -> dict[tuple[str, str], str]:
    """Return the pairs that a source's active records are in: ids, smaller one first → the rule."""
    pairs: dict[tuple[str, str], str] = {}
    for row in session.execute(_same_identifier(source_key)):
        if _folded(row.identifier, row.provider) == _folded(row.other_identifier, row.other):
            pairs[_ordered(row.id, row.other_id)] = "identifier"
    for rule, column in (("manifest", Record.manifest_url), ("landing_page", Record.landing_page)):
        for row in session.execute(_same_value(source_key, column)):
            pairs[_ordered(row.id, row.other_id)] = rule
    return pairs


def store(
    session: Session,
    source_key: str,
    pairs: Mapping[tuple[str, str], str],
    *,
    clock: Clock = utc_now,
) -> None:
    """Store what `find` found, and drop pairs of active records that are none any more.

    What an operator has undone stays undone.
    """
    now = clock()
    rows = [
        {"first_id": first, "second_id": second, "rule": rule, "undone": False, "created_at": now}
        for (first, second), rule in pairs.items()
    ]
    upsert(session, SameRecord, rows, key=["first_id", "second_id"])
    for pair in session.scalars(_of_source(source_key, active=True)).all():
        if not pair.undone and (pair.first_id, pair.second_id) not in pairs:
            session.delete(pair)
    session.flush()


def of(session: Session, record_id: str) -> list[str]:
    """Return the other records that are this one, by id, also those that are so by a third."""
    found, open_ids = {record_id}, [record_id]
    while open_ids:
        statement = select(SameRecord.first_id, SameRecord.second_id).where(
            SameRecord.undone.is_(False),
            or_(SameRecord.first_id.in_(open_ids), SameRecord.second_id.in_(open_ids)),
        )
        met = {one for pair in session.execute(statement) for one in pair}
        open_ids = sorted(met - found)
        found |= met
    return sorted(found - {record_id})


def list_pairs(
    session: Session,
    *,
    source_key: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[SameRecord]:
    """Return pairs by ids, also undone ones. Raises CursorError as `paginate`."""
    statement = select(SameRecord) if source_key is None else _of_source(source_key)
    keys = (SameRecord.first_id, SameRecord.second_id)
    return paginate(session, statement, keys, cursor=cursor, limit=limit)


def undo(session: Session, one_id: str, other_id: str) -> SameRecord:
    """Say that two records are not one after all, and return the pair.

    Raises:
        StoreError: They are not such a pair.
    """
    return _set_undone(session, one_id, other_id, undone=True)


def redo(session: Session, one_id: str, other_id: str) -> SameRecord:
    """Take `undo` back, and return the pair. Raises as `undo`."""
    return _set_undone(session, one_id, other_id, undone=False)


def _set_undone(session: Session, one_id: str, other_id: str, *, undone: bool) -> SameRecord:
    pair = session.get(SameRecord, _ordered(one_id, other_id), with_for_update=True)
    if pair is None:
        raise StoreError(
            f"The records {one_id} and {other_id} were not recognised as one. Look the pairs up "
            "in the list of same records."
        )
    pair.undone = undone
    session.flush()
    return pair


def _same_value(source_key: str, column: InstrumentedAttribute[str | None]) -> Select[str, str]:
    """Select pairs whose records share a value that occurs rarely, and once in each source."""
    telling = (
        select(column.label("value"))
        .where(Record.state == ACTIVE, column.is_not(None), column != "")
        .group_by(column)
        .having(
            func.count().between(2, MOST_SHARED),
            func.count() == func.count(Record.source_key.distinct()),
        )
        .subquery()
    )
    other = aliased(Record)
    other_column = getattr(other, column.key)
    return (
        select(Record.id, other.id.label("other_id"))
        .join(telling, telling.c.value == column)
        .join(other, other_column == telling.c.value)
        .where(Record.source_key == source_key, other.source_key != source_key)
        .where(Record.state == ACTIVE, other.state == ACTIVE)
    )


def _same_identifier(source_key: str) -> Select[Any]:
    """Select pairs whose identifiers differ in case at most, with what else must be compared."""
    # Folded in a subquery, which SQLite gives an index of its own.
    others = (
        select(
            Record.id.label("other_id"),
            Record.identifier.label("other_identifier"),
            Record.provider.label("other"),
            func.lower(Record.identifier).label("folded"),
        )
        .where(Record.source_key != source_key, Record.state == ACTIVE)
        .where(Record.provider.is_not(None))
        .subquery()
    )
    return (
        select(Record.id, Record.identifier, Record.provider, *others.c)
        .join(others, others.c.folded == func.lower(Record.identifier))
        .where(Record.source_key == source_key, Record.state == ACTIVE)
        .where(Record.provider.is_not(None))
    )


def _of_source(source_key: str, *, active: bool = False) -> Select[SameRecord]:
    first, second = aliased(Record), aliased(Record)
    statement = (
        select(SameRecord)
        .join(first, first.id == SameRecord.first_id)
        .join(second, second.id == SameRecord.second_id)
        .where(or_(first.source_key == source_key, second.source_key == source_key))
    )
    if active:
        statement = statement.where(and_(first.state == ACTIVE, second.state == ACTIVE))
    return statement


def _folded(identifier: str, provider: str) -> tuple[str, str]:
    return identifier.casefold(), " ".join(provider.casefold().split())


def _ordered(one_id: str, other_id: str) -> tuple[str, str]:
    return (one_id, other_id) if one_id < other_id else (other_id, one_id)
