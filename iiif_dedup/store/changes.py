"""A number that tells whoever keeps the pool elsewhere that it is not what it was.

New versions of images tell themselves by their sequence. Whatever else retires a version, brings
one back, or adds to what is known of its bytes must call `note`, in the transaction that does it
and behind its other writes, since it holds a lock.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from iiif_dedup.store.database import upsert
from iiif_dedup.store.models import Counter

CHANGES = "pool_changes"
"""Name of the counter."""
PURGES = "pool_purges"
"""Name of the counter of purges: copies of the pool that are older are to be thrown away."""


def count(session: Session) -> int:
    """Return how often `note` was called, as the session sees it."""
    return session.scalar(select(Counter.value).where(Counter.name == CHANGES)) or 0


def note(session: Session) -> None:
    """Say that the pool has changed in another way than by new versions."""
    _raise(session, CHANGES)


def count_purges(session: Session) -> int:
    """Return how often `note_purge` was called, as the session sees it."""
    return session.scalar(select(Counter.value).where(Counter.name == PURGES)) or 0


def note_purge(session: Session) -> None:
    """Say that pixels were deleted, which nobody may keep."""
    _raise(session, PURGES)


def _raise(session: Session, name: str) -> None:
    upsert(session, Counter, [{"name": name, "value": 0}], key=["name"])
    session.execute(update(Counter).where(Counter.name == name).values(value=Counter.value + 1))
