"""How far every entry of the pool is from every query, by one method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.gold import Gold, GoldQueries
from iiif_dedup.evaluation.haystack import Compared, Method

_BLOCK = 64


@dataclass(frozen=True, slots=True)
class Scores:
    """The distances of one method on one set of queries.

    Attributes:
        distances: float32, Q×P; smaller is nearer, infinite where nothing is proposed and for
            what counts neither way. Of a method with a rule of its own the threshold is taken
            off, so that what lies at 0 or below is accepted: norm − τ, the scale of δ.
        has_rule: Whether the method has one.
        probabilistic: Whether 1 − distance is a probability.
    """

    distances: NDArray[np.float32]
    has_rule: bool
    probabilistic: bool


class Rows:
    """The pictures of all entries in one row, those of the pool first."""

    def __init__(self, gold: Gold) -> None:
        """Count the pictures; every entry has one at least."""
        counts = np.array([len(entry.pictures) for entry in gold.entries])
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._entries = gold.pool
        self.pictures: tuple[Path, ...] = tuple(
            path for entry in gold.entries for path in entry.pictures
        )
        self.pool = int(self._starts[gold.pool])
        """How many of the pictures are the pool."""

    def of(self, entry: int) -> NDArray[np.int64]:
        """Return the rows of an entry's pictures."""
        return np.arange(self._starts[entry], self._starts[entry + 1])

    def nearest(self, distances: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the distances of the pool's entries from those of its pictures, Q×P."""
        starts = self._starts[: self._entries]
        least: NDArray[np.float32] = np.minimum.reduceat(distances, starts, axis=1)
        return least


def score(
    method: Method, queries: GoldQueries, rows: Rows, *, advance: Callable[[int], object]
) -> Scores:
    """Return the distances of a method.

    Args:
        method: Made for the pictures of `rows`.
        queries: What is searched for.
        rows: Of the pool and the queries.
        advance: Told of every so many queries that are done.
    """
    blocks = []
    has_rule = probabilistic = False
    for start in range(0, len(queries.set.queries), _BLOCK):
        block = queries.set.queries[start : start + _BLOCK].tolist()
        pictures = [rows.of(query) for query in block]
        compared = method.compare(np.concatenate(pictures), rows.pool)
        has_rule, probabilistic = compared.thresholds is not None, compared.probabilistic
        entries = rows.nearest(_beyond_rule(compared))
        starts = np.cumsum([0, *(len(each) for each in pictures[:-1])])
        nearest = np.minimum.reduceat(entries, starts, axis=0)
        for place, ignored in enumerate(queries.ignored[start : start + _BLOCK]):
            nearest[place, ignored] = np.inf
        blocks.append(nearest)
        advance(len(block))
    return Scores(np.concatenate(blocks), has_rule, probabilistic)


def _beyond_rule(compared: Compared) -> NDArray[np.float32]:
    if compared.thresholds is None:
        return compared.distances
    return compared.distances - compared.thresholds[:, np.newaxis]
