from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.evidence.features import (
    DIMENSIONS,
    KEYPOINTS,
    LONGEST_SIDE,
    MIRRORED,
    LocalFeatures,
    extract,
)
from tests.evidence.pictures_of import textured


def test_features_are_of_the_reduced_picture_and_have_length_one() -> None:
    found = extract(textured(1, 1600, 1200))
    assert (found.width, found.height) == (LONGEST_SIDE, 480)
    assert 100 < len(found.points) <= KEYPOINTS
    assert found.points[:, 0].max() <= LONGEST_SIDE
    assert np.allclose(np.linalg.norm(found.vectors(), axis=1), 1, atol=0.02)
    assert found.vectors(7).shape == (7, DIMENSIONS)


def test_a_blank_picture_has_none_and_a_tiny_one_is_no_error() -> None:
    assert len(extract(np.full((50, 60, 3), 9, np.uint8)).points) == 0
    assert len(extract(np.zeros((1, 1, 3), np.uint8)).points) == 0


def test_they_come_back_from_their_file() -> None:
    found = extract(textured(1))
    again = LocalFeatures.from_bytes(found.to_bytes())
    assert (again.width, again.height) == (found.width, found.height)
    assert np.array_equal(again.points, found.points)
    assert np.array_equal(again.descriptors, found.descriptors)


@pytest.mark.parametrize("cut", [0, 1, 100, 5000])
def test_a_broken_file_is_refused(cut: int) -> None:
    whole = extract(textured(1)).to_bytes()
    with pytest.raises(ValueError, match="local features"):
        LocalFeatures.from_bytes(whole[:cut])


def test_a_file_with_other_shapes_is_refused() -> None:
    broken = LocalFeatures(5, 5, np.zeros((3, 2), np.float32), np.zeros((2, 128), np.uint8))
    with pytest.raises(ValueError, match="N points and N descriptors"):
        LocalFeatures.from_bytes(broken.to_bytes())


def test_reordered_descriptors_are_those_of_the_mirror_image() -> None:
    picture = textured(2)
    plain, mirrored = extract(picture), extract(np.ascontiguousarray(picture[:, ::-1]))
    # Of each feature its counterpart at the mirrored place, if it was found there too.
    cosines = []
    turned = plain.vectors()[:, MIRRORED]
    for vector, (x, y) in zip(turned, plain.points, strict=True):
        apart = np.abs(mirrored.points - (plain.width - x, y)).max(axis=1)
        near = np.flatnonzero(apart < 1.5)
        if len(near):
            cosines.append((mirrored.vectors()[near] @ vector).max())
    assert len(cosines) > 50
    assert np.median(cosines) > 0.9
