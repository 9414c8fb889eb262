"""Candidates: the union of what each generator finds nearest, without a threshold.

A descriptor finds most real duplicates and nothing decides alone (DESIGN section 7), so
everything near by any measure goes on to the evidence, and remembers who found it at which rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.search.distances import bits_apart, products
from iiif_dedup.search.pool import Pool, Query

CLONE = "clone"
SAME_FILE = "sha256"
PARTS = "_parts"
"""End of the name of a descriptor's generator that looks for the parts of the picture."""
PER_GENERATOR = 50
"""Images that each generator proposes, K."""
_LEAST_MEAN = 1e-6
_FUSION_OFFSET = 5
"""Of reciprocal rank fusion: how little the first rank of one generator outweighs its second."""


@dataclass(frozen=True, slots=True)
class Found:
    """A proposed image.

    Attributes:
        place: Its row in the pool.
        generators: Generator → 1-based rank there, only of those that found it.
        distances: Generator → how far it is by that, ≥ 0, of all that compared it.
        relative: Generator → the same as a share of what that generator's nearest are away on
            average, ≥ 0: how near it is for this query in this pool.
    """

    place: int
    generators: Mapping[str, int]
    distances: Mapping[str, float]
    relative: Mapping[str, float]


def union(
    query: Query,
    pool: Pool,
    norms: NDArray[np.float32],
    eligible: NDArray[np.bool_],
    per_generator: int = PER_GENERATOR,
) -> list[Found]:
    """Return what any generator finds among its nearest, best first by `fused_score`.

    Ties, within a generator and between the fused ones, are broken by norm and then by id.

    Args:
        query: The image searched from.
        pool: N images.
        norms: Of the clone rule, float32 N.
        eligible: N; false for what is never proposed.
        per_generator: Most images of one generator, K ≥ 1.
    """
    ranks: dict[int, dict[str, int]] = {}
    compared: dict[str, tuple[NDArray[np.generic], float]] = {}
    for name, distances in _distances(query, pool, norms):
        near = nearest(distances, eligible, pool.image_version_ids, per_generator)
        if name == SAME_FILE:
            near = near[distances[near] == 0]
        else:
            mean = float(np.asarray(distances[near], dtype=np.float64).mean())
            compared[name] = distances, max(mean, _LEAST_MEAN)
        for rank, place in enumerate(near.tolist(), start=1):
            ranks.setdefault(place, {})[name] = rank

    def order(place: int) -> tuple[float, float, bytes]:
        return -fused_score(ranks[place]), float(norms[place]), pool.image_version_ids[place]

    found = []
    for place in sorted(ranks, key=order):
        apart = {name: max(0.0, float(each[place])) for name, (each, _) in compared.items()}
        relative = {name: apart[name] / mean for name, (_, mean) in compared.items()}
        found.append(Found(place, ranks[place], apart, relative))
    return found


def fused_score(ranks: Mapping[str, int]) -> float:
    """Return how far forward an image stands in all rankings together, > 0.

    Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009); the same file comes first.
    """
    same_file = 10.0 if SAME_FILE in ranks else 0.0
    return same_file + sum(1 / (_FUSION_OFFSET + rank) for rank in ranks.values())


def nearest(
    distances: NDArray[np.generic],
    eligible: NDArray[np.bool_],
    ids: NDArray[np.bytes_],
    count: int,
) -> NDArray[np.int64]:
    """Return the places of the nearest eligible images, nearest first, ties by id.

    Args:
        distances: N; smaller is nearer.
        eligible: N.
        ids: N.
        count: Most places to return, ≥ 1.
    """
    near = eligible
    if np.count_nonzero(eligible) > count:
        # The rest is put last rather than left out: taking a million rows apart costs more.
        farthest = np.asarray(_farthest(distances.dtype), dtype=distances.dtype)
        ranked = np.where(eligible, distances, farthest)
        # Everything as near as the last one kept, so that ties there are broken by id as well.
        near = eligible & (distances <= np.partition(ranked, count - 1)[count - 1])
    places = np.flatnonzero(near)
    order: NDArray[np.int64] = places[np.lexsort((ids[places], distances[places]))[:count]]
    return order


def _farthest(dtype: np.dtype[Any]) -> float:
    """Return a distance that none exceeds."""
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


def _distances(
    query: Query, pool: Pool, norms: NDArray[np.float32]
) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """Yield each generator's name and its distance of every image of the pool."""
    yield CLONE, norms
    for name, vectors in pool.vectors.items():
        if name in query.vectors:
            found = 1 - products(vectors, query.vectors[name])
            yield name, found[0]
            # Apart, so that what the parts look like takes no place from what the whole does.
            if len(found) > 1:
                yield name + PARTS, found[1:].min(axis=0)
    for name, bits in pool.bits.items():
        if name in query.bits:
            yield name, bits_apart(bits, query.bits[name])
    if pool.digests is not None and query.digest:
        yield SAME_FILE, np.asarray(pool.digests != query.digest, dtype=np.uint8)
