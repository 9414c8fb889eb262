"""What every threshold would give: ROC, precision and recall, and F1 against δ.

Pairs are counted over all queries of a set under one threshold, at the true prior: every stranger
of the pool counts, not as many as there are matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 400
"""Points of a drawn curve; more cannot be told apart."""
DELTAS = tuple(np.round(np.linspace(-0.5, 0.5, 41), 3).tolist())
"""Of paper 000, figure 6."""


class AtThreshold(NamedTuple):
    """What accepting every distance up to a threshold gives.

    Attributes:
        threshold: The largest accepted distance.
        precision: 1 where nothing is accepted.
        recall: The part of the partners that are accepted.
        f1: 0 where no partner is.
        false_alerts: Strangers per query.
    """

    threshold: float
    precision: float
    recall: float
    f1: float
    false_alerts: float


@dataclass(frozen=True, slots=True)
class Pooled:
    """The distances of all judged pairs of a set, ascending; infinite for what is not proposed.

    Attributes:
        partners: Of every query with every partner, at least one.
        strangers: Of every query with everything else.
        queries: How many queries there are.
    """

    partners: NDArray[np.float32]
    strangers: NDArray[np.float32]
    queries: int

    def at(self, threshold: float) -> AtThreshold:
        """Return what a threshold gives; nothing infinite is accepted."""
        hits, alarms = (
            # As float32, so that a distance of 0.3 lies at a threshold of 0.3.
            int(np.searchsorted(each, np.float32(min(threshold, _LARGEST)), side="right"))
            for each in (self.partners, self.strangers)
        )
        precision = hits / (hits + alarms) if hits + alarms else 1.0
        recall = hits / len(self.partners)
        f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
        return AtThreshold(float(threshold), precision, recall, f1, alarms / self.queries)

    def at_budget(self, budget: float) -> AtThreshold:
        """Return what the largest threshold gives that lets `budget` strangers a query pass.

        A pair as far as the first stranger too many is not accepted.
        """
        allowed = int(self.queries * budget + 1e-9)
        if allowed >= len(self.strangers):
            return self.at(_LARGEST)
        return self.at(float(np.nextafter(self.strangers[allowed], np.float32(-np.inf))))

    def precision_recall(self) -> list[AtThreshold]:
        """Return the precision-recall curve, one point for each distance of a partner."""
        return [self.at(value) for value in _spread(_finite(self.partners))]

    def roc(self) -> list[tuple[float, float]]:
        """Return the points (false positive rate, true positive rate) from (0, 0) to (1, 1)."""
        # Spread over each kind by itself, since there are far more strangers than partners.
        thresholds = sorted({*_spread(_finite(self.partners)), *_spread(_finite(self.strangers))})
        rates = [
            tuple(
                float(np.searchsorted(each, threshold, side="right") / max(1, len(each)))
                for each in (self.strangers, self.partners)
            )
            for threshold in thresholds
        ]
        return [(0.0, 0.0), *((rate[0], rate[1]) for rate in rates), (1.0, 1.0)]

    def against_delta(self, deltas: Sequence[float] = DELTAS) -> list[AtThreshold]:
        """Return what τ + δ gives for each δ (paper 000, figure 6).

        Args:
            deltas: The distances are those of a rule, norm − τ, so that δ is the threshold.
        """
        return [self.at(delta) for delta in deltas]


_LARGEST = float(np.finfo(np.float32).max)


def _finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the finite ones of ascending values."""
    return values[: np.searchsorted(values, np.inf, side="left")]


def _spread(values: NDArray[np.float32]) -> list[float]:
    """Return the distinct values, ascending, or as many of them as a curve needs."""
    distinct = np.unique(values)
    if len(distinct) > MOST_POINTS:
        distinct = distinct[np.linspace(0, len(distinct) - 1, MOST_POINTS).round().astype(int)]
    found: list[float] = distinct.tolist()
    return found
