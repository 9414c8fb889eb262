from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.process.tiles import tile
from tests.process.pictures import scene


def test_a_tile_is_the_mean_of_areas() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (320, 640, 3), np.uint8)

    means = pixels.reshape(32, 10, 32, 20, 3).mean(axis=(1, 3))

    assert np.abs(tile(pixels).astype(float) - means).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(8, 8), (31, 33), (32, 32), (1000, 9), (333, 777)])
def test_every_shape_gives_a_whole_tile(width: int, height: int) -> None:
    made = tile(scene(width, height))

    assert made.shape == (32, 32, 3)
    assert made.dtype == np.uint8
    assert made.flags.c_contiguous
    # The whole picture is in it: red still grows to the right, green down.
    assert made[0, 31, 0] - made[0, 0, 0] > 160
    assert made[31, 0, 1] - made[0, 0, 1] > 160


def test_fine_patterns_become_grey_instead_of_moire() -> None:
    board = (np.indices((640, 640)).sum(axis=0) % 2 * 255).astype(np.uint8)

    made = tile(np.repeat(board[:, :, np.newaxis], 3, axis=2))

    assert made.min() >= 127
    assert made.max() <= 128


def test_a_picture_of_the_tile_s_size_is_its_own_tile() -> None:
    assert np.array_equal(tile(scene(32, 32)), scene(32, 32))
