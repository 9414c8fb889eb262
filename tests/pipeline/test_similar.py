"""Find similar: the order, what is left out, and where the vectors come from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from iiif_dedup.errors import PoolBusyError
from iiif_dedup.pipeline import Packs, similar
from iiif_dedup.pipeline.similar import SimilarFinder, SimilarPictures, own_vectors
from iiif_dedup.process.descriptors.parts import version_of_parts
from iiif_dedup.store import clones, descriptors, removal, same_records
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector
from iiif_dedup.store.ids import record_id
from iiif_dedup.types import RecordView
from tests.store.examples import record, see_all, seen, store

NAME, VERSION = "one", "one/weights/1"
FIRST = record_id("athens", record(0).identifier)


def anyone(_: RecordView) -> bool:
    return True


def at(degrees: float) -> bytes:
    """Return a unit vector at that angle from the first picture's."""
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)], dtype="<f2").tobytes()


def name(number: int) -> str:
    return record_id("athens", record(number).identifier)


def fill(database: Database, count: int, *, pictures: int = 1) -> None:
    store(database, [record(n, pictures=pictures) for n in range(count)])
    see_all(database)


def describe(database: Database, angles: Sequence[float], version: str = VERSION) -> None:
    """Give the pictures of record 0, then of record 1, … vectors at these angles."""
    with database.write() as session:
        records = clones.load_records(session, [name(n) for n in range(9)])
        contents = [image.sha256 or "" for one in records for image in one.images]
        vectors = [
            Vector(content, version, at(angle))
            for content, angle in zip(contents, angles, strict=False)
        ]
        descriptors.add(session, vectors)


@pytest.fixture
def finder(tmp_path: Path) -> SimilarFinder:
    return SimilarFinder(tmp_path / "packs")


def find(
    finder: SimilarFinder,
    database: Database,
    *,
    of: str = FIRST,
    limit: int = 9,
    accept: Callable[[RecordView], bool] = anyone,
) -> SimilarPictures:
    with database.read() as session:
        (image, *_) = clones.load_records(session, [of])[0].images
        own = own_vectors(session, image)[NAME]
        return finder.find(session, of, own, limit=limit, accept=accept)


def shown(found: SimilarPictures) -> list[tuple[str, int]]:
    return [(one.record.id, one.image.position) for one in found.nearest]


def test_the_nearest_come_first_and_the_farthest_stands_alone(
    database: Database, finder: SimilarFinder
) -> None:
    fill(database, 5)
    describe(database, [0, 60, 10, 180, 90])
    found = find(finder, database, limit=2)
    assert shown(found) == [(name(2), 0), (name(1), 0)]
    assert found.nearest[0].similarity == pytest.approx(np.cos(np.radians(10)), abs=1e-3)
    assert found.farthest is not None
    assert (found.farthest.record.id, found.farthest.similarity) == (name(3), -1.0)
    assert (found.compared, found.undescribed) == (4, 0)
    assert shown(find(finder, database, of=name(3), limit=1)) == [(name(4), 0)]


def test_a_record_is_shown_once_by_its_best_picture_and_its_own_never(
    database: Database, finder: SimilarFinder
) -> None:
    fill(database, 3, pictures=2)
    describe(database, [0, 5, 90, 20, 30, 170])
    found = find(finder, database)
    assert shown(found) == [(name(1), 1), (name(2), 0)]
    assert found.compared == 4
    # Both ends would be the record that is among the nearest.
    assert found.farthest is None
    one = find(finder, database, limit=1)
    assert one.farthest is not None
    assert (one.farthest.record.id, one.farthest.image.position) == (name(2), 1)


def test_what_is_gone_or_the_same_record_is_left_out(
    database: Database, finder: SimilarFinder
) -> None:
    fill(database, 4)
    describe(database, [0, 10, 20, 30])
    assert [one for one, _ in shown(find(finder, database))] == [name(1), name(2), name(3)]
    pair = (FIRST, name(1)) if name(1) > FIRST else (name(1), FIRST)
    with database.write() as session:
        removal.withdraw(session, name(2))
        same_records.store(session, "athens", {pair: "manifest"})
    assert [one for one, _ in shown(find(finder, database))] == [name(3)]
    with database.write() as session:
        removal.restore(session, name(2))
    assert [one for one, _ in shown(find(finder, database))] == [name(2), name(3)]


