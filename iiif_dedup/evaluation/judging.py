"""Every figure of one method on one set of queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.alerts import strangers_to_keep
from iiif_dedup.evaluation.curves import AtThreshold, Pooled
from iiif_dedup.evaluation.gold import GoldQueries
from iiif_dedup.evaluation.haystack import Findings
from iiif_dedup.evaluation.haystack_figures import Figure, Resamples
from iiif_dedup.evaluation.judged import (
    AT_BUDGET,
    AVERAGE_PRECISION,
    FIRST,
    Calibration,
    Judged,
    Operating,
)
from iiif_dedup.evaluation.metrics import auprc, auroc, resampled_interval
from iiif_dedup.evaluation.ranking import (
    average_precision,
    hit_at,
    partner_ranks,
    precision_at,
    recall_at,
)
from iiif_dedup.evaluation.reliability import (
    TOP_OF_QUERY,
    brier_score,
    brier_skill,
    expected_calibration_error,
    reliability,
)
from iiif_dedup.evaluation.scoring import Scores
from iiif_dedup.evaluation.soft import soft_f1, soft_f1_by_level

CURVE_RANKS = (1, 2, 3, 5, 10, 20, 30, 50)
"""K of the drawn recall@K."""
EVEN = 0.5
"""Distance up to which a probability says that a match is the likelier case."""
_FAR = np.finfo(np.float32).max

_Parts = list[NDArray[np.float32]]
"""Distances, an array for each query."""


def judge(
    scores: Scores, queries: GoldQueries, *, ks: Sequence[int], budget: float, seed: int
) -> Judged:
    """Return the figures of one method; the same seed pairs the methods' resamples.

    Args:
        scores: The method's.
        queries: The queries; one at least has a partner.
        ks: How many of the nearest are looked at, each ≥ 1.
        budget: Strangers that a query may cost on average, > 0.
        seed: Of the resamples.
    """
    given = queries.set
    resamples = Resamples.of(given, seed=seed)
    pairs = list(zip(scores.distances, given.relevant, strict=True))
    ranks = [partner_ranks(distances, rows) for distances, rows in pairs]
    partners = [distances[rows] for distances, rows in pairs]
    strangers = [
        np.delete(distances, np.concatenate([rows, ignored]))
        for (distances, rows), ignored in zip(pairs, queries.ignored, strict=True)
    ]
    pooled = Pooled(
        np.sort(np.concatenate(partners)), np.sort(np.concatenate(strangers)), len(partners)
    )

    def operating(threshold: float) -> Operating:
        return _operating(pooled.at(threshold), partners, strangers, resamples)

    at_budget = operating(pooled.at_budget(budget).threshold)
    decided = 0.0 if scores.has_rule else EVEN if scores.probabilistic else None
    at_rule = None if decided is None else operating(decided)
    near, far = (np.minimum(each, _FAR) for each in (pooled.partners, pooled.strangers))
    predicted, agreed = _soft(scores, queries, (at_rule or at_budget).at.threshold)
    levels = sorted({float(share) for each in queries.agreement for share in each.shares})
    budgeted = resamples.recall_at_budget(_nearest(partners, strangers, budget), budget)
    return Judged(
        queries=int(resamples.known.sum()),
        objects=resamples.objects,
        unknown=int((~resamples.known).sum()),
        rates=_rates(ranks, ks, resamples) | {AT_BUDGET: budgeted},
        auroc=auroc(near, far),
        auprc=auprc(near, far),
        at_budget=at_budget,
        at_rule=at_rule,
        soft=soft_f1(predicted, agreed),
        soft_by_level=soft_f1_by_level(predicted, agreed, levels) if len(levels) > 1 else {},
        calibration=_calibration(scores, queries) if scores.probabilistic else None,
        recall_at={
            k: float(np.mean([recall_at(one, k) for one in ranks if len(one)])) for k in CURVE_RANKS
        },
        curve=pooled.precision_recall(),
        roc=pooled.roc(),
        against_delta=pooled.against_delta() if scores.has_rule else (),
    )


def per_query(
    ranks: Sequence[NDArray[np.float64]], figure: Callable[[NDArray[np.float64]], float]
) -> NDArray[np.float64]:
    """Return a figure of each query's ranking; 0 for queries without a partner."""
    return np.array([figure(one) if len(one) else 0.0 for one in ranks])


