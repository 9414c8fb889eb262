from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.evaluation.vectors import correlation_vectors, hsv_vectors

TILES = np.random.default_rng(1).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


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
