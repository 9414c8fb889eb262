"""Real pairs hidden in one large pool: what each method finds, and what it costs a curator.

The pool is every catalogue picture of every set, and distractors. A query is a picture with a
partner, or a photograph of nothing that is in the catalogue. It is never in its own pool;
pictures of the same thing are *relevant*, all else are *strangers*. The pool is shuffled, so that
equal distances favour nobody, and whoever ranks ranks ties by the pool's order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.alerts import strangers_to_keep
from iiif_dedup.evaluation.datasets import LabelledPicture, PictureSet

TOP = 50
"""Pictures that each generator proposes."""
BUDGET = 0.1
"""Strangers that a query may cost."""
_BLOCK = 64


class Compared(NamedTuple):
    """Some queries against the pool.

    Attributes:
        distances: float32, Q×P, the caller's to change; smaller is nearer, infinite where a
            method proposes nothing.
        thresholds: float32, Q; the largest distance that the method's own rule accepts for each
            query, None where it has no rule.
        proposes_all: Whether everything at a finite distance is proposed, not the nearest `TOP`.
        probabilistic: Whether 1 − distance is a probability, 0 where it is infinite.
    """

    distances: NDArray[np.float32]
    thresholds: NDArray[np.float32] | None = None
    proposes_all: bool = False
    probabilistic: bool = False


class Method(Protocol):
    """A way to compare pictures, which have been given to it before."""

    @property
    def name(self) -> str:
        """Its name in tables."""

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """Return how far the first `pool` pictures are from some queries.

        Args:
            queries: Rows of the haystack's pictures, Q.
            pool: P.
        """


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Queries that are judged together.

    Attributes:
        name: Of the table's row.
        queries: Rows of the haystack's pictures, Q.
        relevant: For each query the rows of its partners in the pool.
        clusters: For each query the number of the thing it shows, from 0; a bootstrap draws these.
    """

    name: str
    queries: NDArray[np.int64]
    relevant: tuple[NDArray[np.int64], ...]
    clusters: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Haystack:
    """Everything that is searched, and what is searched for.

    Attributes:
        pictures: The pool, then the photographs that are queries only.
        pool: How many of them are the pool.
        query_sets: In the order of their names.
    """

    pictures: tuple[LabelledPicture, ...]
    pool: int
    query_sets: tuple[QuerySet, ...]

    def partners(self) -> NDArray[np.int64]:
        """Return the rows of everything in the pool that is a partner of a query, ascending."""
        found = [rows for each in self.query_sets for rows in each.relevant]
        return np.unique(np.concatenate(found))


def build_haystack(
    sets: Sequence[PictureSet],
    distractors: Iterable[LabelledPicture] = (),
    *,
    seed: int = 0,
    unknown: bool = False,
) -> Haystack:
    """Return the haystack of some sets.

    A set's query photographs are its queries; of a set without any, every picture with a partner.
    Where no query has a partner there is nothing to find, and no query set unless it is asked for.

    Args:
        sets: With distinct names.
        distractors: Further pictures for the pool.
        seed: Of the pool's order.
        unknown: Whether query sets without any partner are kept, to count false alerts.
    """
    pool = [one for each in sets for one in each.catalogue] + list(distractors)
    order = np.random.default_rng(seed).permutation(len(pool))
    pictures = [pool[row] for row in order]
    rows = defaultdict(list)
    for row, picture in enumerate(pictures):
        for thing in picture.objects:
            rows[thing].append(row)

    queries: dict[str, list[int]] = {}
    for each in sets:
        for name, photographs in each.photographs.items():
            queries[name] = list(range(len(pictures), len(pictures) + len(photographs)))
            pictures += photographs
        if not each.photographs:
            things = Counter(thing for picture in each.catalogue for thing in picture.objects)
            shared = [thing for thing, count in things.items() if count > 1]
            queries[each.name] = sorted({row for thing in shared for row in rows[thing]})
    found = (_query_set(name, each, pictures, rows) for name, each in sorted(queries.items()))
    return Haystack(
        pictures=tuple(pictures),
        pool=len(pool),
        query_sets=tuple(each for each in found if unknown or any(map(len, each.relevant))),
    )


def _query_set(
    name: str,
    queries: Sequence[int],
    pictures: Sequence[LabelledPicture],
    rows: Mapping[str, Sequence[int]],
) -> QuerySet:
    relevant = []
    clusters: dict[str, int] = {}
    numbers = []
    for query in queries:
        things = pictures[query].objects
        partners = {row for thing in things for row in rows.get(thing, ())} - {query}
        relevant.append(np.array(sorted(partners), dtype=np.int64))
        # A photograph of two things belongs to the first; one of nothing known stands alone.
        key = things[0] if things else f"picture {query}"
        numbers.append(clusters.setdefault(key, len(clusters)))
    return QuerySet(
        name, np.array(queries, dtype=np.int64), tuple(relevant), np.array(numbers, dtype=np.int64)
    )


@dataclass(slots=True)
class Findings:
    """What one method found for each query of a set, in order.

    Attributes:
        top: Rows of the pool, nearest first: the `TOP` nearest, or all that a union proposes.
        relevant: Distances of each query's partners.
        strangers: Distances of its nearest strangers, as many as a budget can need.
        accepted: Partners and strangers that the method's own rule accepts; empty without a rule.
    """

    top: list[NDArray[np.int64]] = field(default_factory=list)
    relevant: list[NDArray[np.float32]] = field(default_factory=list)
    strangers: list[NDArray[np.float32]] = field(default_factory=list)
    accepted: list[tuple[int, int]] = field(default_factory=list)

    def add(
        self,
        distances: NDArray[np.float32],
        relevant: NDArray[np.int64],
        *,
        keep: int,
        top: int,
        threshold: np.float32 | None = None,
    ) -> None:
        """Add one query.

        Args:
            distances: P; infinite for what is not proposed.
            relevant: Rows of its partners.
            keep: Nearest strangers to keep.
            top: Most pictures to propose.
            threshold: Of the method's own rule.
        """
        order = np.argsort(distances, kind="stable")[:top]
        self.top.append(order[np.isfinite(distances[order])])
        partners = distances[relevant]
        self.relevant.append(partners)
        strangers = np.delete(distances, relevant)
        nearest = np.partition(strangers, keep)[:keep] if keep < len(strangers) else strangers
        self.strangers.append(nearest[np.isfinite(nearest)])
        if threshold is not None:
            within = (np.count_nonzero(each <= threshold) for each in (partners, strangers))
            self.accepted.append((int(next(within)), int(next(within))))


def find(
    queries: QuerySet,
    pool: int,
    methods: Sequence[Method],
    *,
    advance: Callable[[int], object],
) -> dict[str, Findings]:
    """Return what each method finds.

    Args:
        queries: The queries.
        pool: Size of the pool.
        methods: With distinct names.
        advance: Told of every so many queries that are done.
    """
    found = {each.name: Findings() for each in methods}
    keep = strangers_to_keep(len(queries.queries), BUDGET)
    for start in range(0, len(queries.queries), _BLOCK):
        block = queries.queries[start : start + _BLOCK]
        for method in methods:
            compared = method.compare(block, pool)
            for place, query in enumerate(block.tolist()):
                distances = compared.distances[place]
                if query < pool:
                    distances[query] = np.inf
                found[method.name].add(
                    distances,
                    queries.relevant[start + place],
                    keep=keep,
                    top=pool if compared.proposes_all else TOP,
                    threshold=None if compared.thresholds is None else compared.thresholds[place],
                )
        advance(len(block))
    return found
