"""Figures of one query's ranking, from the ranks of its partners.

A rank is 1-based among everything that the query was compared with, the query itself left out;
infinite for a partner that the method does not propose. Every figure lies in [0, 1].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def partner_ranks(
    distances: NDArray[np.float32], partners: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the ranks of a query's partners, ascending; equal distances rank by their place.

    Args:
        distances: To each of P candidates; infinite for what is not proposed or not judged.
        partners: Places of the partners among them.
    """
    own = distances[partners]
    nearer = np.searchsorted(np.sort(distances), own, side="left")
    before = [
        np.count_nonzero(distances[:place] == distance)
        for place, distance in zip(partners.tolist(), own.tolist(), strict=True)
    ]
    ranks = nearer + np.array(before, dtype=np.int64) + 1.0
    return np.sort(np.where(np.isfinite(own), ranks, np.inf))


def precision_at(ranks: NDArray[np.float64], k: int) -> float:
    """Return the part of the nearest K that are partners (paper 001, section 4.3).

    Paper 001 defines this and tabulates `hit_at` under its name: see its table 3, whose values
    grow with K although a photograph has few partners.
    """
    return float(np.count_nonzero(ranks <= k) / k)


def hit_at(ranks: NDArray[np.float64], k: int) -> float:
    """Return 1 where a partner is among the nearest K, else 0; its mean is the hit rate@K."""
    return float((ranks <= k).any())


def recall_at(ranks: NDArray[np.float64], k: int) -> float:
    """Return the part of the partners that are among the nearest K.

    Args:
        ranks: Of all the query's partners, at least one.
        k: How many are looked at.
    """
    return float(np.count_nonzero(ranks <= k) / len(ranks))


def average_precision(
    ranks: NDArray[np.float64], k: int | None = None, *, with_query: bool = False
) -> float:
    """Return the average precision among the nearest K; its mean over queries is mAP@K.

    The precision at the rank of each partner, summed and divided by the partners that K leaves
    room for: Σ P(k)·Δr(k) of paper 003, equations 13 and 14, cut off at K as in paper 001,
    section 4.3.

    Args:
        ranks: Of all the query's partners, ascending, at least one.
        k: How many are looked at; everything when None.
        with_query: Whether the query itself stands in the pool, as its own first find. Paper 001
            counts it: mAP@4 with three partners. It gives 1/4 to a method that finds nothing.
    """
    if with_query:
        ranks = np.concatenate([[1.0], ranks + 1])
    asked = len(ranks) if k is None else min(k, len(ranks))
    found = ranks[ranks <= (np.inf if k is None else k)]
    found = found[np.isfinite(found)]
    return float((np.arange(1, len(found) + 1) / found).sum() / asked)
