"""How a stored result is read: δ as it is asked for, or as a budget of false alerts gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.context import service
from iiif_dedup.search.budget import BudgetStatus, BudgetTable, Scale
from iiif_dedup.types import RunView


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides whether a candidate is accepted: norm ≤ τ + δ.

    Attributes:
        delta: δ.
        budget: False alerts that a query may cost on average; None where δ was asked for.
        status: How far that can be relied on; None likewise.
    """

    delta: float
    budget: float | None = None
    status: BudgetStatus | None = None


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
    table = None if run.calibration is None else run.calibration["table"]
    if not isinstance(table, Mapping) or run.background is None:
        return Reading(0.0, budget, BudgetStatus.UNCALIBRATED)
    score, status = BudgetTable.from_json(table).threshold(budget, run.pool_size)
    norm = Scale(run.background["centre"], run.background["scale"]).norm(score)
    uncalibrated = status is BudgetStatus.UNCALIBRATED
    return Reading(0.0 if uncalibrated else norm - run.tau, budget, status)
