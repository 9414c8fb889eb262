"""Events: what an operator should know, kept until somebody looks.

Kinds:

- `harvest_failed`: a harvest job has ended without finishing its harvest, and will not be tried
  again by itself; the subject is the source.
- `harvest_waiting`: a harvest would delete much, and waits for somebody to confirm or dismiss it;
  the subject is the source.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.ids import stable_id
from iiif_dedup.store.models import Event
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.text import storable
from iiif_dedup.types import Json

HARVEST_FAILED = "harvest_failed"
HARVEST_WAITING = "harvest_waiting"


def add(
    session: Session,
    kind: str,
    subject: str,
    detail: Mapping[str, Json],
    *,
    clock: Clock = utc_now,
) -> None:
    """Store an event in the transaction of what it tells."""
    event = Event(
        id=stable_id(uuid.uuid4().hex),
        kind=kind,
        subject=storable(subject),
        detail=dict(detail),
        created_at=clock(),
    )
    session.add(event)


def list_events(session: Session, *, cursor: str | None = None, limit: int = 50) -> Page[Event]:
    """Return events, newest first. Raises CursorError as `paginate`."""
    keys = (Event.created_at, Event.id)
    return paginate(session, select(Event), keys, cursor=cursor, limit=limit, descending=True)
