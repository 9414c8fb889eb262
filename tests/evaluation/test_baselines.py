from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evaluation.baselines import (
    correlation_distances,
    grey,
    phash_bits,
    phash_distances,
)


@pytest.fixture(scope="module")
def tiles() -> NDArray[np.uint8]:
    coarse = np.random.default_rng(1).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def test_grey_is_pillows(tiles: NDArray[np.uint8]) -> None:
    pillows = np.stack([np.asarray(Image.fromarray(tile).convert("L")) for tile in tiles])
    assert np.abs(grey(tiles) - pillows).max() <= 1


def test_hash_bits_are_the_dct_by_its_definition(tiles: NDArray[np.uint8]) -> None:
    pictures = grey(tiles[:3])
    n = np.arange(32)
    for picture, bits in zip(pictures, phash_bits(pictures), strict=True):
        low = np.array(
            [
                [
                    (
                        picture
                        * np.cos(np.pi * k * (n[:, None] + 0.5) / 32)
                        * np.cos(np.pi * m * (n[None] + 0.5) / 32)
                    ).sum()
                    for m in range(8)
                ]
                for k in range(8)
            ]
        )
        assert np.array_equal(bits, (low > np.median(low)).ravel())


def test_a_changed_copy_is_nearest_by_both(tiles: NDArray[np.uint8]) -> None:
    pool = grey(tiles)
    copy = 0.7 * pool[4] + 20 + np.random.default_rng(2).normal(0, 3, (32, 32)).astype(np.float32)
    assert phash_distances(copy, pool).argmin() == 4
    assert correlation_distances(copy, pool).argmin() == 4
    assert correlation_distances(copy, pool)[4] < 0.05
    assert phash_distances(pool[4], pool)[4] == 0
    assert correlation_distances(pool[4], pool)[4] == pytest.approx(0, abs=1e-9)


def test_correlation_is_numpys_and_a_flat_picture_is_like_nothing(
    tiles: NDArray[np.uint8],
) -> None:
    pool = grey(tiles)
    expected = [1 - np.corrcoef(pool[0].ravel(), other.ravel())[0, 1] for other in pool]
    assert correlation_distances(pool[0], pool) == pytest.approx(np.array(expected), abs=1e-6)
    flat = np.full((2, 32, 32), 7, dtype=np.float32)
    assert correlation_distances(pool[0], flat).tolist() == [1, 1]
    assert correlation_distances(flat[0], pool).tolist() == [1] * 30


def test_wrong_shapes_are_refused(tiles: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="tiles must be"):
        grey(tiles[:, :16])
    with pytest.raises(ValueError, match="grey pictures of 32×32"):
        phash_bits(grey(tiles)[:, :16])
