"""Figures for a detector whose smaller score means a match (the paper's section 4.4)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Z_95 = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""


class OperatingPoint(NamedTuple):
    """What accepting everything up to a threshold gives; each in [0, 1]."""

    precision: float
    recall: float
    f1: float


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


def operating_point(positives: ArrayLike, negatives: ArrayLike, threshold: float) -> OperatingPoint:
    """Return precision, recall and F1 when every score ≤ threshold is accepted.

    Args:
        positives: Scores of true matches, at least one.
        negatives: Scores of everything else.
        threshold: Largest accepted score. Precision is 0 where nothing is accepted.
    """
    positives = _scores(positives, "positives")
    hits = int(np.count_nonzero(positives <= threshold))
    alarms = int(np.count_nonzero(np.asarray(negatives) <= threshold))
    if hits == 0:
        return OperatingPoint(0.0, 0.0, 0.0)
    precision, recall = hits / (hits + alarms), hits / len(positives)
    return OperatingPoint(precision, recall, 2 * precision * recall / (precision + recall))


def auroc(positives: ArrayLike, negatives: ArrayLike) -> float:
    """Return the probability that a match scores lower than a non-match, ties counting half."""
    positives, negatives = _scores(positives, "positives"), _scores(negatives, "negatives")
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, side="left")
    up_to = np.searchsorted(ordered, positives, side="right")
    return float(1 - (below + up_to).mean() / (2 * len(negatives)))


def auprc(positives: ArrayLike, negatives: ArrayLike) -> float:
    """Return the area under the precision-recall curve by trapezoids, from (recall 0, precision 1).

    One point per distinct score, so that ties are accepted together.
    """
    positives, negatives = _scores(positives, "positives"), _scores(negatives, "negatives")
    thresholds = np.unique(np.concatenate([positives, negatives]))
    hits = np.searchsorted(np.sort(positives), thresholds, side="right")
    alarms = np.searchsorted(np.sort(negatives), thresholds, side="right")
    precision = np.concatenate([[1.0], hits / (hits + alarms)])
    recall = np.concatenate([[0.0], hits / len(positives)])
    return float(np.trapezoid(precision, recall))


def bootstrap_mean(values: ArrayLike, *, seed: int = 0, resamples: int = 10_000) -> Interval:
    """Return the mean over anchors with its percentile bootstrap interval.

    Args:
        values: One figure per anchor, at least one.
        seed: Source of the resamples.
        resamples: How many.
    """
    values = _scores(values, "values")
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (resamples, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))


def wilson_interval(events: int, trials: int) -> Interval:
    """Return a rate with Wilson's score interval, which holds near 0 and 1 as well."""
    _check_counts(events, trials)
    rate, z2 = events / trials, _Z_95**2
    centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = (
        _Z_95
        / (1 + z2 / trials)
        * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials * trials))
    )
    return Interval(rate, max(0.0, centre - half), min(1.0, centre + half))


def rule_of_three(trials: int) -> float:
    """Return the 95 % upper bound 3/n of a rate of which n trials showed no event."""
    _check_counts(0, trials)
    return min(1.0, 3 / trials)


def cluster_weights(clusters: int, *, seed: int = 0, resamples: int = 2_000) -> NDArray[np.int32]:
    """Return how often each cluster is drawn in each bootstrap resample, resamples×clusters.

    Pictures of one object are no independent trials, so whole objects are drawn, with
    replacement, as many as there are. Methods compared on the same weights are paired.

    Args:
        clusters: How many objects there are, at least one.
        seed: Source of the resamples.
        resamples: How many.
    """
    rng = np.random.default_rng(seed)
    even = np.full(clusters, 1 / clusters)
    return rng.multinomial(clusters, even, size=resamples).astype(np.int32)


def cluster_means(
    values: ArrayLike, clusters: NDArray[np.int64], weights: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the mean of the values in each resample; NaN where none of them was drawn.

    Args:
        values: One figure a trial, N.
        clusters: The cluster of each trial, N.
        weights: As `cluster_weights` returns them, R×C.

    Returns:
        R.
    """
    count = weights.shape[1]
    sums = np.bincount(clusters, weights=np.asarray(values, dtype=np.float64), minlength=count)
    sizes = np.bincount(clusters, minlength=count)
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = (weights @ sums) / (weights @ sizes)
    return means


def resampled_interval(estimate: float, resampled: ArrayLike, trials: int) -> Interval:
    """Return a rate with the 95 % percentile interval of its resamples.

    Where the rate is 0 or 1 its resamples do not vary; the bound is then 3/n away.

    Args:
        estimate: The rate, 0 to 1.
        resampled: The same in each resample; NaN where it could not be computed.
        trials: The number of clusters.
    """
    low, high = np.nanquantile(np.asarray(resampled, dtype=np.float64), [0.025, 0.975])
    if estimate <= 0:
        high = rule_of_three(trials)
    elif estimate >= 1:
        low = 1 - rule_of_three(trials)
    return Interval(estimate, float(low), float(high))


def _scores(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be a non-empty list of finite numbers, got shape {array.shape}"
        )
    return array


def _check_counts(events: int, trials: int) -> None:
    if trials < 1 or not 0 <= events <= trials:
        raise ValueError(f"expected 0 ≤ events ≤ trials and trials ≥ 1, got {events} of {trials}")
