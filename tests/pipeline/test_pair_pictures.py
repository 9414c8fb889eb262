"""Pictures that explain a pair, from what is kept."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.pipeline.pair_pictures import pair_picture, picture_tag
from iiif_dedup.pipeline.pictures import KeptPictures
from iiif_dedup.process.derivative import derivative
from iiif_dedup.settings import load_settings

ONE, OTHER = "a" * 64, "b" * 64
NAMES = ["matches", "overlay", "difference"]


def drawn() -> NDArray[np.uint8]:
    rng = np.random.default_rng(1)
    canvas = np.full((300, 420, 3), 200, dtype=np.uint8)
    for _ in range(90):
        x, y, side, shade = (int(n) for n in rng.integers((0, 0, 8, 0), (420, 300, 36, 256)))
        cv2.rectangle(canvas, (x, y), (x + side, y + side // 2), (shade, shade, shade), -1)
    return canvas


@pytest.fixture
def kept(tmp_path: Path) -> KeptPictures:
    return KeptPictures(load_settings({}, data_dir=tmp_path))


@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_a_pair_are_the_same_each_time(kept: KeptPictures, name: str) -> None:
    assert pair_picture(kept, ONE, OTHER, name) is None
    kept.derivatives.write(ONE, derivative(drawn(), 768))
    assert pair_picture(kept, ONE, OTHER, name) is None
    kept.derivatives.write(OTHER, derivative(np.ascontiguousarray(np.rot90(drawn())), 768))
    first = pair_picture(kept, ONE, OTHER, name)
    assert first is not None
    assert first.startswith(b"\xff\xd8")
    assert kept.features.has(ONE), "features are kept for the next picture"
    assert pair_picture(kept, ONE, OTHER, name) == first


def test_pictures_without_features_stand_side_by_side(kept: KeptPictures) -> None:
    for digest in (ONE, OTHER):
        kept.derivatives.write(digest, derivative(np.full((9, 9, 3), 90, np.uint8), 768))
    drawn_pictures = [pair_picture(kept, ONE, OTHER, name) is not None for name in NAMES]
    assert drawn_pictures == [True, False, False]


def test_tags_differ_whenever_pictures_may() -> None:
    asked = [(ONE, OTHER), (OTHER, ONE), (ONE, ONE)]
    tags = {picture_tag(*pair, name) for pair in asked for name in NAMES}
    assert len(tags) == 9
    assert picture_tag(ONE, OTHER, "matches") in tags
