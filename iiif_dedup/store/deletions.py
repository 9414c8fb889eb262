"""Tombstones: which records the end of a harvest takes from view, and when it had better ask.

A record goes when the partner called it deleted, or when it was not met in a pass over everything
that came to its end. The latter only if the pass had no failures, but for those that name a record
that is known and so is still there. A harvest that would take more than a tenth of the records
that were there before it, and more than ten, waits for an operator.

What is deleted loses nothing but its place in searches and lists: its images, runs and candidates
stay, and count again when it returns.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from iiif_dedup.store import changes
from iiif_dedup.store.harvest_failures import names_only_known
from iiif_dedup.store.models import Harvest, Record
from iiif_dedup.store.records import ACTIVE, DELETED

LARGEST_PART = 0.1
"""Of a source's records, that a harvest deletes without being asked."""
SMALLEST_LOSS = 10
"""Records that a harvest deletes without being asked, however few the source has."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What the end of a harvest would take from view.

    Attributes:
        records: Of the source, that go.
        absent: Records that were not met but stay, since the pass had failures.
        before: Records of the source that were there before.
    """

    records: int
    absent: int
    before: int

    @property
    def is_large(self) -> bool:
        """Whether an operator is to be asked."""
        return self.records > max(SMALLEST_LOSS, LARGEST_PART * self.before)


def loss(session: Session, harvest: Harvest, *, whole: bool) -> Loss:
    """Return what `apply` would take from view.

    Args:
        session: A session.
        harvest: One that came to its end.
        whole: Whether everything that the partner has was named.
    """
    goes = _goes(session, harvest, whole=whole)
    absent = 0 if not whole else _count(session, harvest, _unseen(harvest), ~goes)
    return Loss(
        records=_count(session, harvest, goes),
        absent=absent,
        before=_count(session, harvest, Record.first_harvest_id != harvest.id),
    )


def apply(session: Session, harvest: Harvest, *, whole: bool) -> int:
    """Delete what goes, and return how many records that were."""
    goes = _goes(session, harvest, whole=whole)
    statement = update(Record).where(_active(harvest), goes).values(state=DELETED)
    deleted = session.execute(statement.returning(Record.id)).all()
    if deleted:
        changes.note(session)
    return len(deleted)


def _goes(session: Session, harvest: Harvest, *, whole: bool) -> ColumnElement[bool]:
    called_deleted = and_(
        Record.deletion_harvest_id.is_not(None), Record.deletion_harvest_id == harvest.id
    )
    if whole and names_only_known(session, harvest):
        return or_(called_deleted, _unseen(harvest))
    return called_deleted


def _unseen(harvest: Harvest) -> ColumnElement[bool]:
    return Record.last_harvest_id != harvest.id


def _active(harvest: Harvest) -> ColumnElement[bool]:
    return and_(Record.source_key == harvest.source_key, Record.state == ACTIVE)


def _count(session: Session, harvest: Harvest, *conditions: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(Record).where(_active(harvest), *conditions)
    return session.scalar(statement) or 0
