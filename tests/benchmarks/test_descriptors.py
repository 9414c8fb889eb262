from __future__ import annotations

import numpy as np
import pytest

from benchmarks.descriptor_sets import Task
from benchmarks.descriptors import judge
from benchmarks.rephotographs import KINDS, rephotograph


def test_first_and_recall_are_those_counted_by_hand() -> None:
    """Three pool pictures on the axes; two queries of one object, one of another."""
    pool = np.eye(3)
    queries = np.array([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.0, 0.0, 1.0]])
    vectors = np.concatenate([pool, queries]).astype(np.float32)
    relevant = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.bool_)
    excluded = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.bool_)
    task = Task("hung", np.arange(3, 6), np.array([7, 7, 8]), relevant, excluded)
    figures = judge(vectors, 3, task)
    assert figures["n"] == 3
    # The second query's nearest is excluded; the third finds another picture first.
    assert figures["first"] == pytest.approx(2 / 3)
    assert figures["first_interval"] == [0.0, 1.0]
    assert figures["recall_at_50"] == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_rephotograph_follows_from_its_seed_and_is_another_picture(kind: str) -> None:
    rng = np.random.default_rng(1)
    picture, other = rng.integers(0, 256, (2, 60, 90, 3), dtype=np.uint8)
    once, again, different = (
        rephotograph(picture, other, kind, np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert once.dtype == np.uint8
    assert once.shape[2] == 3
    np.testing.assert_array_equal(once, again)
    assert once.shape != different.shape or (once != different).any()
