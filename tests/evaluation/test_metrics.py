from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.evaluation.metrics import (
    auprc,
    auroc,
    bootstrap_mean,
    cluster_means,
    cluster_weights,
    operating_point,
    resampled_interval,
    rule_of_three,
    wilson_interval,
)

SCORES = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=25)


def test_operating_point_counts_what_is_at_the_threshold() -> None:
    point = operating_point([1, 2, 3, 9], [3, 4, 5], threshold=3)
    assert point == pytest.approx((3 / 4, 3 / 4, 3 / 4))


def test_operating_point_without_hits_is_zero() -> None:
    assert operating_point([5], [1], threshold=2) == (0, 0, 0)


@given(SCORES, SCORES)
def test_auroc_is_the_probability_of_the_right_order(pos: list[float], neg: list[float]) -> None:
    pairs = [(p < n) + (p == n) / 2 for p in pos for n in neg]
    assert auroc(pos, neg) == pytest.approx(np.mean(pairs))


@given(SCORES, SCORES)
def test_auprc_is_the_area_by_trapezoids(pos: list[float], neg: list[float]) -> None:
    points = [(0.0, 1.0)]
    for threshold in sorted(set(pos + neg)):
        hits = sum(p <= threshold for p in pos)
        accepted = hits + sum(n <= threshold for n in neg)
        points.append((hits / len(pos), hits / accepted))
    area = sum((r2 - r1) * (p1 + p2) / 2 for (r1, p1), (r2, p2) in pairwise(points))
    assert auprc(pos, neg) == pytest.approx(area)


def test_perfect_and_useless_rankings() -> None:
    assert auroc([1, 2], [3, 4]) == 1
    assert auprc([1, 2], [3, 4]) == 1
    assert auroc([3, 4], [1, 2]) == 0


def test_bootstrap_covers_the_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for seed in range(100):
        low, high = bootstrap_mean(rng.normal(5, 2, 80), seed=seed, resamples=500)[1:]
        covered += low <= 5 <= high
    assert 86 <= covered <= 100


def test_bootstrap_is_seeded() -> None:
    values = [1.0, 5.0, 9.0]
    assert bootstrap_mean(values, seed=1) == bootstrap_mean(values, seed=1)
    assert bootstrap_mean([4.0]) == (4.0, 4.0, 4.0)


def test_wilson_is_the_textbooks() -> None:
    assert wilson_interval(81, 263) == pytest.approx((0.30798, 0.25529, 0.36619), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0, 0.16113), abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate(counts: tuple[int, int]) -> None:
    rate, low, high = wilson_interval(*counts)
    assert 0 <= low <= rate + 1e-12
    assert rate - 1e-12 <= high <= 1


def test_rule_of_three() -> None:
    assert rule_of_three(300) == 0.01
    assert rule_of_three(2) == 1


@pytest.mark.parametrize("bad", [[], [float("nan")], [[1.0]]])
def test_scores_that_are_none_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="non-empty list of finite numbers"):
        auroc(bad, [1.0])


@pytest.mark.parametrize("counts", [(1, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="0 ≤ events ≤ trials"):
        wilson_interval(*counts)


def test_whole_clusters_are_drawn() -> None:
    weights = cluster_weights(5, resamples=300)
    assert (weights.sum(axis=1) == 5).all()
    assert (cluster_weights(5, resamples=300) == weights).all()
    clusters = np.array([0, 0, 0, 4])
    means = cluster_means([1, 1, 1, 0], clusters, weights)
    expected = [
        (3 * first) / (3 * first + last) if first + last else np.nan
        for first, _, _, _, last in weights.tolist()
    ]
    np.testing.assert_allclose(means, expected)


def test_an_interval_of_resamples() -> None:
    assert resampled_interval(0.5, np.linspace(0, 1, 1001), 9) == pytest.approx((0.5, 0.025, 0.975))
    assert resampled_interval(0, np.zeros(9), 60) == pytest.approx((0, 0, 0.05))
    assert resampled_interval(1, np.ones(9), 60) == pytest.approx((1, 0.95, 1))
