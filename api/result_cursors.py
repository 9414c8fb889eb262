"""Cursors of a search's result: bound to the run and the scope, they go on behind a place."""

from __future__ import annotations

import base64
import binascii
import json
from typing import NamedTuple

from api.scopes import is_scope
from iiif_dedup.errors import CursorError
from iiif_dedup.types import Suggestion


class Place(NamedTuple):
    """Where a suggestion stands among those of its run, which do not change.

    Attributes:
        improbability: 1 − probability, or 2 where nothing was weighed.
        rank: Of its best picture.
    """

    improbability: float
    rank: int


BEFORE_ALL = Place(-1.0, 0)


def place(suggestion: Suggestion) -> Place:
    """Return where a suggestion stands."""
    evidence = suggestion.best.evidence
    return Place(2.0 if evidence is None else 1 - evidence.probability, suggestion.best.rank)


def write_cursor(run_id: str, scope: str, after: Place) -> str:
    """Return a cursor that goes on behind a place of a run's result."""
    text = json.dumps([run_id, scope, *after])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[str, str, Place]:
    """Return run, scope and place of a cursor.

    Raises:
        CursorError: No list gave it out.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        run_id, scope, improbability, rank = json.loads(
            base64.b64decode(padded, altchars=b"-_", validate=True)
        )
        is_ours = isinstance(run_id, str) and isinstance(scope, str) and is_scope(scope)
        if not is_ours or type(improbability) is not float or type(rank) is not int:
            raise ValueError("not the right members")  # noqa: TRY301
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise CursorError("is not one that this list gave out; start without it") from error
    return run_id, scope, Place(improbability, rank)
