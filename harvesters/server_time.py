"""When a harvest began by the partner's clock, from which the next one asks for changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from iiif_dedup.types import Json

OVERLAP = timedelta(days=1)
"""How far back the next harvest asks: partners index what was changed hours later."""


def bookmark(headers: Mapping[str, str]) -> dict[str, Json]:
    """Return `{"since": …}` for the answer to a harvest's first request, an overlap before it.

    Args:
        headers: Of the answer; the time is its `Date`, ours where that is missing or no date.
    """
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        now = datetime.now(UTC)
    return {"since": (now - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")}


def since_time(since: Mapping[str, Json] | None) -> datetime | None:
    """Return the time in a bookmark; None without one, or when it is of another harvester."""
    value = since.get("since") if since else None
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
