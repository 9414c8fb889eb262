"""The figures of one method on one set of queries, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iiif_dedup.evaluation.curves import AtThreshold
from iiif_dedup.evaluation.haystack_figures import Figure
from iiif_dedup.evaluation.metrics import Interval, OperatingPoint
from iiif_dedup.evaluation.reliability import ReliabilityBin

FIRST, AVERAGE_PRECISION, AT_BUDGET = "first", "map", "recall_at_budget"


@dataclass(frozen=True, slots=True)
class Operating:
    """One threshold for all queries, counted over all their pairs at the true prior.

    Attributes:
        at: Precision, recall, F1 and false alerts per query.
        precision: The same with its interval over the things shown; so `recall` and `f1`.
        false_alerts: Strangers per query, likewise.
    """

    at: AtThreshold
    precision: Interval
    recall: Interval
    f1: Interval
    false_alerts: Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether the probabilities of the nearest five of each query mean what they say.

    Attributes:
        pairs: How many were looked at.
        error: ECE in bins of equal mass.
        brier: Brier score.
        skill: Brier skill; None where all pairs are of one kind.
        bins: The reliability curve.
    """

    pairs: int
    error: float
    brier: float
    skill: float | None
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What one method did on one set of queries; `docs/reference/measures.md` defines all.

    Attributes:
        queries: How many have a partner.
        objects: Things that they show; n of the intervals.
        unknown: Queries without a partner, which count for false alerts only.
        rates: By name, means over the queries with a partner.
        auroc: Of all pairs under one threshold; so `auprc`.
        at_budget: At the largest threshold that keeps the budget of false alerts.
        at_rule: Where the method's own rule decides: norm ≤ τ, or a probability of at least ½.
        soft: Soft precision, recall and F1: of the probabilities, else of what is accepted.
        soft_by_level: The same at each level of the judges' agreement, where there are several.
        calibration: Of a method that gives probabilities and proposes anything.
        recall_at: Mean recall by K.
        curve: Precision and recall at all thresholds.
        roc: Points (false positive rate, true positive rate).
        against_delta: At τ + δ, for a method with a rule.
    """

    queries: int
    objects: int
    unknown: int
    rates: Mapping[str, Figure]
    auroc: float
    auprc: float
    at_budget: Operating
    at_rule: Operating | None
    soft: OperatingPoint
    soft_by_level: Mapping[float, OperatingPoint]
    calibration: Calibration | None
    recall_at: Mapping[int, float]
    curve: Sequence[AtThreshold]
    roc: Sequence[tuple[float, float]]
    against_delta: Sequence[AtThreshold]
