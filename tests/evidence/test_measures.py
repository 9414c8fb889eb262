from __future__ import annotations

import pytest

from iiif_dedup.evidence.features import extract
from iiif_dedup.evidence.local import compare_features
from iiif_dedup.evidence.measures import Measure, area, of_distances, of_local
from tests.evidence.pictures_of import on_a_wall, textured


def test_norms_of_different_queries_are_not_compared() -> None:
    found = of_distances({"clone": 0.3, "phash": 4.0}, {"clone": 0.5}, same_file=False)
    assert found == {"phash": 4.0, "clone_relative": 0.5}
    assert of_distances({}, {}, same_file=True) == {"same_file": 1.0}


def test_what_is_not_known_has_no_number() -> None:
    assert of_local(None, None) == {}
    local = compare_features(extract(textured(1)), extract(textured(2)))
    found = of_local(local, None)
    assert Measure.OVERLAY not in found
    assert found[Measure.SURPRISE] == found[Measure.COVERED] == 0


def test_a_painting_in_a_photograph_covers_one_of_the_two() -> None:
    painting = textured(1)
    local = compare_features(extract(on_a_wall(painting, 300, 200)), extract(painting))
    found = of_local(local, 0.9)
    assert found[Measure.COVERED] > 0.9
    assert found[Measure.COVERED_BOTH] == pytest.approx(400 * 300 / (900 * 700), abs=0.02)
    assert found[Measure.OVERLAY] == 0.9


def test_a_scale_bar_surprises_little() -> None:
    bar = textured(9, 120, 30)
    one, other = on_a_wall(bar, 50, 600), on_a_wall(bar, 700, 620)
    local = compare_features(extract(one), extract(other))
    assert local is not None
    assert local.shared
    found = of_local(local, None)
    assert found[Measure.SURPRISE] < local.surprise / 10


def test_the_area_is_that_of_the_outline() -> None:
    assert area(((0, 0), (1, 0), (1, 1), (0, 1))) == 1
    assert area(((0, 0), (1, 0), (0, 1))) == 0.5
    assert area(()) == 0
