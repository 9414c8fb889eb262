from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.evaluation.vectors import (
    block_mean_vectors,
    correlation_vectors,
    hsv_vectors,
    phash_vectors,
    turned,
)
from iiif_dedup.process.fingerprints import phash

TILES = np.random.default_rng(1).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


@given(st.integers(0, 5), st.integers(0, 5))
def test_the_cosine_of_hashes_counts_equal_bits(one: int, other: int) -> None:
    vectors = phash_vectors(TILES)
    apart = (int(phash(TILES[one]), 16) ^ int(phash(TILES[other]), 16)).bit_count()
    assert float(vectors[one] @ vectors[other]) == 1 - 2 * apart / 64


def test_block_means_are_compared_with_their_median() -> None:
    tile = np.zeros((1, 32, 32, 3), dtype=np.uint8)
    tile[0, :, :10] = 200
    bits = block_mean_vectors(tile).reshape(16, 16) > 0
    assert bits.all()  # more than half is as dark as the median
    tile[0, :, :20] = 200
    bits = block_mean_vectors(tile).reshape(16, 16) > 0
    assert (bits.sum(axis=1) == 10).all()
    assert bits[:, :10].all()


def test_correlation_is_pearsons_over_all_channels() -> None:
    vectors = correlation_vectors(TILES)
    expected = np.corrcoef(TILES.reshape(6, -1))
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-6)


def test_a_tile_of_one_level_correlates_with_nothing() -> None:
    flat = np.full((1, 32, 32, 3), 90, dtype=np.uint8)
    assert not correlation_vectors(flat).any()


def test_colours_do_not_depend_on_place_or_size() -> None:
    red, blue = np.zeros((2, 64, 64, 3), dtype=np.uint8)
    red[..., 0], blue[..., 2] = 250, 250
    vectors = hsv_vectors(
        [
            np.concatenate([red, blue]),
            np.concatenate([blue, red]).repeat(3, axis=0),
            red,
            blue,
        ]
    )
    similarity = vectors @ vectors.T
    assert similarity[0, 1] == pytest.approx(1, abs=1e-3)
    assert similarity[0, 2] == pytest.approx(np.sqrt(0.5), abs=1e-3)
    assert similarity[2, 3] == 0


def test_the_eight_positions_of_a_square() -> None:
    positions = turned(TILES)
    assert len({each.tobytes() for each in positions}) == 8
    assert (positions[0] == TILES).all()
    assert all(each.shape == TILES.shape for each in positions)
