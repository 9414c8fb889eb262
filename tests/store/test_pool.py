from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from iiif_dedup.store import pool
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Record
from tests.store.examples import PREPROCESSING, record, see_all, seen, store, tile


def test_versions_come_by_sequence(database: Database) -> None:
    store(database, [record(n) for n in range(3)])
    see_all(database)
    with database.read() as session:
        rows = pool.versions_after(session, 0, PREPROCESSING, limit=2)
        assert [row.sequence for row in rows] == [1, 2]
        assert [row.pixels for row in rows] == [tile(0), tile(1)]
        assert [row.sha256 for row in rows] == [seen(0).sha256, seen(1).sha256]
        rest = pool.versions_after(session, 2, PREPROCESSING, limit=2)
        assert [row.sequence for row in rest] == [3]
        assert pool.versions_after(session, 3, PREPROCESSING, limit=2) == []
        assert pool.versions_after(session, 0, "other", limit=2) == []
        assert pool.version_ids(session, [3, 9, 1]) == [
            rows[0].image_version_id,
            rest[0].image_version_id,
        ]


def test_current_is_what_is_ready_in_an_active_record(database: Database) -> None:
    store(database, [record(n, pictures=2) for n in range(3)])
    see_all(database)
    shorter = replace(record(0), images=record(0).images[:1])
    store(database, [shorter], job_id="later")
    with database.write() as session:
        identifier = record(1).identifier
        session.scalars(select(Record).where(Record.identifier == identifier)).one().state = "x"
    with database.read() as session:
        assert pool.highest_sequence(session) == 6
        assert len(pool.retired_sequences(session)) == 3


def test_an_empty_database_has_an_empty_pool(database: Database) -> None:
    with database.read() as session:
        assert pool.highest_sequence(session) == 0
        assert pool.retired_sequences(session) == []
        assert pool.version_ids(session, [1]) == []
