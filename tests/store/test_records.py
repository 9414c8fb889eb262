from __future__ import annotations

from iiif_dedup.store import records
from iiif_dedup.store.database import Database
from tests.store.examples import record, store


def test_a_record_is_found_by_identifier_and_by_manifest(database: Database) -> None:
    store(database, [record(1), record(2)])
    store(database, [record(1)], key="kavala")
    url = record(1).identifier
    with database.read() as session:
        athens, kavala = (records.find(session, key, url) for key in ("athens", "kavala"))
        assert athens is not None
        assert kavala is not None
        assert athens.id != kavala.id
        assert records.get(session, athens.id) is athens
        assert {r.id for r in records.find_by_manifest(session, url)} == {athens.id, kavala.id}
        assert records.find(session, "athens", "none") is None
        assert records.find_by_manifest(session, "none\x00") == []
        assert records.get(session, "none") is None


def test_records_are_listed_by_source(database: Database) -> None:
    store(database, [record(n) for n in range(5)])
    store(database, [record(9)], key="kavala")
    with database.read() as session:
        first = records.list_records(session, source_key="athens", limit=3)
        rest = records.list_records(session, source_key="athens", limit=3, cursor=first.next)
        found = [r.id for r in (*first.items, *rest.items)]
        assert found == sorted(found)
        assert len(found) == 5
        assert len(records.list_records(session).items) == 6
