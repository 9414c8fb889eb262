from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evidence.geometry import best_agreement, is_plausible, project

SIZES = (640, 480), (640, 480)


def _points(count: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform((0, 0), (640, 480), (count, 2)).astype(np.float32)


def test_matches_anywhere_surprise_nobody() -> None:
    for seed in range(40):
        found = best_agreement(_points(60, seed), _points(60, 1000 + seed), SIZES)
        assert found is None or found.surprise < 4


def test_a_perspective_among_as_many_strangers_is_found() -> None:
    truth = np.array([[0.8, 0.1, 30], [-0.05, 0.9, 20], [1e-4, 5e-5, 1]])
    ours = _points(80, 1)
    theirs = project(truth, ours.astype(np.float64)).astype(np.float32)
    theirs[40:] = _points(40, 2)
    found = best_agreement(ours, theirs, SIZES)
    assert found is not None
    assert found.surprise > 60
    assert found.inliers[:40].all()
    assert found.inliers[40:].sum() <= 2
    corners = np.array([[0, 0], [640, 0], [640, 480], [0, 480]], dtype=np.float64)
    assert np.allclose(project(found.transform, corners), project(truth, corners), atol=1)


def test_few_matches_of_a_similarity_are_enough() -> None:
    turn = np.array([[0.0, -0.5, 300], [0.5, 0.0, 50], [0, 0, 1]])
    ours = _points(6, 3)
    found = best_agreement(ours, project(turn, ours.astype(np.float64)).astype(np.float32), SIZES)
    assert found is not None
    assert found.surprise > 6


def test_fewer_than_a_sample_agree_on_nothing() -> None:
    for count in range(3):
        assert best_agreement(_points(count, 1), _points(count, 1), SIZES) is None


def test_the_same_matches_give_the_same_answer() -> None:
    ours, theirs = _points(50, 1), _points(50, 1) + _points(50, 2) * np.float32(0.005)
    one, other = (best_agreement(ours, theirs, SIZES) for _ in range(2))
    assert one is not None
    assert other is not None
    assert np.array_equal(one.transform, other.transform)


@pytest.mark.parametrize(
    ("transform", "plausible"),
    [
        (np.eye(3), True),
        (np.diag([2.0, 2.0, 1.0]), True),
        (np.diag([-1.0, 1.0, 1.0]), False),  # a mirror image
        (np.diag([6.0, 1.0, 1.0]), False),  # stretched
        (np.diag([0.01, 0.01, 1.0]), False),  # vanishing
        (np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]), False),  # partly behind the camera
        (np.zeros((3, 3)), False),
        (np.full((3, 3), np.nan), False),
    ],
)
def test_only_what_a_camera_can_see_is_plausible(
    transform: NDArray[np.float64], plausible: bool
) -> None:
    assert is_plausible(transform, *SIZES) is plausible
