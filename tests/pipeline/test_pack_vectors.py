"""Descriptors' vectors in the packs, also those that come after their images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.pipeline import Packs, pack_vectors
from iiif_dedup.pipeline.pool_view import PoolView
from iiif_dedup.store import descriptors, images
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector
from iiif_dedup.store.ids import record_id
from tests.store.examples import PREPROCESSING, record, see_all, seen, store

FIRST = record_id("athens", record(0).identifier)


@dataclass(frozen=True)
class Fake:
    version: str = "fake/1"
    name: str = "fake"
    dimensions: int = 4

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        raise AssertionError("the packs describe nothing")


def vector(sha256: str, version: str = "fake/1") -> Vector:
    """Return a vector that follows from the bytes and the version."""
    seed = hashlib.sha256(f"{sha256}{version}".encode()).digest()
    values = np.frombuffer(seed[:4], dtype=np.uint8).astype(np.float16) + 1
    return Vector(sha256, version, values.astype("<f2").tobytes())


def add(database: Database, seeds: Sequence[int], version: str = "fake/1") -> None:
    with database.write() as session:
        descriptors.add(session, [vector(seen(seed).sha256, version) for seed in seeds])


def view(packs: Packs, database: Database) -> PoolView:
    with database.read() as session:
        return packs.view(session, FIRST)


def expected(seeds: Sequence[int | None]) -> list[bytes]:
    return [bytes(8) if seed is None else vector(seen(seed).sha256).values for seed in seeds]


def rows(found: PoolView) -> list[bytes]:
    return [row.tobytes() for row in found.pool.vectors["fake"]]


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path / "packs", lambda: [Fake()])


def test_vectors_come_with_their_images_or_later(
    database: Database, packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_vectors, "CHUNK", 2)
    store(database, [record(n) for n in range(5)])
    see_all(database)
    add(database, [0, 3])
    first = view(packs, database)
    assert rows(first) == expected([0, None, None, 3, None])
    assert first.described == {"fake": 2}
    assert first.descriptor_versions == {"fake": "fake/1"}
    for late in ([4], [], [1, 2]):
        before = view(packs, database).hash()
        add(database, late)
        assert (view(packs, database).hash() != before) == bool(late)
        assert rows(view(packs, database)) == rows(
            view(Packs(tmp_path / "x", lambda: [Fake()]), database)
        )
    assert rows(view(packs, database)) == expected([0, 1, 2, 3, 4])
    store(database, [record(9)], job_id="later")
    see_all(database, first_seed=70)
    add(database, [70])
    assert rows(view(packs, database)) == expected([0, 1, 2, 3, 4, 70])


def test_a_process_that_starts_later_fills_what_came_meanwhile(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    store(database, [record(n) for n in range(5)])
    see_all(database)
    view(packs, database)
    add(database, range(5))
    again = Packs(tmp_path / "packs", lambda: [Fake()])
    assert rows(view(again, database)) == expected([0, 1, 2, 3, 4])
    # The first one sees what the other has filled in.
    assert rows(view(packs, database)) == expected([0, 1, 2, 3, 4])
    assert view(packs, database).described == {"fake": 5}


def test_the_same_bytes_twice_share_their_vector(database: Database, packs: Packs) -> None:
    store(database, [record(n) for n in range(3)])
    with database.write() as session:
        for image in images.pending(session, "athens", limit=9):
            images.store_results(session, [(image, seen(7))])
    view(packs, database)
    add(database, [7])
    assert rows(view(packs, database)) == expected([7, 7, 7])


def test_digests_that_end_with_zeros_are_found(database: Database, packs: Packs) -> None:
    seed = next(n for n in range(10_000) if seen(n).sha256.endswith("00"))
    store(database, [record(n) for n in range(2)])
    see_all(database, first_seed=seed)
    add(database, [seed])
    assert rows(view(packs, database)) == expected([seed, None])
    add(database, [seed + 1])
    assert rows(view(packs, database)) == expected([seed, seed + 1])


def test_another_version_has_its_own_rows(database: Database, packs: Packs, tmp_path: Path) -> None:
    store(database, [record(n) for n in range(2)])
    see_all(database)
    add(database, [0, 1])
    add(database, [1], version="other/2")
    assert rows(view(packs, database)) == expected([0, 1])
    other = view(Packs(tmp_path / "packs", lambda: [Fake("other/2")]), database)
    assert rows(other) == [bytes(8), vector(seen(1).sha256, "other/2").values]


def test_a_query_has_the_vectors_of_its_image(database: Database, packs: Packs) -> None:
    from iiif_dedup.store import runs

    store(database, [record(n) for n in range(2)])
    see_all(database)
    with database.read() as session:
        (anchor,) = runs.anchors(session, FIRST, PREPROCESSING)
    assert view(packs, database).query(anchor, {}).vectors == {}
    add(database, [0, 1])
    query = view(packs, database).query(anchor, {})
    assert query.vectors["fake"].shape[0] == 1
    assert query.vectors["fake"].astype("<f2").tobytes() == vector(anchor.sha256).values
    parts = np.ones((2, query.vectors["fake"].shape[1]), np.float32)
    with_parts = view(packs, database).query(anchor, {"fake": parts, "unknown": parts})
    assert with_parts.vectors.keys() == {"fake"}
    assert np.array_equal(with_parts.vectors["fake"][1:], parts)
    assert query.digest.hex() == anchor.sha256
    assert query.bits["phash"].shape == (8, 8)
