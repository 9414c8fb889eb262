from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from iiif_dedup.errors import CursorError
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Job, Lease, Source
from iiif_dedup.store.pages import MAX_LIMIT, Page, paginate
from tests.store.examples import FakeClock


def add(database: Database, *names: str) -> None:
    clock = FakeClock()
    with database.write() as session:
        session.add_all(Lease(name=name, owner="o", until=clock.now) for name in names)


def page(
    database: Database, cursor: str | None, *, limit: int = 2, descending: bool = False
) -> Page[Lease]:
    with database.read() as session:
        keys = (Lease.until, Lease.name)
        return paginate(
            session, select(Lease), keys, cursor=cursor, limit=limit, descending=descending
        )


@pytest.mark.parametrize("descending", [False, True])
def test_all_rows_come_once_in_order(database: Database, descending: bool) -> None:
    add(database, *"bdace")
    cursor, names = None, ""
    for _ in range(3):
        found = page(database, cursor, descending=descending)
        names += "".join(row.name for row in found.items)
        cursor = found.next
    assert cursor is None
    assert names == ("edcba" if descending else "abcde")


def test_the_last_full_page_has_no_next(database: Database) -> None:
    add(database, "a", "b")
    assert page(database, None).next is None


def test_rows_that_come_between_two_pages_repeat_nothing(database: Database) -> None:
    add(database, "b", "d", "f")
    first = page(database, None)
    add(database, "a", "c", "e")
    second = page(database, first.next)
    assert [row.name for row in second.items] == ["e", "f"]


def test_limits_are_bounded(database: Database) -> None:
    add(database, *(f"{number:04}" for number in range(MAX_LIMIT + 1)))
    assert len(page(database, None, limit=0).items) == 1
    assert len(page(database, None, limit=10**9).items) == MAX_LIMIT


def cursor_of(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "é",
        "!",
        "A",
        "=" * 100_000,
        cursor_of(None),
        cursor_of({}),
        cursor_of([]),
        cursor_of(["2026-01-01T00:00:00+00:00"]),
        cursor_of(["2026-01-01T00:00:00+00:00", "a", "b"]),
        cursor_of(["2026-01-01T00:00:00", "a"]),
        cursor_of(["yesterday", "a"]),
        cursor_of([1, "a"]),
        cursor_of(["2026-01-01T00:00:00+00:00", 1]),
        cursor_of(["2026-01-01T00:00:00+00:00", "\x00"]),
        cursor_of(["2026-01-01T00:00:00+00:00", "\ud800"]),
    ],
)
def test_cursors_we_never_gave_out_are_refused(database: Database, cursor: str) -> None:
    with pytest.raises(CursorError, match="Start again without a cursor"):
        page(database, cursor)


@given(values=st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text()))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_cursor_does_harm(database: Database, values: list[object]) -> None:
    for keys in ((Job.attempt, Job.id), (Source.key,), (Job.created_at,)):
        with database.read() as session, suppress(CursorError):
            paginate(session, select(keys[0].class_), keys, cursor=cursor_of(values), limit=1)
