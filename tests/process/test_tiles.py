from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

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


def _page(ink: tuple[int, int, int] = (0, 0, 0), paper: int = 250) -> NDArray[np.uint8]:
    page = np.full((200, 300, 3), paper, np.uint8)
    page[60:140, 90:94] = ink
    page[60:64, 90:210] = ink
    page[100:140, 206:210] = ink
    return page


def test_a_drawing_becomes_light_lines_on_black_cut_to_the_ink() -> None:
    made = tile(_page())

    assert made.max() == 255
    assert np.median(made) == 0
    assert (made[:, 0] > 100).all()
    assert (made[0] > 100).all()
    assert (made[20:, 31] > 100).all()


def test_where_the_drawing_lies_on_the_page_does_not_matter() -> None:
    moved = np.roll(_page(), (30, -40), axis=(0, 1))

    correlation = np.corrcoef(tile(moved).ravel(), tile(_page()).ravel())[0, 1]
    assert correlation > 0.9


def test_a_dark_or_coloured_thing_on_white_is_no_drawing() -> None:
    red = tile(_page(ink=(200, 30, 30)))
    solid = np.full((200, 300, 3), 255, np.uint8)
    solid[20:180, 30:270] = 40

    assert red.max() >= 245
    assert np.median(red) > 200
    assert np.median(tile(solid)) == 40


def test_a_plain_ground_is_cut_off_even_if_it_is_lit_from_one_side() -> None:
    shade = np.linspace(60, 160, 240)[:, np.newaxis, np.newaxis]
    ground = np.broadcast_to(shade, (240, 240, 3)).astype(np.uint8).copy()
    ground[40:120, 60:140] = (220, 20, 20)

    made = tile(ground)

    assert (made[..., 0].astype(int) - made[..., 1] > 100).mean() > 0.9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_stays_as_it_is(level: int) -> None:
    assert (tile(np.full((50, 80, 3), level, np.uint8)) == level).all()
