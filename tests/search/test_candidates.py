from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from iiif_dedup.search.candidates import fused_score, nearest, union
from iiif_dedup.search.pool import Pool, Query

TILE = np.zeros((32, 32, 3), np.uint8)


def _pool(count: int, **more: object) -> Pool:
    plain = Pool.of_tiles(np.zeros((count, 32, 32, 3), np.uint8))
    return Pool(plain.tiles, plain.image_version_ids, plain.record_ids, **more)  # type: ignore[arg-type]


def test_each_generator_proposes_its_nearest_and_is_remembered() -> None:
    units = np.eye(4, dtype=np.float32)
    bits = np.array([[0] * 8, [255] * 8, [1] + [0] * 7, [255] * 8], np.uint8)
    pool = _pool(4, bits={"phash": bits}, vectors={"frozen": units})
    query = Query(TILE, bits={"phash": np.zeros((1, 8), np.uint8)}, vectors={"frozen": units[3:]})
    norms = np.array([0.9, 0.1, 0.5, 0.8], np.float32)

    found = {one.place: one.generators for one in union(query, pool, norms, np.ones(4, bool), 2)}

    assert found[1] == {"clone": 1, "frozen": 3} or found[1] == {"clone": 1}
    assert found[2]["clone"] == 2
    assert found[2]["phash"] == 2
    assert found[0]["phash"] == 1
    assert found[3]["frozen"] == 1


def test_what_several_generators_find_stands_first() -> None:
    vectors = np.eye(3, dtype=np.float32)
    pool = _pool(3, vectors={"frozen": vectors})
    query = Query(TILE, vectors={"frozen": vectors[2:]})
    found = union(query, pool, np.array([0.1, 0.9, 0.2], np.float32), np.ones(3, bool), 2)
    assert found[0].place in {0, 2}
    assert found[0].generators.keys() == {"clone", "frozen"}
    assert fused_score({"clone": 2, "frozen": 1}) > fused_score({"clone": 1})


def test_the_same_file_stands_before_everything_and_other_files_are_not_proposed() -> None:
    pool = _pool(3, digests=np.array([b"a", b"b", b"a"]))
    norms = np.array([0.1, 0.2, 0.3], np.float32)
    found = union(Query(TILE, digest=b"b"), pool, norms, np.ones(3, bool), 1)
    assert [(one.place, dict(one.generators)) for one in found] == [
        (1, {"sha256": 1}),
        (0, {"clone": 1}),
    ]


def test_a_query_without_a_fingerprint_is_found_by_what_it_has() -> None:
    pool = _pool(2, bits={"phash": np.zeros((2, 8), np.uint8)}, digests=np.array([b"", b""]))
    found = union(Query(TILE), pool, np.zeros(2, np.float32), np.ones(2, bool), 5)
    assert all(one.generators.keys() == {"clone"} for one in found)


def test_the_excluded_are_proposed_by_nobody() -> None:
    pool = _pool(3, digests=np.array([b"a", b"a", b"a"]))
    eligible = np.array([True, False, True])
    found = union(Query(TILE, digest=b"a"), pool, np.zeros(3, np.float32), eligible, 5)
    assert {one.place for one in found} == {0, 2}


@given(
    hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 4)),
    st.integers(1, 50),
    st.randoms(),
)
def test_the_nearest_are_as_a_full_sort_says(
    distances: NDArray[np.int64], count: int, random: object
) -> None:
    eligible = np.random.default_rng(len(distances)).random(len(distances)) < 0.7
    ids = np.array([f"{i * 7919 % 97:02}".encode() for i in range(len(distances))])
    expected = sorted(np.flatnonzero(eligible).tolist(), key=lambda i: (distances[i], ids[i]))
    assert nearest(distances, eligible, ids, count).tolist() == expected[:count]


def test_the_parts_of_a_picture_propose_beside_the_whole() -> None:
    vectors = np.eye(4, dtype=np.float32)
    pool = _pool(4, vectors={"frozen": vectors})
    query = Query(TILE, vectors={"frozen": vectors[[2, 3, 1]]})
    found = union(query, pool, np.array([0, 1, 1, 1], np.float32), np.ones(4, bool), 1)
    assert {one.place: dict(one.generators) for one in found} == {
        0: {"clone": 1},
        1: {"frozen_parts": 1},
        2: {"frozen": 1},
    }
