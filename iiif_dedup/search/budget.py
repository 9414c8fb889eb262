"""The budget: how many false alerts a query may cost on average, and the δ that keeps it.

Held-out views set τ for one anchor; they say nothing of how many strangers lie that near. So the
scores of many anchors against their own collection are pooled: the few true duplicates among
them make the promise stricter, never looser. It holds on average over anchors, not for each.

A score is a norm seen from its anchor's own background, (norm − centre) / scale, so that one
threshold fits anchors in crowded and in empty places; see `Background`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.types import Json

KEPT = 500
"""Pooled lowest scores that a table keeps."""
_NEIGHBOURS = 50
"""Nearest images that are an anchor's background where that is the nearest ones."""
_TAIL = 20
"""Lowest pooled scores that the tail is extrapolated from."""


class Background(StrEnum):
    """What a norm is compared with, before one threshold serves all anchors."""

    RAW = "raw"
    """The anchor's own τ: the score is norm − τ."""
    Z_SCORE = "z_score"
    """Mean and standard deviation of all the pool's norms."""
    NEIGHBOURS = "neighbours"
    """The mean of the pool's nearest norms: the score is norm / mean − 1."""


DEFAULT_BACKGROUND = Background.NEIGHBOURS
"""At equal false alerts it found no fewer real pairs than the others on any set of the haystack."""


class BudgetStatus(StrEnum):
    """How far a budget can be relied on."""

    MET = "met"
    """So many false alerts were seen among the calibration's anchors that the rate is measured."""
    EXTRAPOLATED = "extrapolated"
    """The budget lies beyond what the anchors showed; the threshold follows the tail's slope."""
    UNCALIBRATED = "uncalibrated"
    """Nothing was measured on this collection; δ is 0."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns the norms of one anchor into scores and back."""

    centre: float
    scale: float

    @classmethod
    def of(cls, norms: NDArray[np.float32], tau: float, background: Background) -> Self:
        """Return the scale of one anchor.

        Args:
            norms: Of all images of other records, at least one.
            tau: The anchor's τ.
            background: What norms are compared with.
        """
        if background is Background.RAW:
            return cls(tau, 1.0)
        if background is Background.Z_SCORE:
            return cls(float(norms.mean()), max(float(norms.std()), 1e-6))
        count = min(_NEIGHBOURS, len(norms))
        near = float(np.partition(norms, count - 1)[:count].mean())
        return cls(near, max(near, 1e-6))

    def scores(self, norms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (norm − centre) / scale."""
        return ((norms - self.centre) / self.scale).astype(np.float32)

    def norm(self, score: float) -> float:
        """Return the norm of a score."""
        return self.centre + score * self.scale


@dataclass(frozen=True, slots=True)
class BudgetTable:
    """The lowest scores of a collection's anchors against it, pooled.

    Attributes:
        background: How scores were made.
        anchors: How many anchors were pooled.
        pool_size: Images that each was compared with, on average.
        scores: The lowest of all, ascending, at most `KEPT`.
    """

    background: Background
    anchors: int
    pool_size: float
    scores: tuple[float, ...]

    def threshold(self, budget: float, pool_size: int) -> tuple[float, BudgetStatus]:
        """Return the highest score that keeps a budget, and how far that can be relied on.

        Args:
            budget: False alerts per query, > 0.
            pool_size: Images that a query is compared with now; more of them bring more alerts.

        Raises:
            ValueError: The budget is not positive.
        """
        if budget <= 0:
            raise ValueError(f"a budget is a positive number of false alerts, got {budget}")
        if not self.scores:
            return 0.0, BudgetStatus.UNCALIBRATED
        allowed = budget * self.anchors * self.pool_size / max(pool_size, 1)
        # Events that may be accepted; the threshold lies just below the next one.
        events = int(allowed)
        if 1 <= events < len(self.scores):
            return float(np.nextafter(self.scores[events], -np.inf)), BudgetStatus.MET
        return self._extrapolated(allowed), BudgetStatus.EXTRAPOLATED

    def _extrapolated(self, allowed: float) -> float:
        """Return the score at which the tail's line says that `allowed` events lie below.

        The logarithm of how many scores lie below one is taken as linear in it, near the end
        of the table that the budget lies beyond.
        """
        end = self.scores[:_TAIL] if allowed < 1 else self.scores[-_TAIL:]
        if len(end) < 2 or end[0] == end[-1]:
            return float(np.nextafter(end[0], -np.inf))
        first = 1 if allowed < 1 else len(self.scores) - len(end) + 1
        counts = np.log(np.arange(first, first + len(end)))
        slope, intercept = np.polyfit(counts, np.array(end), 1)
        return float(intercept + slope * np.log(allowed))

    def to_json(self) -> dict[str, Json]:
        """Return what `from_json` takes."""
        return {
            "background": self.background.value,
            "anchors": self.anchors,
            "pool_size": self.pool_size,
            "scores": list(self.scores),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """Return the table that `to_json` wrote."""
        scores = data["scores"]
        if not isinstance(scores, Sequence):
            raise TypeError(f"expected a list of scores, got {type(scores).__name__}")
        return cls(
            Background(str(data["background"])),
            int(str(data["anchors"])),
            float(str(data["pool_size"])),
            tuple(float(score) for score in scores),
        )


def pooled(
    anchors: Iterable[tuple[NDArray[np.float32], float]], background: Background
) -> BudgetTable:
    """Return the table of many anchors.

    Args:
        anchors: For each anchor, the norms of all images of other records, and its τ.
        background: How to make scores.
    """
    lowest = np.empty(0, dtype=np.float32)
    count, images = 0, 0
    for norms, tau in anchors:
        scores = Scale.of(norms, tau, background).scores(norms)
        if len(scores) > KEPT:
            scores = np.partition(scores, KEPT - 1)[:KEPT]
        lowest = np.sort(np.concatenate([lowest, scores]))[:KEPT]
        count, images = count + 1, images + len(norms)
    return BudgetTable(
        background, count, images / max(count, 1), tuple(float(score) for score in lowest)
    )
