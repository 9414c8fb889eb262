"""One way to page through a list: by the keys of its last row, in an opaque cursor.

A cursor is base64url of the JSON array of the last row's keys, so that rows which come or go
between two pages are neither repeated nor skipped.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Integer, Select, String, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from iiif_dedup.errors import CursorError
from iiif_dedup.store.models import UtcDateTime
from iiif_dedup.store.text import storable

Row = TypeVar("Row")
MAX_LIMIT = 1000
"""Most rows of one page, whatever the caller asks for."""
_MAX_CURSOR = 4096


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list.

    Attributes:
        items: The rows, in the order of the list.
        next: What to pass as `cursor` for the following page; None on the last one.
    """

    items: tuple[Row, ...]
    next: str | None


def paginate(
    session: Session,
    statement: Select[Row],
    keys: Sequence[InstrumentedAttribute[Any]],
    *,
    cursor: str | None,
    limit: int,
    descending: bool = False,
) -> Page[Row]:
    """Return the page of `statement` that follows `cursor`.

    Args:
        session: An open session.
        statement: Selects one entity, unordered.
        keys: Columns of that entity, never null, that order the list and are unique together.
        cursor: `Page.next` of the page before; None for the first page.
        limit: Most rows; taken as 1 when smaller and as `MAX_LIMIT` when larger.
        descending: Whether the largest keys come first.

    Raises:
        CursorError: `cursor` did not come from such a list.
    """
    limit = min(max(limit, 1), MAX_LIMIT)
    if cursor is not None:
        after = tuple_(*_decode(cursor, keys))
        row = tuple_(*keys)
        statement = statement.where(row < after if descending else row > after)
    order = [key.desc() if descending else key.asc() for key in keys]
    rows = session.scalars(statement.order_by(*order).limit(limit + 1)).all()
    items = tuple(rows[:limit])
    return Page(items, _encode(items[-1], keys) if len(rows) > limit else None)


def _encode(row: object, keys: Sequence[InstrumentedAttribute[Any]]) -> str:
    values = [getattr(row, key.key) for key in keys]
    text = json.dumps([v.isoformat() if isinstance(v, datetime) else v for v in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, keys: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    """Return the cursor's values, bound to the types of `keys`; a cursor comes from outside."""
    try:
        padded = cursor[:_MAX_CURSOR].encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        # strict= raises ValueError when there are more or fewer values than keys.
        pairs = list(zip(values, keys, strict=True))
        return [literal(_typed(value, key), key.type) for value, key in pairs]
    except (ValueError, TypeError, RecursionError) as error:
        raise CursorError(
            f"The cursor {cursor[:80]!r} is not one that this list gave out. "
            "Start again without a cursor."
        ) from error


def _typed(value: object, key: InstrumentedAttribute[Any]) -> object:
    """Return the JSON value as the Python value of the column.

    Raises:
        ValueError: It is none.
    """
    fits = False
    if isinstance(key.type, UtcDateTime) and isinstance(value, str):
        value = datetime.fromisoformat(value)
        fits = value.tzinfo is not None
    elif isinstance(key.type, Integer):
        # bool is an int to Python, but no key is one.
        fits = type(value) is int and abs(value) < 2**63
    elif isinstance(key.type, String):
        fits = isinstance(value, str) and storable(value) == value
    if not fits:
        raise ValueError(f"{value!r} is no value of {key.key}")
    return value
