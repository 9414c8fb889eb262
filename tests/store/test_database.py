from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from iiif_dedup.store.database import Database, upsert
from iiif_dedup.store.models import Counter, HarvestFailure, Lease


def value(database: Database, name: str = "n") -> int | None:
    with database.read() as session:
        row = session.get(Counter, name)
        return None if row is None else row.value


def test_a_write_is_committed_as_a_whole_or_not_at_all(database: Database) -> None:
    with database.write() as session:
        session.add(Counter(name="n", value=1))
    with suppress(KeyError), database.write() as session:
        session.get_one(Counter, "n").value = 2
        session.flush()
        raise KeyError
    assert value(database) == 1


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.write() as session:
        session.add(Counter(name="n", value=1))
    with database.read() as reader:
        statement = text("SELECT value FROM counter")
        assert reader.scalar(statement) == 1
        with database.write() as session:
            session.get_one(Counter, "n").value = 2
        assert reader.scalar(statement) == 1
    assert value(database) == 2


def test_upsert_inserts_updates_or_leaves(database: Database) -> None:
    with database.write() as session:
        upsert(session, Counter, [{"name": "n", "value": 1}], key=["name"])
        upsert(session, Counter, [{"name": "n", "value": 2}], key=["name"])
        upsert(session, Counter, [], key=["name"])
    assert value(database) == 1
    with database.write() as session:
        rows = [{"name": "n", "value": 3}, {"name": "m", "value": 4}]
        upsert(session, Counter, rows, key=["name"], update=["value"])
    assert (value(database), value(database, "m")) == (3, 4)


def test_foreign_keys_are_checked(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(
            HarvestFailure(id="a", harvest_id="none", identifier="x", reason="r", detail="d")
        )


def test_times_are_kept_in_utc(database: Database) -> None:
    moment = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    with database.write() as session:
        session.add(Lease(name="n", owner="o", until=moment))
    with database.read() as session:
        found = session.get_one(Lease, "n").until
        assert found == moment
        assert found.tzinfo is UTC


def test_naive_times_are_refused(database: Database) -> None:
    naive = datetime(2026, 7, 1)  # noqa: DTZ001  what is refused
    with pytest.raises(StatementError, match="expected an aware time"), database.write() as session:
        session.add(Lease(name="n", owner="o", until=naive))


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "c.sqlite3"
    with Database(f"sqlite:///{file}") as database, database.write() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    assert file.exists()
