"""The haystack's methods over what is known of all its pictures, one row each, the pool first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.haystack import Compared
from iiif_dedup.process.fingerprints import turned
from iiif_dedup.search.budget import Background, Scale
from iiif_dedup.search.candidates import Found, union
from iiif_dedup.search.distances import bits_apart
from iiif_dedup.search.pool import Pool, Query
from iiif_dedup.search.recipes import Recipe
from iiif_dedup.search.run import search_seed

Fingerprint = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Tiles N×32×32×3 to bits N×B, eight to a byte."""


@dataclass(frozen=True, slots=True)
class CosineMethod:
    """Distance 1 − cosine.

    Attributes:
        name: In tables.
        vectors: float32, N×D unit vectors.
    """

    name: str
    vectors: NDArray[np.float32]

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`."""
        similarity = self.vectors[queries] @ self.vectors[:pool].T
        return Compared(1 - similarity)


@dataclass(frozen=True, slots=True)
class BitsMethod:
    """Distance: bits that differ.

    Attributes:
        name: In tables.
        tiles: uint8, N×32×32×3.
        bits: Their fingerprints, N×B.
        fingerprint: Gives these.
        turn: Whether a query is looked for in all eight positions of a square.
    """

    name: str
    tiles: NDArray[np.uint8]
    bits: NDArray[np.uint8]
    fingerprint: Fingerprint
    turn: bool

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`."""
        distances = np.empty((len(queries), pool), dtype=np.float32)
        for place, query in enumerate(queries):
            tile = self.tiles[query]
            views = turned(tile) if self.turn else tile[np.newaxis]
            distances[place] = bits_apart(self.bits[:pool], self.fingerprint(views))
        return Compared(distances)


@dataclass(frozen=True, slots=True)
class SameFileMethod:
    """Distance 0 between files of the same content; it proposes nothing else.

    Attributes:
        name: In tables.
        digests: Of each picture, N.
    """

    name: str
    digests: NDArray[np.bytes_]

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`."""
        same = self.digests[queries, np.newaxis] == self.digests[:pool]
        return Compared(np.where(same, 0, np.inf).astype(np.float32))


@dataclass(slots=True)
class CloneMethod:
    """The clone rule: the norms of a recipe that is fitted to each query, and its thresholds.

    Attributes:
        name: In tables.
        recipe: The recipe.
        pool: What is searched.
        tiles: uint8, N×32×32×3.
        digests: Of each picture, N; seeds come from them.
    """

    name: str
    recipe: Recipe
    pool: Pool
    tiles: NDArray[np.uint8]
    digests: NDArray[np.bytes_]
    _latest: tuple[bytes, Compared] | None = field(default=None, repr=False)

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`."""
        latest = self.latest(queries, pool)
        return Compared(latest.distances.copy(), latest.thresholds)

    def latest(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """Return what `compare` returns, not to be changed; unions ask for it after the rule."""
        key = queries.tobytes()
        if self._latest is None or self._latest[0] != key:
            self._latest = key, self._compared(queries, pool)
        return self._latest[1]

    def _compared(self, queries: NDArray[np.int64], pool: int) -> Compared:
        distances = np.empty((len(queries), pool), dtype=np.float32)
        thresholds = np.empty(len(queries), dtype=np.float32)
        for place, query in enumerate(queries):
            digest = self.digests[query].decode()
            scorer = self.recipe.fit(
                self.tiles[query],
                self.pool,
                np.delete(np.arange(pool), query) if query < pool else np.arange(pool),
                seed=search_seed(digest, digest, self.recipe.name),
                device="cpu",
            )
            distances[place] = scorer.norms(self.pool.tiles, self.pool.encoded)
            thresholds[place] = scorer.mu + scorer.margin
        return Compared(distances, thresholds)


@dataclass(frozen=True, slots=True)
class BackgroundMethod:
    """The clone rule's norms seen from each query's own background, so that one threshold fits.

    Attributes:
        name: In tables.
        clone: The clone rule.
        background: What norms are compared with.
    """

    name: str
    clone: CloneMethod
    background: Background

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`."""
        latest = self.clone.latest(queries, pool)
        if latest.thresholds is None:
            raise ValueError("a background needs the thresholds of a clone rule")
        scores = np.empty_like(latest.distances)
        for place, query in enumerate(queries):
            norms = latest.distances[place]
            others = np.delete(norms, query) if query < pool else norms
            scale = Scale.of(others, float(latest.thresholds[place]), self.background)
            scores[place] = scale.scores(norms)
        return Compared(scores)


@dataclass(frozen=True, slots=True)
class UnionMethod:
    """The product's candidates, in its order: what any generator finds among its nearest.

    Attributes:
        name: In tables.
        clone: The clone rule, one of the generators.
        pool: What is searched, with fingerprints, descriptors and digests.
        tiles: uint8, N×32×32×3.
        digests: Of each picture, N.
        vectors: By descriptor, of each picture, N×V×D: whole, and parts of those that are queries.
        fingerprints: By name, what gives the pool's bits.
    """

    name: str
    clone: CloneMethod
    pool: Pool
    tiles: NDArray[np.uint8]
    digests: NDArray[np.bytes_]
    vectors: Mapping[str, NDArray[np.float32]]
    fingerprints: Mapping[str, Fingerprint]

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`; the distance is the place in the list."""
        distances = np.full((len(queries), pool), np.inf, dtype=np.float32)
        for place, found in enumerate(self.found(queries)):
            distances[place, [each.place for each in found]] = np.arange(1, len(found) + 1)
        return Compared(distances, proposes_all=True)

    def found(self, queries: NDArray[np.int64]) -> Iterator[list[Found]]:
        """Yield for each query what is proposed, best first."""
        pool = len(self.pool.tiles)
        norms = self.clone.latest(queries, pool).distances
        for place, query in enumerate(queries.tolist()):
            eligible = np.ones(pool, dtype=np.bool_)
            if query < pool:
                eligible[query] = False
            yield union(self._query(query), self.pool, norms[place], eligible)

    def _query(self, row: int) -> Query:
        positions = turned(self.tiles[row])
        return Query(
            tile=self.tiles[row],
            digest=self.digests[row],
            bits={name: bits(positions) for name, bits in self.fingerprints.items()},
            vectors={name: vectors[row] for name, vectors in self.vectors.items()},
        )
