"""The same figures for each pair of sources: whose records find whose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from iiif_dedup.evaluation.gold import Entry, GoldQueries
from iiif_dedup.evaluation.ranking import partner_ranks
from iiif_dedup.evaluation.scoring import Scores


class SourcePair(NamedTuple):
    """Queries of one source against the entries of one source, which may be the same.

    Attributes:
        query_source: Of the queries.
        found_source: Of what they are to find.
        queries: How many queries the first has.
        pairs: How many partners they have in the second.
        recall_at_k: The part of these that stand among a query's nearest K of all sources; None
            without any.
        recall_at_budget: The part of these accepted at the budget's threshold, likewise.
        false_alerts: Strangers of the second source accepted at that threshold, per query.
    """

    query_source: str
    found_source: str
    queries: int
    pairs: int
    recall_at_k: float | None
    recall_at_budget: float | None
    false_alerts: float


def by_source(
    scores: Scores, queries: GoldQueries, entries: Sequence[Entry], *, k: int, threshold: float
) -> tuple[SourcePair, ...]:
    """Return the figures of every pair of sources; none where there is one source only.

    Args:
        scores: Of one method.
        queries: What was searched for.
        entries: Of the gold, the pool first.
        k: How many of the nearest are looked at.
        threshold: Of all queries, at the budget of false alerts.
    """
    pool = scores.distances.shape[1]
    sources = np.array([entry.source for entry in entries])
    known = np.unique(sources)
    if len(known) < 2:
        return ()
    given = queries.set
    accepted = scores.distances <= np.float32(threshold)
    among_nearest = np.zeros_like(accepted)
    partners = np.zeros_like(accepted)
    for place, rows in enumerate(given.relevant):
        partners[place, rows] = True
        # One partner at a time, since ranks come sorted.
        among_nearest[place, rows] = [
            partner_ranks(scores.distances[place], rows[each : each + 1])[0] <= k
            for each in range(len(rows))
        ]
    found = []
    for source in known:
        ours = sources[given.queries] == source
        for other in known:
            theirs = sources[:pool] == other
            block = np.ix_(ours, theirs)
            true = partners[block]
            if ours.any() and theirs.any():
                pairs, count = int(true.sum()), int(ours.sum())
                found.append(
                    SourcePair(
                        str(source),
                        str(other),
                        count,
                        pairs,
                        float(among_nearest[block].sum() / pairs) if pairs else None,
                        float((accepted[block] & true).sum() / pairs) if pairs else None,
                        float((accepted[block] & ~true).sum() / count),
                    )
                )
    return tuple(found)
