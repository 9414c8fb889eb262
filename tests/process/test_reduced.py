from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.process.reduced import REDUCED_SIDE, reduced


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1024, 512), (512, 256)),
        ((700, 1400), (256, 512)),
        ((2000, 1), (512, 1)),
        ((512, 512), (512, 512)),
        ((3, 4), (3, 4)),
    ],
)
def test_the_longest_side_is_bounded_in_proportion(
    shape: tuple[int, int], expected: tuple[int, int]
) -> None:
    picture = np.full((*shape, 3), 77, dtype=np.uint8)
    small = reduced(picture)
    assert small.shape == (*expected, 3)
    assert max(small.shape) <= REDUCED_SIDE
    assert (small == 77).all()
    assert reduced(small) is small