def _rates(
    ranks: Sequence[NDArray[np.float64]], ks: Sequence[int], resamples: Resamples
) -> dict[str, Figure]:
    def mean(figure: Callable[[NDArray[np.float64]], float]) -> Figure:
        return resamples.mean(per_query(ranks, figure))

    rates = {FIRST: mean(partial(hit_at, k=1)), AVERAGE_PRECISION: mean(average_precision)}
    for k in ks:
        rates |= {
            f"precision_at_{k}": mean(partial(precision_at, k=k)),
            f"hit_at_{k}": mean(partial(hit_at, k=k)),
            f"recall_at_{k}": mean(partial(recall_at, k=k)),
            f"map_at_{k}": mean(partial(average_precision, k=k)),
            f"map_at_{k}_with_query": mean(partial(average_precision, k=k, with_query=True)),
        }
    return rates


def _nearest(partners: _Parts, strangers: _Parts, budget: float) -> Findings:
    """Return the distances that can decide a threshold at a budget."""
    keep = strangers_to_keep(len(strangers), budget)
    nearest = [np.partition(each, keep)[:keep] if keep < len(each) else each for each in strangers]
    return Findings(relevant=partners, strangers=[each[np.isfinite(each)] for each in nearest])


def _operating(
    at: AtThreshold, partners: _Parts, strangers: _Parts, resamples: Resamples
) -> Operating:
    hits, alarms = (
        np.array([np.count_nonzero(each <= np.float32(at.threshold)) for each in parts])
        for parts in (partners, strangers)
    )
    sizes = np.array([len(each) for each in partners])
    drawn_hits, drawn_alarms, drawn_sizes = (
        resamples.weights
        @ np.bincount(resamples.clusters, weights=each, minlength=resamples.weights.shape[1])
        for each in (hits, alarms, sizes)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(
            drawn_hits + drawn_alarms > 0, drawn_hits / (drawn_hits + drawn_alarms), 1.0
        )
        recall = drawn_hits / drawn_sizes
        f1 = 2 * drawn_hits / (drawn_hits + drawn_alarms + drawn_sizes)
    objects = resamples.objects
    return Operating(
        at=at,
        precision=resampled_interval(at.precision, precision, objects),
        recall=resampled_interval(at.recall, recall, objects),
        f1=resampled_interval(at.f1, f1, objects),
        false_alerts=resamples.per_query(alarms.astype(np.float64)),
    )


def _soft(
    scores: Scores, queries: GoldQueries, threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each judged pair how far it is predicted, and how far agreed on."""
    predicted: NDArray[np.float64] = (
        np.clip(1.0 - scores.distances, 0, 1)
        if scores.probabilistic
        else (scores.distances <= np.float32(threshold)).astype(np.float64)
    )
    agreed = np.zeros_like(predicted)
    counted = np.ones(predicted.shape, dtype=np.bool_)
    for place, (rows, shares) in enumerate(queries.agreement):
        agreed[place, rows] = shares
        counted[place, queries.ignored[place]] = False
    return predicted[counted], agreed[counted]


def _calibration(scores: Scores, queries: GoldQueries) -> Calibration | None:
    probabilities, matches = [], []
    for distances, partners in zip(scores.distances, queries.set.relevant, strict=True):
        nearest = np.argsort(distances, kind="stable")[:TOP_OF_QUERY]
        nearest = nearest[np.isfinite(distances[nearest])]
        probabilities.append(np.clip(1.0 - distances[nearest], 0, 1))
        matches.append(np.isin(nearest, partners))
    given, true = np.concatenate(probabilities), np.concatenate(matches)
    if not len(given):
        return None
    bins = reliability(given, true)
    return Calibration(
        pairs=len(given),
        error=expected_calibration_error(bins),
        brier=brier_score(given, true),
        skill=brier_skill(given, true),
        bins=bins,
    )