def test_sources_are_kept_or_left_out_however_far_they_are(
    database: Database, finder: SimilarFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "LOOKED_AT", 1)
    fill(database, 4)
    describe(database, [0, 10, 20, 30])
    store(database, [record(9)], key="kavala")
    see_all(database, key="kavala", first_seed=50)
    kavala = record_id("kavala", record(9).identifier)
    with database.write() as session:
        descriptors.add(session, [Vector(seen(50).sha256, VERSION, at(90))])
    with database.read() as session:
        own = own_vectors(session, clones.load_records(session, [FIRST])[0].images[0])[NAME]

        def asked(**sources: str) -> tuple[int, list[str]]:
            found = finder.find(session, FIRST, own, limit=9, accept=anyone, **sources)
            return found.compared, [one.record.id for one in found.nearest]

        assert asked(only_source="kavala") == (1, [kavala])
        assert asked(without_source="athens") == (1, [kavala])
        assert asked(without_source="kavala") == (3, [name(1)])
        assert asked(only_source="nobody") == (0, [])


def test_late_vectors_are_met_and_missing_ones_are_counted(
    database: Database, finder: SimilarFinder
) -> None:
    fill(database, 3)
    describe(database, [0, 10])
    found = find(finder, database)
    assert (shown(found), found.compared, found.undescribed) == ([(name(1), 0)], 1, 1)
    describe(database, [0, 10, 5])
    found = find(finder, database)
    assert (shown(found), found.undescribed) == ([(name(2), 0), (name(1), 0)], 0)


def test_a_rare_record_is_looked_for_within_a_limit(
    database: Database, finder: SimilarFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "_FIRST_CHUNK", 2)
    fill(database, 9)
    describe(database, range(0, 90, 10))
    assert shown(find(finder, database, accept=lambda one: one.id == name(8))) == [(name(8), 0)]
    monkeypatch.setattr(similar, "LOOKED_AT", 7)
    assert shown(find(finder, database, accept=lambda one: one.id == name(8))) == []


def test_a_picture_is_known_by_its_latest_descriptors(database: Database) -> None:
    fill(database, 1)
    for version in (
        "one/old/1", "two/weights/1", VERSION, version_of_parts(VERSION), f"{VERSION}/halves",
    ):  # fmt: skip
        describe(database, [0], version)
    with database.read() as session:
        (image,) = clones.load_records(session, [FIRST])[0].images
        found = own_vectors(session, image)
    assert {own.name: own.version for own in found.values()} == {
        NAME: VERSION, "two": "two/weights/1",
    }  # fmt: skip
    assert found[NAME].dimensions == 2


def test_packs_that_workers_keep_are_the_same(
    database: Database, finder: SimilarFinder, tmp_path: Path
) -> None:
    fill(database, 3)
    describe(database, [0, 10, 20])
    with database.read() as session:
        (image,) = clones.load_records(session, [FIRST])[0].images
        own = own_vectors(session, image)[NAME]
        Packs(tmp_path / "packs", lambda: [own]).pool(session)
    files = {path for path in (tmp_path / "packs").rglob("*") if path.is_file()}
    assert len(find(finder, database).nearest) == 2
    assert {path for path in (tmp_path / "packs").rglob("*") if path.is_file()} == files


def test_nobody_waits_long_for_packs_that_are_being_made(
    database: Database, finder: SimilarFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "_WAIT_S", 0.05)
    fill(database, 2)
    describe(database, [0, 10])
    entered, leave = threading.Event(), threading.Event()
    views = Packs.view

    def slow(self: Packs, *arguments: object) -> object:
        entered.set()
        leave.wait(10)
        return views(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Packs, "view", slow)
    first = threading.Thread(target=lambda: find(finder, database))
    first.start()
    try:
        assert entered.wait(10)
        with pytest.raises(PoolBusyError, match="ask again later"):
            find(finder, database)
    finally:
        leave.set()
        first.join()
