from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.process.descriptors.parts import describe_parts, parts, version_of_parts


@pytest.mark.parametrize(
    ("shape", "first", "second"),
    [
        ((20, 31), (20, 15), (20, 16)),
        ((31, 20), (15, 20), (16, 20)),
        ((1, 2), (1, 1), (1, 1)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
def test_a_picture_is_cut_across_its_longer_side(
    shape: tuple[int, int], first: tuple[int, int], second: tuple[int, int]
) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    one, other = parts(picture)[:2]
    assert one.shape[:2] == first
    assert other.shape[:2] == second


def test_a_part_is_described_as_a_picture_of_its_own() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 90, 3), dtype=np.uint8)
    colour = get_descriptor("colour")
    found = describe_parts(colour, [parts(picture), parts(picture[:, :50])])
    assert [len(vectors) for vectors in found] == [2, 2]  # noise has no frames
    assert np.array_equal(found[0][1], colour.describe([picture[:, 45:]])[0])
    assert describe_parts(colour, []) == []
    assert version_of_parts("a/1") != "a/1"


def test_a_painting_on_a_wall_is_a_part() -> None:
    wall = np.full((240, 320, 3), 190, dtype=np.uint8)
    wall[40:200, 60:180] = np.random.default_rng(1).integers(0, 120, (160, 120, 3))
    found = parts(wall)
    assert len(found) == 3
    assert np.abs(np.array(found[2].shape[:2]) - (160, 120)).max() <= 6
