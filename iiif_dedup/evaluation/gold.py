"""What is judged: entries that are searched, and which of them show the same thing.

An entry is what is proposed as one: a picture of a folder, or a harvested record with all its
pictures. Two entries are as near as their nearest pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.haystack import Haystack, QuerySet

MAJORITY = 0.5
"""A pair is a match when more than this share of its verdicts say so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is searched for and proposed as one.

    Attributes:
        name: Shown in reports.
        pictures: Its files; none for an entry whose pictures cannot be read.
        source: Collection that it comes from; empty where that is not known.
    """

    name: str
    pictures: tuple[Path, ...]
    source: str = ""


class Agreement(NamedTuple):
    """Entries that some judge holds for the same as a query.

    Attributes:
        rows: Of the entries.
        shares: Which share of its judges does, in (0, 1].
    """

    rows: NDArray[np.int64]
    shares: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GoldQueries:
    """Queries that are judged together; rows are those of `Gold.entries`.

    Attributes:
        set: The queries with their partners.
        ignored: For each query what counts neither way, itself included where it is in the pool.
        agreement: For each query what its judges say, ambiguous pairs included.
    """

    set: QuerySet
    ignored: tuple[NDArray[np.int64], ...]
    agreement: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class Gold:
    """Everything that is searched, and what is searched for.

    Attributes:
        entries: The pool, then entries that are queries only.
        pool: How many of them are the pool.
        sets: Of queries, with distinct names.
        skipped: A sentence on each thing that could not be read.
    """

    entries: tuple[Entry, ...]
    pool: int
    sets: tuple[GoldQueries, ...]
    skipped: tuple[str, ...] = ()

    def drawn(self, most: int, seed: int) -> Gold:
        """Return the same with at most so many queries of each set, drawn at random."""
        return replace(self, sets=tuple(_drawn(one, most, seed) for one in self.sets))

    def without(self, unreadable: Mapping[Path, str]) -> Gold:
        """Return the same without some pictures.

        Entries that are left with none go, and so do sets without a query that has a partner.

        Args:
            unreadable: By picture, why it is left out.
        """
        if not unreadable:
            return self
        left = [
            replace(one, pictures=tuple(path for path in one.pictures if path not in unreadable))
            for one in self.entries
        ]
        kept = np.array([len(one.pictures) > 0 for one in left])
        places = np.where(kept, np.cumsum(kept) - 1, -1)
        sets = (_renumbered(one, places) for one in self.sets)
        reasons = (f"{path}: {reason}" for path, reason in unreadable.items())
        return Gold(
            tuple(one for one in left if one.pictures),
            int(kept[: self.pool].sum()),
            tuple(one for one in sets if any(map(len, one.set.relevant))),
            (*self.skipped, *reasons),
        )


def gold_of_haystack(haystack: Haystack, folder: Path, skipped: Iterable[str] = ()) -> Gold:
    """Return the gold of pictures with truth, each an entry.

    Args:
        haystack: Of the pictures.
        folder: That they lie in; the names of entries start there.
        skipped: What could not be read.
    """
    entries = tuple(
        Entry(str(each.path.relative_to(folder)), (each.path,)) for each in haystack.pictures
    )
    sets = tuple(
        GoldQueries(
            one,
            tuple(
                np.array([query] if query < haystack.pool else [], dtype=np.int64)
                for query in one.queries.tolist()
            ),
            tuple(Agreement(rows, np.ones(len(rows))) for rows in one.relevant),
        )
        for one in haystack.query_sets
    )
    return Gold(entries, haystack.pool, sets, tuple(skipped))


def gold_of_shares(
    name: str,
    entries: Sequence[Entry],
    shares: Mapping[tuple[int, int], float],
    neither: Iterable[tuple[int, int]] = (),
    *,
    seed: int = 0,
) -> Gold:
    """Return the gold of judged pairs: every entry of one is a query in the pool of all others.

    Matches are transitive, unless a verdict says no. Pairs that nobody judged count as strangers.

    Args:
        name: Of the query set.
        entries: All entries.
        shares: By pair of rows, either way round, which share of its judges say it is a match.
        neither: Pairs that count neither way.
        seed: Of the pool's order, so that equal distances favour nobody.
    """
    order = np.random.default_rng(seed).permutation(len(entries)).tolist()
    place = {row: number for number, row in enumerate(order)}
    judged = {(place[a], place[b]): share for (a, b), share in shares.items()}
    judged |= {(b, a): share for (a, b), share in judged.items()}
    unclear = {(place[a], place[b]) for a, b in neither}
    unclear |= {(b, a) for a, b in unclear}
    groups = _groups(pair for pair, share in judged.items() if share > MAJORITY)
    queries = sorted({a for a, _ in judged})
    relevant, ignored, agreement = [], [], []
    for query in queries:
        group = groups.get(query, frozenset({query})) - {query}
        said = {b: share for (a, b), share in judged.items() if a == query and share > 0}
        skipped = {b for a, b in unclear if a == query}
        # What is the same as the same is so too, unless it was judged otherwise.
        inferred = {b for b in group if (query, b) not in judged} - skipped
        partners = inferred | {b for b, share in said.items() if share > MAJORITY}
        said |= dict.fromkeys(inferred, 1.0)
        relevant.append(_rows(partners))
        ignored.append(_rows({query, *skipped}))
        rows = _rows(said)
        agreement.append(Agreement(rows, np.array([said[row] for row in rows.tolist()])))
    found = [min(groups.get(query, frozenset({query}))) for query in queries]
    clusters = np.unique(np.array(found, dtype=np.int64), return_inverse=True)[1]
    queried = QuerySet(name, np.array(queries, dtype=np.int64), tuple(relevant), clusters)
    sets = (
        (GoldQueries(queried, tuple(ignored), tuple(agreement)),) if any(map(len, relevant)) else ()
    )
    return Gold(tuple(entries[row] for row in order), len(entries), sets)


def _groups(pairs: Iterable[tuple[int, int]]) -> dict[int, frozenset[int]]:
    """Return by row all rows that a chain of pairs leads to, itself included."""
    groups: dict[int, frozenset[int]] = {}
    for a, b in pairs:
        if b not in groups.get(a, ()):
            joined = groups.get(a, frozenset({a})) | groups.get(b, frozenset({b}))
            groups.update(dict.fromkeys(joined, joined))
    return groups


def _rows(rows: Iterable[int]) -> NDArray[np.int64]:
    return np.array(sorted(rows), dtype=np.int64)


def _drawn(queries: GoldQueries, most: int, seed: int) -> GoldQueries:
    count = len(queries.set.queries)
    if count <= most:
        return queries
    return _chosen(queries, np.sort(np.random.default_rng(seed).permutation(count)[:most]))


def _chosen(queries: GoldQueries, chosen: NDArray[np.int64]) -> GoldQueries:
    """Return some of the queries, by their places."""
    places = chosen.tolist()
    return GoldQueries(
        QuerySet(
            queries.set.name,
            queries.set.queries[chosen],
            tuple(queries.set.relevant[place] for place in places),
            np.unique(queries.set.clusters[chosen], return_inverse=True)[1],
        ),
        tuple(queries.ignored[place] for place in places),
        tuple(queries.agreement[place] for place in places),
    )


def _renumbered(queries: GoldQueries, places: NDArray[np.int64]) -> GoldQueries:
    """Return the queries that are left, with new numbers for entries; −1 for those that went."""
    left = _chosen(queries, np.flatnonzero(places[queries.set.queries] >= 0))

    def rows(old: NDArray[np.int64]) -> NDArray[np.int64]:
        new: NDArray[np.int64] = places[old]
        return new[new >= 0]

    return GoldQueries(
        replace(
            left.set,
            queries=places[left.set.queries],
            relevant=tuple(rows(each) for each in left.set.relevant),
        ),
        tuple(rows(each) for each in left.ignored),
        tuple(
            Agreement(rows(each.rows), each.shares[places[each.rows] >= 0])
            for each in left.agreement
        ),
    )
