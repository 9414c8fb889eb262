"""Pairs that searches propose in the haystack, and fusions fitted to those of all other sets."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.haystack import Compared, Haystack, QuerySet
from iiif_dedup.evaluation.methods import UnionMethod
from iiif_dedup.evaluation.proposed import Pictures, Proposed, propose
from iiif_dedup.evidence import features
from iiif_dedup.evidence.fitting import Examples, fit
from iiif_dedup.evidence.fusion import Fusion, read_fusion, shipped_fusion

MOST_QUERIES = 240
"""Queries of a set that its pairs are taken of; drawn where there are more."""
HELD_OUT = Path(__file__).parent.parent / "training" / "held_out"
"""For each family of sets the fusion that has not seen it."""
_VERSION = "3"


@dataclass(frozen=True, slots=True)
class SetOfPairs:
    """What was proposed for the queries of one set.

    Attributes:
        name: Of the query set.
        family: What is held out together with it: query sets of one catalogue are one family.
        queries: The set, with the queries that were drawn.
        proposed: For each of its queries.
    """

    name: str
    family: str
    queries: QuerySet
    proposed: tuple[Proposed, ...]

    def examples(self) -> Examples:
        """Return every proposed pair with its answer."""
        measures = [one for each in self.proposed for one in each.measures]
        same = [
            np.isin(each.places, relevant)
            for each, relevant in zip(self.proposed, self.queries.relevant, strict=True)
        ]
        return Examples(measures, np.concatenate(same), np.ones(len(measures)))


def family(query_set: str) -> str:
    """Return the name of what is held out together; the museum's query sets share a catalogue."""
    return query_set.split("_", 1)[0] if query_set.startswith("museum_") else query_set


def drawn(queries: QuerySet, most: int, seed: int) -> QuerySet:
    """Return a query set with `most` of its queries at most, drawn at random."""
    if len(queries.queries) <= most:
        return queries
    chosen = np.sort(np.random.default_rng(seed).permutation(len(queries.queries))[:most])
    return QuerySet(
        queries.name,
        queries.queries[chosen],
        tuple(queries.relevant[one] for one in chosen),
        np.unique(queries.clusters[chosen], return_inverse=True)[1],
    )


def pairs_of(
    haystack: Haystack,
    union: UnionMethod,
    pictures: Pictures,
    *,
    digests: Sequence[str],
    cache: Path,
    seed: int,
    advance: Callable[[int], None],
    most: int = MOST_QUERIES,
) -> list[SetOfPairs]:
    """Return the proposed pairs of every query set; what the cache holds is not made again.

    Args:
        haystack: The haystack.
        union: Proposes.
        pictures: Of the haystack.
        digests: Of its pictures, in their order.
        cache: Folder for what is proposed.
        seed: Of the draw of queries.
        advance: Called with the number of queries done.
        most: Queries of a set; drawn where there are more.
    """
    key = hashlib.sha256(
        "\n".join([_VERSION, features.VERSION, str(haystack.pool), *digests]).encode()
    ).hexdigest()
    made = []
    for every in haystack.query_sets:
        queries = drawn(every, most, seed)
        path = cache / f"{queries.name}-{key[:12]}-{len(queries.queries)}.json"
        if path.exists():
            proposed = _read(path)
            advance(len(proposed))
        else:
            proposed = propose(union, pictures, queries.queries, advance=advance)
            _write(path, proposed)
        made.append(SetOfPairs(queries.name, family(queries.name), queries, tuple(proposed)))
    return made


def held_out(sets: Sequence[SetOfPairs]) -> dict[str, Fusion]:
    """Return for each family the fusion fitted to all the others."""
    return {
        left_out: fit(
            together([each for each in sets if each.family != left_out]),
            version=f"without-{left_out}",
            data=f"Proposed pairs of every set but {left_out}.",
        )
        for left_out in sorted({each.family for each in sets})
    }


def held_out_fusions(sets: Sequence[SetOfPairs]) -> dict[str, Fusion]:
    """Return for each family the fusion that `training.fusion` fitted without it.

    A family that nothing was fitted to, as in other data, is judged by the shipped fusion.
    """
    found = {}
    for family in sorted({each.family for each in sets}):
        path = HELD_OUT / f"{family}.json"
        found[family] = read_fusion(path.read_text("utf-8")) if path.exists() else shipped_fusion()
    return found


def together(sets: Sequence[SetOfPairs]) -> Examples:
    """Return the pairs of all sets; a family counts as the square root of its queries.

    So a large set outweighs a small one, but does not drown it.
    """
    queries: Counter[str] = Counter()
    for each in sets:
        queries[each.family] += len(each.proposed)
    examples = [each.examples() for each in sets]
    weights = np.concatenate(
        [
            np.full(len(one.same), queries[each.family] ** -0.5)
            for each, one in zip(sets, examples, strict=True)
        ]
    )
    return Examples(
        [one for each in examples for one in each.measures],
        np.concatenate([each.same for each in examples]),
        weights / weights.mean(),
    )


@dataclass(frozen=True, slots=True)
class FusedMethod:
    """The product's probability, by a fusion that has not seen the set it judges.

    Attributes:
        name: In tables.
        proposed: Row of a query → what was proposed for it.
        fusions: Row of a query → the fusion that judges it.
    """

    name: str
    proposed: Mapping[int, Proposed]
    fusions: Mapping[int, Fusion]

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`; the distance is 1 − probability."""
        distances = np.full((len(queries), pool), np.inf, dtype=np.float32)
        for place, query in enumerate(queries.tolist()):
            one = self.proposed[query]
            fusion = self.fusions[query]
            distances[place, one.places] = [1 - fusion.probability(each) for each in one.measures]
        return Compared(distances, probabilistic=True)


def fused_method(sets: Sequence[SetOfPairs], fusions: Mapping[str, Fusion]) -> FusedMethod:
    """Return the method that judges each set by the fusion of its family."""
    proposed: dict[int, Proposed] = {}
    judges: dict[int, Fusion] = {}
    for each in sets:
        for query, one in zip(each.queries.queries.tolist(), each.proposed, strict=True):
            proposed[query] = one
            judges[query] = fusions[each.family]
    return FusedMethod("fused", proposed, judges)


def _read(path: Path) -> list[Proposed]:
    stored = json.loads(path.read_text())
    return [
        Proposed(np.array(one["places"], dtype=np.int64), tuple(one["measures"])) for one in stored
    ]


def _write(path: Path, proposed: Sequence[Proposed]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"places": one.places.tolist(), "measures": [dict(each) for each in one.measures]}
        for one in proposed
    ]
    path.write_text(json.dumps(rows))
