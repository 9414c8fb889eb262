from __future__ import annotations

import pytest

from iiif_dedup.errors import StoreError
from iiif_dedup.store import sources
from iiif_dedup.store.database import Database
from tests.store.examples import add_source


def test_a_source_is_created_changed_and_found(database: Database) -> None:
    with database.write() as session:
        add_source(session)
        sources.update(session, "athens", title="Μουσείο", options={"page": 5}, enabled=False)
    with database.read() as session:
        source = sources.get_one(session, "athens")
        assert (source.title, source.options, source.enabled) == ("Μουσείο", {"page": 5}, False)
        assert source.endpoint == "https://athens.example/collection.json"
        assert source.politeness == {}
        assert sources.get(session, "kavala") is None


@pytest.mark.parametrize("key", ["", "-a", "A", "a b", "é", "a" * 65, "a\n", "a/b", "a\x00"])
def test_keys_that_cannot_stand_in_urls_are_refused(database: Database, key: str) -> None:
    with database.write() as session, pytest.raises(StoreError, match="Expected a source key"):
        add_source(session, key)


def test_a_key_is_taken_once(database: Database) -> None:
    with database.write() as session:
        add_source(session, "a" * 64)
        with pytest.raises(StoreError, match="already"):
            add_source(session, "a" * 64)


def test_changing_an_unknown_source_says_so(database: Database) -> None:
    with database.write() as session, pytest.raises(StoreError, match="no source 'kavala'"):
        sources.update(session, "kavala", title="x")


def test_sources_are_listed_by_key(database: Database) -> None:
    with database.write() as session:
        for key in ("volos", "athens", "kavala"):
            add_source(session, key)
    with database.read() as session:
        first = sources.list_sources(session, limit=2)
        rest = sources.list_sources(session, limit=2, cursor=first.next)
    assert [s.key for s in (*first.items, *rest.items)] == ["athens", "kavala", "volos"]
