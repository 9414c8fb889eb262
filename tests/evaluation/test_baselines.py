from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evaluation.baselines import correlation_distances, phash_distances
from iiif_dedup.process.fingerprints import grey, phash


@pytest.fixture(scope="module")
def tiles() -> NDArray[np.uint8]:
    coarse = np.random.default_rng(1).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def test_a_changed_copy_is_nearest_by_both(tiles: NDArray[np.uint8]) -> None:
    noise = np.random.default_rng(2).normal(0, 3, (32, 32, 3))
    copy = (0.7 * tiles[4] + 20 + noise).clip(0, 255).astype(np.uint8)
    hashes = [phash(tile) for tile in tiles]
    assert phash_distances(phash(copy), hashes).argmin() == 4
    assert phash_distances(hashes[4], hashes)[4] == 0
    assert correlation_distances(copy, tiles).argmin() == 4
    assert correlation_distances(copy, tiles)[4] < 0.05


def test_distance_counts_the_bits_that_differ() -> None:
    pool = ["0000000000000000", "0000000000000001", "ffffffffffffffff", "8000000000000001"]
    assert phash_distances("0" * 16, pool).tolist() == [0, 1, 64, 2]


def test_correlation_is_numpys_and_a_flat_tile_is_like_nothing(tiles: NDArray[np.uint8]) -> None:
    flattened = grey(tiles).reshape(len(tiles), -1)
    expected = [1 - np.corrcoef(flattened[0], other)[0, 1] for other in flattened]
    assert correlation_distances(tiles[0], tiles) == pytest.approx(np.array(expected), abs=1e-6)
    flat = np.full((2, 32, 32, 3), 7, dtype=np.uint8)
    assert correlation_distances(tiles[0], flat).tolist() == [1, 1]
    assert correlation_distances(flat[0], tiles).tolist() == [1] * 30
