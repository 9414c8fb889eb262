"""The haystack's figures: estimates, and intervals from a bootstrap over the things shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.alerts import Distances, recall_at_budget
from iiif_dedup.evaluation.haystack import BUDGET, TOP, Findings, QuerySet
from iiif_dedup.evaluation.metrics import (
    Interval,
    cluster_means,
    cluster_weights,
    resampled_interval,
    rule_of_three,
)

FIRST, RECALL_AT_TOP, RECALL_AT_BUDGET = "first", f"recall_at_{TOP}", f"recall_at_{BUDGET}"
RATES = (FIRST, RECALL_AT_TOP, RECALL_AT_BUDGET)
AT_TAU = "recall_at_tau"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the same in every resample; those of one set have their resamples in common."""

    estimate: float
    resampled: NDArray[np.float64]
    objects: int

    def interval(self) -> Interval:
        """Return the figure with its 95 % interval."""
        return resampled_interval(self.estimate, self.resampled, self.objects)

    def minus(self, other: Figure) -> Interval:
        """Return the paired difference with its 95 % interval."""
        low, high = np.nanquantile(self.resampled - other.resampled, [0.025, 0.975])
        return Interval(self.estimate - other.estimate, float(low), float(high))


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """What one method did on one set of queries.

    Attributes:
        n: Queries with a partner in the pool.
        objects: Things that they show; n of the intervals.
        unknown: Queries without one, which count for false alerts only.
        rates: By name: `first`, the part of the n whose nearest picture is a partner;
            `recall_at_50`, the mean part of the partners among the nearest 50 (or in the union);
            `recall_at_0.1`, the part of all pairs accepted at the one threshold that lets 0.1
            strangers a query pass; and where the method has a rule of its own `recall_at_tau`.
        proposed: Mean number of pictures proposed.
        false_alerts: Strangers that the method's own rule accepts, per query.
    """

    n: int
    objects: int
    unknown: int
    rates: Mapping[str, Figure]
    proposed: float
    false_alerts: Interval | None


@dataclass(frozen=True, slots=True)
class Resamples:
    """Draws of the things that the queries of a set show; the same seed pairs all its figures.

    Attributes:
        clusters: Of each query.
        known: Which queries have a partner.
        weights: As `iiif_dedup.evaluation.metrics.cluster_weights` returns them.
    """

    clusters: NDArray[np.int64]
    known: NDArray[np.bool_]
    weights: NDArray[np.int32]

    @classmethod
    def of(cls, queries: QuerySet, *, seed: int) -> Resamples:
        """Return the resamples of some queries, one of which has a partner."""
        known = np.array([len(partners) > 0 for partners in queries.relevant])
        clusters = int(queries.clusters.max()) + 1
        return cls(queries.clusters, known, cluster_weights(clusters, seed=seed))

    @property
    def objects(self) -> int:
        """How many things the queries with a partner show; n of the intervals."""
        return len(np.unique(self.clusters[self.known]))

    def mean(self, values: NDArray[np.float64]) -> Figure:
        """Return the mean of a figure over the queries with a partner."""
        estimate, resampled = (
            cluster_means(values[self.known], self.clusters[self.known], each)
            for each in (self._once(), self.weights)
        )
        return Figure(float(estimate[0]), resampled, self.objects)

    def recall_at_budget(self, findings: Findings, budget: float) -> Figure:
        """Return the part of all pairs accepted at the one threshold that keeps the budget."""
        estimate, resampled = (
            recall_at_budget(
                _gathered(findings.relevant, self.clusters),
                _gathered(findings.strangers, self.clusters),
                np.bincount(self.clusters, minlength=self.weights.shape[1]),
                drawn,
                budget=budget,
            )
            for drawn in (self._once(), self.weights)
        )
        return Figure(float(estimate[0]), resampled, self.objects)

    def per_query(self, counts: NDArray[np.float64]) -> Interval:
        """Return the mean of a count over all queries, such as of false alerts."""
        low, high = np.quantile(cluster_means(counts, self.clusters, self.weights), [0.025, 0.975])
        bound = float(high) if counts.any() else rule_of_three(self.weights.shape[1])
        return Interval(float(counts.mean()), float(low), bound)

    def _once(self) -> NDArray[np.int32]:
        return np.ones((1, self.weights.shape[1]), dtype=np.int32)


def figures(queries: QuerySet, findings: Findings, *, seed: int = 0) -> MethodFigures:
    """Return the figures of one method; the same seed pairs the methods' resamples.

    Args:
        queries: At least one of them has a partner.
        findings: The method's.
        seed: Of the resamples.
    """
    resamples = Resamples.of(queries, seed=seed)
    rates = {
        FIRST: resamples.mean(_hits(queries, findings, 1)),
        RECALL_AT_TOP: resamples.mean(_recall(queries, findings)),
        RECALL_AT_BUDGET: resamples.recall_at_budget(findings, BUDGET),
    }
    alerts = None
    if findings.accepted:
        accepted, strangers = np.array(findings.accepted, dtype=np.float64).T
        sizes = np.array([max(1, len(partners)) for partners in queries.relevant])
        rates[AT_TAU] = resamples.mean(accepted / sizes)
        alerts = resamples.per_query(strangers)
    return MethodFigures(
        n=int(resamples.known.sum()),
        objects=resamples.objects,
        unknown=int((~resamples.known).sum()),
        rates=rates,
        proposed=float(np.mean([len(top) for top in findings.top])),
        false_alerts=alerts,
    )


def _hits(queries: QuerySet, findings: Findings, top: int) -> NDArray[np.float64]:
    """Return 1 for each query with a partner among its nearest, else 0."""
    pairs = zip(findings.top, queries.relevant, strict=True)
    return np.array([float(np.isin(found[:top], partners).any()) for found, partners in pairs])


def _recall(queries: QuerySet, findings: Findings) -> NDArray[np.float64]:
    """Return the part of each query's partners that is proposed; at most `TOP` are asked for."""
    pairs = zip(findings.top, queries.relevant, strict=True)
    return np.array(
        [
            min(1.0, np.isin(found, partners).sum() / max(1, min(TOP, len(partners))))
            for found, partners in pairs
        ]
    )


def _gathered(parts: list[NDArray[np.float32]], clusters: NDArray[np.int64]) -> Distances:
    return Distances(np.concatenate(parts), np.repeat(clusters, [len(part) for part in parts]))
