"""Whether probabilities mean what they say: of pairs given 0.8, eight in ten are matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiif_dedup.evaluation.metrics import Interval, wilson_interval

BINS = 10
TOP_OF_QUERY = 5
"""Candidates of each query that are judged; beyond them nearly all probabilities are 0."""


class ReliabilityBin(NamedTuple):
    """Pairs of like probability.

    Attributes:
        predicted: Their mean probability.
        observed: The part of them that are matches, with Wilson's interval.
        pairs: How many there are.
    """

    predicted: float
    observed: Interval
    pairs: int


def reliability(
    probabilities: ArrayLike, matches: ArrayLike, *, bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """Return the points of the reliability curve in bins of equal mass, ascending.

    Equal probabilities are never parted, so that there may be fewer bins than asked for.

    Args:
        probabilities: Of each pair, 0 to 1; at least one.
        matches: Whether it is a match.
        bins: How many, ≥ 1.
    """
    given, true = _checked(probabilities, matches)
    order = np.argsort(given, kind="stable")
    given, true = given[order], true[order]
    cuts = np.arange(1, bins + 1) * len(given) // bins
    last = given[np.maximum(cuts, 1) - 1]
    ends = np.unique(np.searchsorted(given, last, side="right"))
    starts = [0, *ends[:-1].tolist()]
    return tuple(
        ReliabilityBin(
            float(given[start:end].mean()),
            wilson_interval(int(true[start:end].sum()), end - start),
            end - start,
        )
        for start, end in zip(starts, ends.tolist(), strict=True)
    )


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the mean distance of what was predicted from what was observed, weighted by pairs."""
    total = sum(one.pairs for one in bins)
    return sum(one.pairs * abs(one.predicted - one.observed.estimate) for one in bins) / total


def brier_score(probabilities: ArrayLike, matches: ArrayLike) -> float:
    """Return the mean squared distance of the probabilities from the truth; 0 is best."""
    given, true = _checked(probabilities, matches)
    return float(((given - true) ** 2).mean())


def brier_skill(probabilities: ArrayLike, matches: ArrayLike) -> float | None:
    """Return 1 − Brier score / that of saying the rate of matches for every pair.

    1 is best, 0 no better than the rate alone; None where all pairs are of one kind.
    """
    given, true = _checked(probabilities, matches)
    rate = float(true.mean())
    if rate in {0.0, 1.0}:
        return None
    return 1 - brier_score(given, true) / (rate * (1 - rate))


def _checked(
    probabilities: ArrayLike, matches: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    given = np.asarray(probabilities, dtype=np.float64)
    true = np.asarray(matches, dtype=np.float64)
    if given.ndim != 1 or not len(given) or given.shape != true.shape:
        raise ValueError(
            f"expected as many probabilities as matches, one at least, got {given.shape} and "
            f"{true.shape}"
        )
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError(f"probabilities lie between 0 and 1, got {given.min()} to {given.max()}")
    return given, true
