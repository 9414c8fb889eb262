from __future__ import annotations

import numpy as np

from iiif_dedup.process.descriptors import get_descriptor
from tests.process.pictures import scene


def test_vectors_are_units_and_like_pictures_are_near() -> None:
    palette = get_descriptor("palette")
    picture = scene(200, 120)
    found = palette.describe([picture, picture[:, ::-1], 255 - picture, picture[:1, :1]])
    assert found.shape == (4, palette.dimensions)
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-5
    assert found[0] @ found[1] > 0.99
    assert found[0] @ found[2] < 0.8


def test_the_ground_counts() -> None:
    palette = get_descriptor("palette")
    blue = np.full((100, 100, 3), (20, 20, 200), np.uint8)
    red = np.full((100, 100, 3), (200, 20, 20), np.uint8)
    for picture in (blue, red):
        picture[30:70, 30:70] = (240, 240, 240)
    assert palette.describe([blue]) @ palette.describe([red]).T < 0.3
    assert palette.describe([]).shape == (0, palette.dimensions)
