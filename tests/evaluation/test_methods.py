"""The product's generators as the haystack's methods, on tiles that are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from iiif_dedup.evaluation.methods import (
    BitsMethod,
    CloneMethod,
    CosineMethod,
    SameFileMethod,
    UnionMethod,
)
from iiif_dedup.process.fingerprints import phash_bits
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork

POOL = 60
QUERIES = np.array([0, 3, POOL], dtype=np.int64)


@pytest.fixture(scope="module")
def tiles() -> NDArray[np.uint8]:
    """The pool, and behind it the first picture turned by 90°."""
    coarse = np.random.default_rng(1).integers(0, 256, (POOL, 8, 8, 3), dtype=np.uint8)
    pool = coarse.repeat(4, axis=1).repeat(4, axis=2)
    return np.concatenate([pool, np.rot90(pool[:1], axes=(1, 2))])


@pytest.fixture(scope="module")
def digests() -> NDArray[np.bytes_]:
    names = [f"{number:064}".encode() for number in range(POOL + 1)]
    names[3] = names[5]
    return np.array(names)


@pytest.fixture(scope="module")
def clone(tiles: NDArray[np.uint8], digests: NDArray[np.bytes_]) -> CloneMethod:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        encoder = TileEncoder.of(TileNetwork(), {})
    names = np.array([f"{row:03}".encode() for row in range(POOL)])
    pool = Pool(
        tiles[:POOL],
        names,
        names,
        digests=digests[:POOL],
        bits={"phash": phash_bits(tiles[:POOL])},
        vectors={"means": _means(tiles)[:POOL]},
        encoded=Encoded(encoder.version, encoder.encode(tiles[:POOL])),
    )
    return CloneMethod("clone_rule", CollectionRecipe(encoder), pool, tiles, digests)


def _means(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    means = tiles.mean(axis=(1, 2), dtype=np.float32)
    normal: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return normal


def test_cosine_distances(tiles: NDArray[np.uint8]) -> None:
    compared = CosineMethod("means", _means(tiles)).compare(QUERIES, POOL)
    distances = compared.distances
    assert distances.shape == (3, POOL)
    assert (compared.thresholds, compared.proposes_all) == (None, False)
    np.testing.assert_allclose(distances[[0, 1], [0, 3]], 0, atol=1e-6)
    assert distances[2, 0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("turn", [False, True])
def test_a_turned_query_is_found_where_it_is_looked_for(
    tiles: NDArray[np.uint8], turn: bool
) -> None:
    method = BitsMethod("phash", tiles, phash_bits(tiles), phash_bits, turn=turn)
    distances = method.compare(QUERIES, POOL).distances
    assert distances[0, 0] == 0
    assert (distances[2, 0] == 0) == turn
    expected = np.unpackbits(phash_bits(tiles[3:4]) ^ phash_bits(tiles[7:8])).sum()
    assert distances[1, 7] == expected or turn


def test_the_same_file(digests: NDArray[np.bytes_]) -> None:
    distances = SameFileMethod("sha256", digests).compare(QUERIES, POOL).distances
    assert np.flatnonzero(np.isfinite(distances[1])).tolist() == [3, 5]
    assert np.isinf(distances[2]).all()


def test_the_clone_rule_has_a_threshold_for_each_query(clone: CloneMethod) -> None:
    first, again = clone.compare(QUERIES, POOL), clone.compare(QUERIES, POOL)
    first.distances[:] = 9
    assert again.thresholds is not None
    assert again.thresholds.shape == (3,)
    assert (again.distances[[0, 1], [0, 3]] <= again.thresholds[:2]).all()
    assert again.distances.max() < 9
    other = clone.compare(QUERIES[1:2], POOL)
    np.testing.assert_allclose(other.distances[0], again.distances[1], atol=1e-5)


def test_the_union_is_what_the_product_proposes(
    clone: CloneMethod, tiles: NDArray[np.uint8], digests: NDArray[np.bytes_]
) -> None:
    union = UnionMethod(
        "union",
        clone,
        clone.pool,
        tiles,
        digests,
        {"means": _means(tiles)[:, np.newaxis]},
        {"phash": phash_bits},
    )
    found = union.compare(QUERIES, POOL)
    assert found.proposes_all
    assert np.isinf(found.distances[0, 0])  # never itself
    assert found.distances[1, 5] == 1  # the same file comes first
    assert found.distances[2, 0] == 1  # found although it is turned
    for row in found.distances:
        proposed = np.sort(row[np.isfinite(row)])
        assert proposed.tolist() == list(range(1, len(proposed) + 1))
        assert len(proposed) >= 50
