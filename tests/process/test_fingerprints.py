from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.process.decode import decode
from iiif_dedup.process.fingerprints import block_mean_bits, is_blank, phash, phash_bits, turned
from iiif_dedup.process.tiles import tile
from tests.process.pictures import encoded, scene


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("seed", range(5))
def test_the_hash_says_which_low_frequencies_of_the_dct_lie_above_their_median(seed: int) -> None:
    grey = noise(seed) @ np.array([0.299, 0.587, 0.114])
    y, x = np.indices((32, 32))
    low = np.array([[
        (grey * np.cos(np.pi * (y + 0.5) * v / 32) * np.cos(np.pi * (x + 0.5) * u / 32)).sum()
        for u in range(8)] for v in range(8)])  # fmt: skip
    bits = "".join("1" if value > np.median(low) else "0" for value in low.ravel())

    assert phash(noise(seed)) == f"{int(bits, 2):016x}"


def test_the_same_picture_in_another_file_has_nearly_the_same_hash() -> None:
    blobs = Image.fromarray(noise(3)[:12, :12]).resize((500, 400), Image.Resampling.BICUBIC)
    original = phash(tile(decode(encoded(blobs, "PNG"), max_pixels=10**6).pixels))
    for options in ({"quality": 30}, {"quality": 90, "progressive": True}):
        body = encoded(blobs, "JPEG", **options)
        again = phash(tile(decode(body, max_pixels=10**6).pixels))
        assert distance(original, again) <= 2


def test_different_pictures_differ_in_about_half_their_bits() -> None:
    distances = [distance(phash(noise(2 * i)), phash(noise(2 * i + 1))) for i in range(50)]

    assert 26 < np.mean(distances) < 38


def test_many_tiles_have_the_hashes_that_each_has_alone() -> None:
    tiles = np.stack([noise(seed) for seed in range(40)])
    assert [bits.tobytes().hex() for bits in phash_bits(tiles)] == [phash(tile) for tile in tiles]
    alone = np.concatenate([block_mean_bits(tile[np.newaxis]) for tile in tiles])
    assert np.array_equal(block_mean_bits(tiles), alone)
    assert phash_bits(tiles[:0]).shape == (0, 8)
    assert block_mean_bits(tiles[:0]).shape == (0, 32)


def test_block_means_say_which_blocks_are_as_bright_as_the_median() -> None:
    pixels = noise(4)
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    means = np.array([
        [grey[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean() for x in range(16)] for y in range(16)
    ])  # fmt: skip
    expected = np.packbits(means >= np.median(means))
    assert np.array_equal(block_mean_bits(pixels[np.newaxis])[0], expected)


def test_a_tile_is_turned_into_eight_different_ones_and_back() -> None:
    pixels = noise(5)
    eight = turned(pixels)
    assert eight.shape == (8, 32, 32, 3)
    assert np.array_equal(eight[0], pixels)
    assert len({one.tobytes() for one in eight}) == 8
    for one in eight:
        assert any(np.array_equal(again, pixels) for again in turned(one))


@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
def test_flat_pictures_all_have_one_hash(level: int) -> None:
    assert phash(np.full((32, 32, 3), level, np.uint8)) in {"8000000000000000", "0" * 16}


def test_a_picture_of_one_colour_is_blank() -> None:
    flat = np.full((32, 32, 3), (250, 240, 200), np.uint8)
    speck = flat.copy()
    speck[5, 5] = 225

    assert is_blank(flat)
    assert is_blank(speck), "dust on an empty page"
    assert not is_blank(tile(scene()))


def test_one_channel_is_enough_to_show_something() -> None:
    pixels = np.full((32, 32, 3), 128, np.uint8)
    pixels[:, 16:, 2] = 140

    assert not is_blank(pixels)
