"""How a stored result is read: by δ as it is asked for, or by a budget of false alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.context import service
from iiif_dedup.evidence.fusion import shipped_fusion
from iiif_dedup.search.budget import BudgetStatus, BudgetTable, Scale
from iiif_dedup.types import RunView, ScoredImage


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides: the clone rule accepts norm ≤ τ + δ, and the evidence proposes by probability.

    Attributes:
        delta: δ.
        probability: From which on a candidate is proposed; None where δ was asked for, since then
            the clone rule decides alone.
        budget: False alerts that a query may cost on average; None where δ was asked for.
        status: How far δ can be relied on for that; None likewise.
    """

    delta: float
    probability: float | None = None
    budget: float | None = None
    status: BudgetStatus | None = None

    def accepts(self, run: RunView, scored: ScoredImage) -> bool:
        """Tell whether the clone rule accepts a picture."""
        return scored.norm <= run.tau + self.delta

    def proposes(self, run: RunView, scored: ScoredImage) -> bool:
        """Tell whether a picture is shown to people; without evidence the clone rule decides."""
        if self.probability is None or scored.evidence is None:
            return self.accepts(run, scored)
        return scored.evidence.probability >= self.probability


def reading(run: RunView, *, delta: float | None = None, budget: float | None = None) -> Reading:
    """Return how a run is read: with that δ, with that budget, or with the setting's budget.

    Args:
        run: The run.
        delta: δ, which excludes a budget.
        budget: False alerts per query, > 0.
    """
    if delta is not None:
        return Reading(delta)
    budget = service().settings.budget if budget is None else budget
    probability = shipped_fusion().threshold(budget)
    table = None if run.calibration is None else run.calibration["table"]
    if not isinstance(table, Mapping) or run.background is None:
        return Reading(0.0, probability, budget, BudgetStatus.UNCALIBRATED)
    score, status = BudgetTable.from_json(table).threshold(budget, run.pool_size)
    norm = Scale(run.background["centre"], run.background["scale"]).norm(score)
    uncalibrated = status is BudgetStatus.UNCALIBRATED
    return Reading(0.0 if uncalibrated else norm - run.tau, probability, budget, status)
