"""Fitting the fusion to pairs of which people know the answer.

Boosted trees of one split each are sums of steps; with monotone constraints each measure's steps
rise or fall throughout (scikit-learn's histogram gradient boosting). They take missing values as
they come. What is kept of them is their curves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import EvidenceError
from iiif_dedup.evidence.fusion import Curve, Fusion
from iiif_dedup.evidence.measures import LOCAL, Measure, Measures, direction

CHOSEN: Mapping[str, Curve] = {
    Measure.METADATA_AGREEMENT: Curve(at=(0.0, 2.0, 8.0), adds=(0.0, 0.5, 4.0), chosen=True),
    Measure.METADATA_CONTRADICTION: Curve(at=(0.0, 3.0), adds=(0.0, -2.0), chosen=True),
    Measure.SAME_FILE: Curve(at=(0.0, 1.0), adds=(0.0, 12.0), chosen=True),
}
"""Set by hand: no set with truth has two catalogues' words on one artefact, and no set has two
records with one file. Where that was looked at, records of different things agree by 2 at most, a
record and itself elsewhere by 8 to 10. Words alone never carry a pair over the line; what
contradicts takes away, and leaves the rest standing."""

LEAST_PAIRS = 50
"""Pairs of each kind without which nothing is fitted."""

_ROUNDS = 400
_RATE = 0.1
_LEAST_IN_LEAF = 20
_PENALTY = 1.0
_POINTS = 48
"""Most points of a curve."""
_FORGOTTEN = 0.15
"""Share of pairs that are seen once more with one kind of evidence left out, so that what is
missing is no verdict by itself."""
_KEPT_STRANGERS = 2000


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs of which the answer is known, N.

    Attributes:
        measures: Of each.
        same: bool, N; whether the pair shows one artefact.
        weights: float64, N; how much each counts, on average 1.
    """

    measures: Sequence[Measures]
    same: NDArray[np.bool_]
    weights: NDArray[np.float64]


def fit(examples: Examples, *, version: str, data: str, seed: int = 0) -> Fusion:
    """Return a fusion fitted to pairs as they are proposed; the same input gives the same.

    Args:
        examples: Proposed pairs with the share of true ones that searches propose, for the
            probability follows that share.
        version: Of the result.
        data: What it was fitted on, in a sentence.
        seed: Of what is left out.

    Raises:
        EvidenceError: There are fewer than 50 pairs of a kind.
    """
    # Imported here: a process that only reads results never loads it.
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    known = int(np.count_nonzero(examples.same))
    if min(known, len(examples.same) - known) < LEAST_PAIRS:
        raise EvidenceError(
            f"A fusion is fitted to at least {LEAST_PAIRS} pairs of one artefact and as many of "
            f"two, got {known} and {len(examples.same) - known}; review more pairs."
        )
    names = sorted({name for one in examples.measures for name in one} - CHOSEN.keys())
    table = _table(examples.measures, names)
    again = np.random.default_rng(seed).random(len(table)) < _FORGOTTEN
    seen = np.concatenate([table, _with_some_forgotten(table[again], names, seed)])
    answers, weights = (
        np.concatenate([each, each[again]]) for each in (examples.same, examples.weights)
    )
    boosted = HistGradientBoostingClassifier(
        learning_rate=_RATE,
        max_iter=_ROUNDS,
        max_leaf_nodes=2,
        min_samples_leaf=_LEAST_IN_LEAF,
        l2_regularization=_PENALTY,
        monotonic_cst=[direction(name) for name in names],
        early_stopping=False,
        random_state=seed,
    ).fit(seen, answers, sample_weight=weights)
    nothing = np.full((1, len(names)), np.nan)
    base = float(boosted.decision_function(nothing)[0])
    curves = {}
    for column, name in enumerate(names):
        values = _points(table[:, column])
        if len(values) > 1:
            rows = np.repeat(nothing, len(values), axis=0)
            rows[:, column] = values
            adds = boosted.decision_function(rows) - base
            curves[name] = Curve(at=tuple(values.tolist()), adds=tuple(np.round(adds, 4).tolist()))
    return Fusion(version=version, data=data, intercept=base, curves={**curves, **CHOSEN})


def with_threshold(fusion: Fusion, strangers: Sequence[float], queries: int) -> Fusion:
    """Return a fusion that knows which probabilities strangers reach.

    Args:
        fusion: The fusion.
        strangers: Probabilities of proposed strangers, by fusions that had not seen their queries.
        queries: How many queries these belong to, ≥ 1.
    """
    highest = sorted(strangers, reverse=True)[:_KEPT_STRANGERS]
    return fusion.model_copy(
        update={"strangers": tuple(round(one, 6) for one in highest), "queries": queries}
    )


def _table(measures: Sequence[Measures], names: Sequence[str]) -> NDArray[np.float64]:
    """Return pairs as rows and measures as columns, NaN where one is missing."""
    return np.array([[one.get(name, np.nan) for name in names] for one in measures])


def _with_some_forgotten(
    table: NDArray[np.float64], names: Sequence[str], seed: int
) -> NDArray[np.float64]:
    """Return pairs each without one kind of evidence."""
    kinds = sorted({_kind(name) for name in names})
    of_column = np.array([kinds.index(_kind(name)) for name in names])
    forgotten = np.random.default_rng(seed + 1).integers(0, len(kinds), len(table))
    return np.where(of_column[np.newaxis] == forgotten[:, np.newaxis], np.nan, table)


def _kind(name: str) -> str:
    """Return what a measure is missing together with."""
    if name in LOCAL:
        return "local"
    return name.split("_", 1)[0]


def _points(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values between which a curve is straight: quantiles, denser at both ends."""
    known = np.unique(values[~np.isnan(values)])
    if len(known) <= _POINTS:
        return known
    ends = np.geomspace(1e-4, 0.5, _POINTS // 2)
    return np.unique(np.quantile(known, np.concatenate([ends, 1 - ends])))
