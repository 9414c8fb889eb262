"""One probability from all measures of a pair, and what each of them contributed.

The logit is a constant and a sum of one curve a measure, each rising or falling throughout: a
generalised additive model (Hastie and Tibshirani, 1986). So the contribution of each measure is
a number by itself, a measure that is missing contributes what it does on average, and what was
fitted is a table that anyone can read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from iiif_dedup.errors import EvidenceError
from iiif_dedup.evidence.measures import Measures

SHIPPED = "fusion.json"
_UNCALIBRATED = 0.5
"""Threshold of a fusion that was fitted without any stranger."""


class Curve(BaseModel):
    """What a measure adds to the logit: straight lines between points, constant beyond them.

    Attributes:
        at: Values of the measure, rising.
        adds: What they add, rising or falling throughout.
        missing: What is added where the measure is not known.
        chosen: Whether it was set by hand, since no data with truth shows it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: tuple[float, ...]
    adds: tuple[float, ...]
    missing: float = 0.0
    chosen: bool = False

    def value(self, measure: float | None) -> float:
        """Return what a value of the measure adds."""
        if measure is None:
            return self.missing
        return float(np.interp(measure, self.at, self.adds))


class Fusion(BaseModel):
    """A fitted fusion.

    Attributes:
        version: Changes whenever the numbers do.
        data: What it was fitted on, in a sentence.
        intercept: The logit where every curve adds nothing.
        curves: Name of a measure → its curve.
        strangers: Probabilities of the most probable strangers that queries met when they were
            held out, falling; see `threshold`.
        queries: How many queries these were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    data: str
    intercept: float
    curves: Mapping[str, Curve]
    strangers: tuple[float, ...] = ()
    queries: int = 0

    def probability(self, measures: Measures) -> float:
        """Return how probable it is that a proposed pair shows one artefact, 0 to 1."""
        return _logistic(self.intercept + sum(self.contributions(measures).values()))

    def contributions(self, measures: Measures) -> dict[str, float]:
        """Return what each measure adds to the logit; those that are missing too."""
        return {name: curve.value(measures.get(name)) for name, curve in self.curves.items()}

    def threshold(self, budget: float) -> float:
        """Return the probability from which on pairs are proposed.

        Above it held-out queries met as many strangers as the budget allows.

        Args:
            budget: Strangers that a query may cost on average, > 0.
        """
        allowed = math.floor(budget * self.queries)
        if not self.strangers:
            return _UNCALIBRATED
        if allowed >= len(self.strangers):
            return self.strangers[-1]
        return math.nextafter(self.strangers[allowed], 1.0)


@cache
def shipped_fusion() -> Fusion:
    """Return the fusion that comes with the package; see its `data`.

    Raises:
        EvidenceError: The file is missing or broken.
    """
    try:
        return read_fusion(resources.files(__package__).joinpath(SHIPPED).read_text("utf-8"))
    except OSError as error:
        raise EvidenceError(
            f"The package's {SHIPPED} cannot be read ({error}); install it again."
        ) from error


def read_fusion(text: str) -> Fusion:
    """Return a fusion from its JSON.

    Raises:
        EvidenceError: It is none.
    """
    try:
        return Fusion.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise EvidenceError(f"This is no fusion of evidence: {where}: {first['msg']}.") from error


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-700.0, min(700.0, logit))))
