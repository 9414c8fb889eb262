from __future__ import annotations

import cv2
import numpy as np
import pytest

from iiif_dedup.evaluation.copies import COPIES, outline_in_copy
from iiif_dedup.evaluation.transforms import Pixels


@pytest.fixture(params=[(150, 200), (200, 150)])
def picture(request: pytest.FixtureRequest) -> Pixels:
    height, width = request.param
    cells = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(cells, (width, height)), dtype=np.uint8)


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_repeats_itself(name: str, picture: Pixels) -> None:
    before = picture.copy()
    copy, again = (COPIES[name](picture, np.random.default_rng(5)) for _ in range(2))
    assert copy.dtype == np.uint8
    assert (copy == again).all()
    assert (picture == before).all()
    assert copy.shape != picture.shape or (copy != picture).any()


@pytest.mark.parametrize("name", ["rotated_5", "padded", "caption_bar", "jpeg_20", "grey"])
def test_the_picture_is_where_the_outline_says(name: str, picture: Pixels) -> None:
    copy = COPIES[name](picture, np.random.default_rng(5))
    outline = outline_in_copy(name, picture.shape[:2], copy.shape[:2])
    height, width = picture.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    seen = np.array(outline, dtype=np.float32) * copy.shape[1::-1]
    back = cv2.getPerspectiveTransform(seen.astype(np.float32) - 0.5, corners - 0.5)
    cut = cv2.warpPerspective(copy, back, (width, height))
    grey, again = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).ravel() for one in (picture, cut))
    assert np.corrcoef(grey, again)[0, 1] > 0.98


@pytest.mark.parametrize("name", ["turned_90", "crop_20", "crop_40", "mirrored", "gamma"])
def test_a_copy_without_additions_shows_the_picture_everywhere(name: str, picture: Pixels) -> None:
    copy = COPIES[name](picture, np.random.default_rng(5))
    outline = outline_in_copy(name, picture.shape[:2], copy.shape[:2])
    assert outline == ((0, 0), (1, 0), (1, 1), (0, 1))
