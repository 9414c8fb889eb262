"""Recall at a budget of false alerts: one threshold for all queries of a set."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RESAMPLES_AT_ONCE = 100
"""Bounds the memory of a bootstrap."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances of pictures to queries, and the cluster of each one's query.

    Attributes:
        values: N; smaller is nearer, infinite is never accepted.
        clusters: N.
    """

    values: NDArray[np.float32]
    clusters: NDArray[np.int64]


def strangers_to_keep(queries: int, budget: float) -> int:
    """Return how many of each query's nearest strangers can decide a threshold.

    One query alone exhausts the budget of all with one more than this; twice as many are kept,
    since a resample may draw larger clusters than there are on average.
    """
    return 2 * (math.floor(queries * budget) + 1)


def recall_at_budget(
    relevant: Distances,
    strangers: Distances,
    queries: NDArray[np.int64],
    weights: NDArray[np.int32],
    *,
    budget: float,
) -> NDArray[np.float64]:
    """Return the part of the relevant pairs that is accepted at a budget, in each resample.

    The threshold is the largest one that accepts at most `budget` strangers per query on average
    over all queries; it is found anew in each resample. A pair as far as the first stranger too
    many is not accepted.

    Args:
        relevant: Every query with every relevant picture.
        strangers: Every query with at least its `strangers_to_keep` nearest strangers.
        queries: Number of queries in each cluster, C.
        weights: As `iiif_dedup.evaluation.metrics.cluster_weights` returns them, R×C.
        budget: Strangers per query.

    Returns:
        R; NaN where no relevant pair was drawn.
    """
    order = np.argsort(strangers.values, kind="stable")
    values = np.append(strangers.values[order], np.float32(np.inf))
    clusters = strangers.clusters[order]
    partners = [
        np.sort(relevant.values[relevant.clusters == cluster]) for cluster in range(len(queries))
    ]
    sizes = np.array([len(each) for each in partners])
    recalls = np.empty(len(weights))
    for start in range(0, len(weights), _RESAMPLES_AT_ONCE):
        drawn = weights[start : start + _RESAMPLES_AT_ONCE]
        allowed = (drawn @ queries).astype(np.float64) * budget
        thresholds = values[_first_too_many(clusters, drawn, allowed)]
        hits = np.stack([np.searchsorted(each, thresholds) for each in partners], axis=1)
        with np.errstate(invalid="ignore"):
            recalls[start : start + len(drawn)] = (drawn * hits).sum(axis=1) / (drawn @ sizes)
    return recalls


def _first_too_many(
    clusters: NDArray[np.int64], drawn: NDArray[np.int32], allowed: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return for each resample the place of the first stranger beyond what is allowed.

    Args:
        clusters: Of the strangers, nearest first, E.
        drawn: Weights of the clusters, R×C.
        allowed: R.

    Returns:
        R, E where all are allowed.
    """
    # Few of the strangers decide; all are looked at only where the first of them do not suffice.
    looked_at = max(1, int(4 * allowed.max()))
    while True:
        alerts = np.cumsum(drawn[:, clusters[:looked_at]], axis=1, dtype=np.int64)
        # The tolerance keeps 0.1 × 70 = 7.000…001 and its like from gaining or losing an alert.
        within = alerts <= allowed[:, np.newaxis] + 1e-9
        if looked_at >= len(clusters) or not within[:, -1].any():
            places: NDArray[np.int64] = within.sum(axis=1)
            return places
        looked_at *= 4
