from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iiif_dedup.errors import StoreError
from iiif_dedup.store import same_records
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.models import Source
from iiif_dedup.types import Record
from tests.store.examples import record, store

PAGE = "https://museum.example/1"


def plain(number: int, **columns: str) -> Record:
    """Return a record that shares nothing with others but what is given."""
    given: dict[str, Any] = {"identifier": f"urn:{number}", "manifest_url": None, **columns}
    return replace(record(number), **given)


def recognise(database: Database, key: str) -> dict[tuple[str, str], str]:
    with database.read() as session:
        pairs = same_records.find(session, key)
    with database.write() as session:
        same_records.store(session, key, pairs)
    return pairs


def pair(one: str, other: str) -> tuple[str, str]:
    """Return the ids of the records so called at the owner and the aggregator, in order."""
    first, second = sorted((record_id("owner", one), record_id("portal", other)))
    return first, second


@pytest.mark.parametrize(
    ("rule", "at_owner", "at_portal"),
    [
        ("landing_page", {"landing_page": PAGE}, {"landing_page": PAGE}),
        ("manifest", {"manifest_url": PAGE}, {"manifest_url": PAGE}),
        (
            "identifier",
            {"identifier": "Inv-1a", "provider": "Μουσείο"},
            {"identifier": "INV-1A", "provider": "ΜΟΥΣΕΊΟ"},
        ),
    ],
)
def test_a_record_by_two_routes_is_recognised(
    database: Database, rule: str, at_owner: dict[str, str], at_portal: dict[str, str]
) -> None:
    owned, shown = plain(1, **at_owner), plain(2, **at_portal)
    store(database, [owned, plain(3)], key="owner")
    store(database, [shown, plain(4)], key="portal")
    expected = pair(owned.identifier, shown.identifier)
    for key in ("owner", "portal"):
        assert recognise(database, key) == {expected: rule}
    with database.read() as session:
        assert same_records.of(session, expected[0]) == [expected[1]]
        assert len(same_records.list_pairs(session, source_key="owner").items) == 1


def test_what_is_no_identity(database: Database) -> None:
    """The same source, a shared front page, another provider, the same picture."""
    store(database, [plain(1, landing_page=PAGE), plain(2, landing_page=PAGE)], key="owner")
    store(database, [plain(3, landing_page=PAGE)], key="portal")
    store(database, [plain(4, provider="A", identifier="x")], key="owner", job_id="b")
    store(database, [plain(5, provider="B", identifier="x")], key="portal", job_id="b")
    store(database, [plain(6, landing_page="")], key="owner", job_id="c")
    store(database, [plain(7, landing_page="")], key="portal", job_id="c")
    assert recognise(database, "owner") == {}
    for number in range(6):
        front = plain(8, landing_page="https://portal.example/")
        store(database, [front], key=f"museum-{number}")
    assert recognise(database, "museum-0") == {}


def test_undone_stays_undone_and_what_is_none_any_more_goes(database: Database) -> None:
    store(database, [plain(1, landing_page=PAGE)], key="owner")
    store(database, [plain(2, landing_page=PAGE)], key="portal")
    first, second = pair("urn:1", "urn:2")
    recognise(database, "owner")
    with database.write() as session:
        assert same_records.undo(session, second, first).undone
        with pytest.raises(StoreError, match="not recognised"):
            same_records.undo(session, first, "unknown")
    recognise(database, "owner")
    with database.read() as session:
        assert same_records.of(session, first) == []
        assert len(same_records.list_pairs(session).items) == 1
    with database.write() as session:
        assert not same_records.redo(session, first, second).undone
    store(
        database, [plain(1, landing_page="https://museum.example/other")], key="owner", job_id="b"
    )
    recognise(database, "owner")
    with database.read() as session:
        assert not same_records.list_pairs(session).items


def test_a_third_route_is_the_same_record_too(database: Database) -> None:
    store(database, [plain(1, landing_page=PAGE)], key="owner")
    store(database, [plain(2, landing_page=PAGE, manifest_url="https://m")], key="portal")
    store(database, [plain(3, manifest_url="https://m")], key="third")
    recognise(database, "portal")
    with database.read() as session:
        assert session.get(Source, "third") is not None
        others = same_records.of(session, record_id("owner", "urn:1"))
    assert others == sorted([record_id("portal", "urn:2"), record_id("third", "urn:3")])
