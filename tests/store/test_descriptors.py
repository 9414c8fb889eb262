from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from iiif_dedup.store import descriptors, images
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.models import Image, Record
from tests.store.examples import picture, record, see_all, seen, store

ONE, TWO = "one/1", "two/1"


def vector(seed: int, version: str = ONE) -> Vector:
    return Vector(seen(seed).sha256, version, bytes([seed, 0]))


def add(database: Database, *vectors: Vector) -> None:
    with database.write() as session:
        descriptors.add(session, vectors)


def numbered(database: Database, version: str = ONE, behind: int = 0) -> list[tuple[int, Vector]]:
    with database.read() as session:
        return descriptors.vectors_after(session, behind, version, limit=100)


def lacking(database: Database, *versions: str, behind: str = "", limit: int = 100) -> list[str]:
    with database.read() as session:
        slots = descriptors.undescribed(session, "athens", versions, behind=behind, limit=limit)
        return [slot.image_id for slot in slots]


def test_vectors_are_numbered_in_their_order_without_gaps(database: Database) -> None:
    add(database, vector(3), vector(1, TWO), vector(2))
    add(database)
    add(database, vector(1))
    assert numbered(database) == [(1, vector(3)), (3, vector(2)), (4, vector(1))]
    assert numbered(database, TWO) == [(2, vector(1, TWO))]
    assert numbered(database, behind=3) == [(4, vector(1))]


def test_what_is_there_already_stays_and_takes_no_number(database: Database) -> None:
    add(database, vector(1), vector(1))
    add(database, replace(vector(1), values=b"xx"), vector(2))
    assert numbered(database) == [(1, vector(1)), (2, vector(2))]


def test_vectors_are_found_by_their_bytes_and_version(database: Database) -> None:
    add(database, vector(1), vector(2, TWO))
    with database.read() as session:
        asked = [seen(seed).sha256 for seed in (1, 2, 3)]
        assert descriptors.described(session, asked, ONE) == {seen(1).sha256}
        assert descriptors.vectors_of(session, asked, TWO) == {seen(2).sha256: bytes([2, 0])}


def test_all_that_described_some_bytes_is_told_latest_first(database: Database) -> None:
    add(database, vector(1), vector(2), vector(1, TWO))
    with database.read() as session:
        found = descriptors.of_content(session, seen(1).sha256)
        assert list(found.items()) == [(TWO, bytes([1, 0])), (ONE, bytes([1, 0]))]
        assert descriptors.of_content(session, seen(3).sha256) == {}


def test_ready_images_of_active_records_lack_what_they_have_not(database: Database) -> None:
    store(database, [record(n) for n in range(4)])
    see_all(database)
    store(database, [record(8)])
    store(database, [record(9)], key="kavala")
    see_all(database, key="kavala", first_seed=50)
    with database.write() as session:
        slots = list(session.scalars(select(Image).join(Record).where(Image.state == "ready")))
        athens = sorted(slot.id for slot in slots if slot.record.source_key == "athens")
        gone = session.get_one(Record, session.get_one(Image, athens[0]).record_id)
        gone.state = "deleted"
    assert lacking(database, ONE) == athens[1:]
    assert lacking(database) == []
    assert lacking(database, ONE, behind=athens[1], limit=1) == athens[2:3]
    add(database, *(vector(seed) for seed in range(4)), vector(0, TWO), vector(1, TWO))
    assert lacking(database, ONE) == []
    assert set(lacking(database, ONE, TWO)) == set(lacking(database, TWO)) < set(athens)


def test_a_ready_slot_takes_again_what_is_seen_in_it(database: Database) -> None:
    store(database, [record(n) for n in range(2)])
    see_all(database)
    with database.read() as session:
        here, moved = descriptors.undescribed(session, "athens", [ONE], behind="", limit=2)
    elsewhere = replace(moved, ref=picture(name="elsewhere"))
    with database.write() as session:
        images.reopen(session, [here, elsewhere])
        images.store_results(session, [(here, seen(7)), (elsewhere, seen(8))])
    with database.read() as session:
        assert images.counts(session)[ImageState.READY] == 2
        digests = {row.current_version_id for row in session.scalars(select(Image))}
    assert len(digests) == 2
    assert here.image_id in lacking(database, ONE)
