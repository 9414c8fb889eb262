"""Events: what an operator should know, such as a harvest that failed."""

from __future__ import annotations

from typing import Any

from api.auth import require_key
from api.context import service
from api.openapi import Blueprint
from api.schemas.common import PageQuery
from api.schemas.harvesting import EventPage
from iiif_dedup.store import events

blp = Blueprint("events", __name__, description="What an operator should know.")


@blp.endpoint("/events", query=PageQuery, returns=EventPage, fails=(401,))
def list_events(query: dict[str, Any]) -> dict[str, Any]:
    """List the events, newest first."""
    require_key()
    with service().database.read() as session:
        page = events.list_events(session, **query)
        return {"items": list(page.items), "next": page.next}
