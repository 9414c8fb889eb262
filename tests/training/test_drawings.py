from __future__ import annotations

import numpy as np

from iiif_dedup.process.tiles import tile
from training.drawings import SIZE, profile_drawing


def test_a_drawing_is_ink_on_paper_and_follows_from_its_seed() -> None:
    drawings = [profile_drawing(seed) for seed in range(40)]
    for drawing in drawings:
        assert drawing.shape == (SIZE, SIZE, 3)
        assert np.median(drawing) == 255
        assert drawing.min() == 0
        assert np.median(tile(drawing)) < 128
    assert np.array_equal(drawings[3], profile_drawing(3))
    assert len({drawing.tobytes() for drawing in drawings}) == 40
