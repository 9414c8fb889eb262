from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evidence.features import extract
from iiif_dedup.evidence.local import LocalEvidence, compare_features
from iiif_dedup.evidence.overlay import overlay_agreement
from iiif_dedup.types import Point
from tests.evidence.pictures_of import on_a_wall, textured


def _compare(anchor: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> LocalEvidence:
    found = compare_features(extract(anchor), extract(candidate))
    assert found is not None
    return found


def _box(outline: tuple[Point, ...]) -> tuple[float, ...]:
    xs, ys = zip(*outline, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def test_a_painting_on_a_wall_is_found_where_it_hangs() -> None:
    painting = textured(1)
    found = _compare(on_a_wall(painting, 300, 200), painting)
    (one,) = found.shared
    assert one.region.surprise == found.surprise > 50
    assert np.allclose(
        _box(one.region.anchor), (300 / 900, 200 / 700, 700 / 900, 500 / 700), atol=0.02
    )
    assert np.allclose(_box(one.region.candidate), (0, 0, 1, 1), atol=0.02)
    assert not one.region.mirrored
    assert len(one.anchor) == one.region.inliers == found.inliers()


def test_two_paintings_in_both_photographs_are_two_surfaces() -> None:
    first, second = textured(1, 300, 240), textured(2, 300, 240)
    one = on_a_wall(first, 60, 100)
    one[400:640, 500:800] = second
    other = on_a_wall(second, 60, 100)
    other[400:640, 500:800] = first
    found = _compare(one, other)
    assert len(found.shared) == 2
    assert all(each.region.surprise > 20 for each in found.shared)


def test_turned_and_mirrored_pictures_are_found() -> None:
    painting = textured(3)
    turned = _compare(np.ascontiguousarray(np.rot90(painting)), painting)
    assert turned.shared[0].region.surprise > 50
    mirrored = _compare(np.ascontiguousarray(painting[:, ::-1]), painting)
    assert mirrored.shared[0].region.mirrored
    assert np.allclose(_box(mirrored.shared[0].region.anchor), (0, 0, 1, 1), atol=0.05)


def test_strangers_share_nothing_and_blank_pictures_say_nothing() -> None:
    found = _compare(textured(1), textured(2))
    assert not found.shared
    assert found.surprise < 6
    blank = extract(np.full((90, 90, 3), 100, np.uint8))
    assert compare_features(blank, extract(textured(1))) is None
    assert compare_features(extract(textured(1)), blank) is None


def test_overlaid_pixels_tell_a_copy_from_a_repainted_one() -> None:
    painting = textured(4)
    wall = on_a_wall(painting, 250, 150)
    repainted = painting.copy()
    repainted[:, 200:] = textured(5)[:, 200:]
    for candidate, low, high in ((painting, 0.9, 1.0), (repainted, -0.2, 0.8)):
        shared = _compare(wall, candidate).shared[0]
        agreement = overlay_agreement(wall, candidate, shared)
        assert agreement is not None
        assert low <= agreement <= high


def test_overlaid_pixels_of_a_mirror_image_agree() -> None:
    painting = textured(4)
    mirrored = np.ascontiguousarray(painting[:, ::-1])
    agreement = overlay_agreement(mirrored, painting, _compare(mirrored, painting).shared[0])
    assert agreement is not None
    assert agreement > 0.8
