from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.process.descriptors.halves import describe_halves, halves, version_of_halves


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
    one, other = halves(picture)
    assert one.shape[:2] == first
    assert other.shape[:2] == second


def test_a_half_is_described_as_a_picture_of_its_own() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 90, 3), dtype=np.uint8)
    colour = get_descriptor("colour")
    found = describe_halves(colour, [picture, picture[:, :50]])
    assert found.shape == (2, 2, colour.dimensions)
    assert np.array_equal(found[0, 1], colour.describe([picture[:, 45:]])[0])
    assert describe_halves(colour, []).shape == (0, 2, colour.dimensions)
    assert version_of_halves("a/1") != "a/1"
