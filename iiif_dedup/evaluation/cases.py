"""Single queries that are worth looking at: the surest finds, what was missed, false alerts."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.gold import GoldQueries
from iiif_dedup.evaluation.scoring import Scores

SHOWN = 4
"""Cases of each kind, each of another thing."""


class Kind(StrEnum):
    """What a case shows."""

    SUREST = "surest"
    """A partner stands first, and the nearest stranger is farthest behind."""
    MISSED = "missed"
    """A partner that stands farthest back."""
    FALSE_ALERT = "false alert"
    """A stranger that is nearer than any other query's."""


class Case(NamedTuple):
    """A query and one entry of the pool; rows are those of `Gold.entries`.

    Attributes:
        kind: Why it is shown.
        query: What was searched for.
        found: The partner, or the stranger.
        rank: 1-based place of that among everything; None where it was not proposed.
        distance: As in `Scores`; None likewise.
        first: What stood first instead of a missed partner, None where nothing did.
    """

    kind: Kind
    query: int
    found: int
    rank: int | None
    distance: float | None
    first: int | None = None


def pick_cases(scores: Scores, queries: GoldQueries, *, shown: int = SHOWN) -> tuple[Case, ...]:
    """Return up to `shown` cases of each kind, the most telling first."""
    found: dict[Kind, list[tuple[float, int, Case]]] = {kind: [] for kind in Kind}
    given = queries.set
    for place, query in enumerate(given.queries.tolist()):
        distances, partners = scores.distances[place], given.relevant[place]
        cluster = int(given.clusters[place])
        order = np.argsort(distances, kind="stable")
        strangers = order[np.isfinite(distances[order]) & ~np.isin(order, partners)]
        if len(strangers):
            alert = _case(Kind.FALSE_ALERT, query, int(strangers[0]), distances, order)
            found[Kind.FALSE_ALERT].append((float(distances[strangers[0]]), cluster, alert))
        if not len(partners):
            continue
        ranks = np.argsort(order, kind="stable")[partners]
        if ranks.min() == 0 and np.isfinite(distances[order[0]]):
            gap = float(distances[strangers[0]] - distances[order[0]]) if len(strangers) else np.inf
            sure = _case(Kind.SUREST, query, int(order[0]), distances, order)
            found[Kind.SUREST].append((-gap, cluster, sure))
        missed = int(partners[ranks.argmax()])
        if ranks.max() >= len(partners):
            case = _case(Kind.MISSED, query, missed, distances, order)
            found[Kind.MISSED].append((-float(ranks.max()), cluster, case))
    return tuple(case for kind in Kind for case in _distinct(found[kind], shown))


def _case(
    kind: Kind,
    query: int,
    found: int,
    distances: NDArray[np.float32],
    order: NDArray[np.int64],
) -> Case:
    nearest = int(order[0])
    proposed = bool(np.isfinite(distances[found]))
    return Case(
        kind,
        query,
        found,
        int(np.flatnonzero(order == found)[0]) + 1 if proposed else None,
        float(distances[found]) if proposed else None,
        nearest if kind is Kind.MISSED and np.isfinite(distances[nearest]) else None,
    )


def _distinct(cases: list[tuple[float, int, Case]], most: int) -> list[Case]:
    """Return the first cases of different things, no pair from both its sides."""
    chosen: dict[int, Case] = {}
    pairs = set()
    for _, cluster, case in sorted(cases, key=lambda one: one[0]):
        if cluster not in chosen and (case.found, case.query) not in pairs:
            chosen[cluster] = case
            pairs.add((case.query, case.found))
    return list(chosen.values())[:most]
