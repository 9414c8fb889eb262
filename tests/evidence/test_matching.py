from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evidence.matching import matching_ratio, mutual_matches


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_each_finds_its_own_copy_in_another_order() -> None:
    rng = np.random.default_rng(1)
    ours = _unit(rng.normal(size=(50, 128)))
    order = rng.permutation(50)
    theirs = _unit(ours[order] + 0.01 * rng.normal(size=(50, 128)))
    found = mutual_matches(ours, theirs)
    assert len(found) == 50
    assert np.array_equal(order[found[:, 1]], found[:, 0])


def test_what_occurs_twice_matches_nothing() -> None:
    ours = _unit(np.random.default_rng(1).normal(size=(10, 128)))
    twice = np.concatenate([ours, ours[:1]])
    assert 0 not in mutual_matches(ours, twice)[:, 0]
    assert 0 not in mutual_matches(twice, ours)[:, 1]


@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (1, 5), (5, 1)])
def test_too_few_features_match_nothing(sizes: tuple[int, int]) -> None:
    one, other = (np.eye(128, dtype=np.float32)[:size] for size in sizes)
    assert mutual_matches(one, other).shape == (0, 2)


def test_the_matching_ratio_is_that_of_the_paper() -> None:
    assert matching_ratio(5, 10, 10) == 0.5
    assert matching_ratio(10, 10, 10) == 1
    assert matching_ratio(0, 0, 0) == 0
