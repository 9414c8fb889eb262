"""All pairs of a collection at once, linear in the number of anchors.

Calibrating an anchor with all its views is what costs, and few anchors accept anything. So each
is first calibrated with a fifth of the views, and in full only where it might accept something:
a sample of anchors, calibrated in both ways, tells by how much the short way falls short.

Reported are pairs that the clone rule accepts from either side within the budget, the same
files, and twins by their fingerprints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from iiif_dedup.search.budget import BudgetStatus, BudgetTable, Scale
from iiif_dedup.search.candidates import PER_GENERATOR, fused_score, union
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.distances import bits_apart
from iiif_dedup.search.pool import Pool, Query
from iiif_dedup.types import BLANK_DEVIATION

SAMPLE = 300
"""Anchors, drawn at random, that tell by how much the short way falls short."""
TWIN_PART = 1 / 16
"""Twins differ in at most this part of the bits of every fingerprint."""
_SHORT_VIEWS, _SHORT_HELD_OUT = 1 / 2, 1 / 8
"""Parts of a recipe's views that the short way takes."""


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """How a scan decides.

    Attributes:
        recipe: Calibrates an anchor.
        table: Of the collection under the recipe's encoder; None accepts at τ.
        budget: False alerts per anchor, > 0.
        seed: Of the sample.
        sample: How large it is; of the whole collection, nothing is left out.
    """

    recipe: CollectionRecipe
    table: BudgetTable | None = None
    budget: float = 0.1
    seed: int = 0
    sample: int = SAMPLE


@dataclass(frozen=True, slots=True)
class ScanPair:
    """Two images that may show the same thing.

    Attributes:
        first: Row in the pool, smaller than `second`.
        second: Row in the pool.
        norm: The smaller one of both sides.
        accepted: Whether the clone rule accepts the pair from either side.
        generators: Generator → 1-based rank, the better one of both sides.
    """

    first: int
    second: int
    norm: float
    accepted: bool
    generators: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found.

    Attributes:
        pairs: Each pair once, best first by `fused_score`, then by norm.
        searched: How many images were anchors: all that are not blank.
        calibrated: How many of them were calibrated in full.
        delta: What the budget adds to τ, on average over those.
        status: How far the budget can be relied on.
    """

    pairs: tuple[ScanPair, ...]
    searched: int
    calibrated: int
    delta: float
    status: BudgetStatus


def scan(
    pool: Pool,
    positions: Mapping[str, NDArray[np.uint8]],
    plan: ScanPlan,
    seed_of: Callable[[int], int],
    *,
    anchors: NDArray[np.int64] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Return the pairs of a collection.

    The same input on the same machine gives the same pairs.

    Args:
        pool: N images, encoded by the recipe's encoder.
        positions: The fingerprints of each image in every position it is looked for in, by the
            names of `pool.bits`, N×V×B.
        plan: How to decide.
        seed_of: The seed of an anchor's views, by its row in the pool.
        anchors: Rows to search from, each in the whole pool; all when None. Blank ones are
            passed over.
        progress: Is told the anchors done and in all; an exception that it raises ends the scan.

    Raises:
        ValueError: The pool was encoded by another encoder, or by none.
    """
    if pool.encoded is None or pool.encoded.version != plan.recipe.encoder.version:
        raise ValueError(f"a scan needs a pool encoded by {plan.recipe.encoder.version}")
    shows = np.array([tile.std(axis=(0, 1)).max() >= BLANK_DEVIATION for tile in pool.tiles])
    anchors = np.flatnonzero(shows) if anchors is None else anchors[shows[anchors]]
    judge = _Judge(pool, positions=positions, plan=plan, seed_of=seed_of, shows=shows)
    found = _Found(progress, len(anchors))
    drawn = np.random.default_rng(plan.seed).permutation(anchors)
    sample, others = drawn[: plan.sample], np.sort(drawn[plan.sample :])
    with _one_thread_each() as threads:
        shortfall = 0.0
        for one, excess in threads.map(judge.both_ways, sample.tolist()):
            found.take(one)
            shortfall = max(shortfall, one.excess - excess)
        for looked in threads.map(partial(judge.look, shortfall=shortfall), others.tolist()):
            found.take(looked)
    return Scan(
        pairs=found.pairs(),
        searched=len(anchors),
        calibrated=len(found.deltas),
        delta=float(np.mean(found.deltas)) if found.deltas else 0.0,
        status=judge.status,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """What one anchor found.

    Attributes:
        place: The anchor's row.
        delta: What the budget adds to its τ.
        excess: How far its threshold lies above the norm of the nearest image.
        norms: Of the reported images, by their rows.
        accepted: Which of them the clone rule accepts.
        generators: Who found them at which rank.
    """

    place: int
    delta: float
    excess: float
    norms: Mapping[int, float]
    accepted: frozenset[int]
    generators: Mapping[int, Mapping[str, int]]


class _Judge:
    """Judges one anchor after the other; used by several threads."""

    def __init__(
        self,
        pool: Pool,
        *,
        positions: Mapping[str, NDArray[np.uint8]],
        plan: ScanPlan,
        seed_of: Callable[[int], int],
        shows: NDArray[np.bool_],
    ) -> None:
        self._pool, self._positions = pool, positions
        self._plan, self._seed_of, self._shows = plan, seed_of, shows
        self._short = replace(
            plan.recipe,
            views=math.ceil(plan.recipe.views * _SHORT_VIEWS),
            held_out=math.ceil(plan.recipe.held_out * _SHORT_HELD_OUT),
        )
        self._score, self.status = 0.0, BudgetStatus.UNCALIBRATED
        if plan.table is not None:
            others = max(int(shows.sum()) - 1, 1)
            self._score, self.status = plan.table.threshold(plan.budget, others)

    def both_ways(self, place: int) -> tuple[_Judged, float]:
        """Return what an anchor finds, and its excess as estimated the short way."""
        return self.judge(place), self._short_excess(place)

    def look(self, place: int, shortfall: float) -> _Judged | None:
        """Return what an anchor finds; None where it has no twin and can accept nothing."""
        if not len(self.twins(place)) and self._short_excess(place) + shortfall < 0:
            return None
        return self.judge(place)

    def judge(self, place: int) -> _Judged:
        """Calibrate an anchor in full and return what it accepts, and its twins."""
        pool, eligible = self._pool, self._others(place)
        norms, limit, tau = self._norms(place, self._plan.recipe, eligible)
        accepted = np.flatnonzero(eligible & (norms <= limit))
        reported = np.union1d(accepted, self.twins(place))
        generators: dict[int, Mapping[str, int]] = {}
        if len(reported):
            per_generator = max(PER_GENERATOR, len(accepted))
            found = union(self._query(place), pool, norms, eligible, per_generator)
            generators = {one.place: one.generators for one in found}
        return _Judged(
            place=place,
            delta=limit - tau,
            excess=_excess(norms[eligible], limit),
            norms={other: float(norms[other]) for other in reported.tolist()},
            accepted=frozenset(accepted.tolist()),
            generators={other: generators.get(other, {}) for other in reported.tolist()},
        )

    def twins(self, place: int) -> NDArray[np.int64]:
        """Return the rows of the same files and of the twins by every fingerprint."""
        pool = self._pool
        same = np.zeros(len(pool.tiles), dtype=np.bool_)
        if pool.digests is not None and pool.digests[place]:
            same |= pool.digests == pool.digests[place]
        if pool.bits:
            twin = np.ones(len(pool.tiles), dtype=np.bool_)
            for name, bits in pool.bits.items():
                most = 8 * bits.shape[1] * TWIN_PART
                twin &= bits_apart(bits, self._positions[name][place]) <= most
            same |= twin
        return np.flatnonzero(same & self._others(place))

    def _short_excess(self, place: int) -> float:
        eligible = self._others(place)
        norms, limit, _ = self._norms(place, self._short, eligible)
        return _excess(norms[eligible], limit)

    def _norms(
        self, place: int, recipe: CollectionRecipe, eligible: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], float, float]:
        """Return the norms of the whole pool, the highest accepted one, and τ."""
        pool, seed = self._pool, self._seed_of(place)
        scorer = recipe.fit(pool.tiles[place], pool, np.flatnonzero(eligible), seed=seed)
        norms = scorer.norms(pool.tiles, pool.encoded)
        tau = scorer.mu + scorer.margin
        return norms, self._limit(norms[eligible], tau), tau

    def _others(self, place: int) -> NDArray[np.bool_]:
        """Return which images an anchor may be paired with."""
        return np.asarray(self._shows & (self._pool.record_ids != self._pool.record_ids[place]))

    def _limit(self, norms: NDArray[np.float32], tau: float) -> float:
        table = self._plan.table
        if table is None or self.status is BudgetStatus.UNCALIBRATED or not len(norms):
            return tau
        return Scale.of(norms, tau, table.background).norm(self._score)

    def _query(self, place: int) -> Query:
        pool = self._pool
        return Query(
            tile=pool.tiles[place],
            digest=b"" if pool.digests is None else bytes(pool.digests[place]),
            bits={name: bits[place] for name, bits in self._positions.items()},
            vectors={
                name: rows[place : place + 1].astype(np.float32)
                for name, rows in pool.vectors.items()
            },
        )


@dataclass(slots=True)
class _Sides:
    """What both sides of a pair say."""

    norm: float = np.inf
    accepted: bool = False
    generators: dict[str, int] = field(default_factory=dict)


class _Found:
    """Gathers what anchors found."""

    def __init__(self, progress: Callable[[int, int], None] | None, anchors: int) -> None:
        self.deltas: list[float] = []
        self._progress, self._anchors, self._done = progress, anchors, 0
        self._sides: dict[tuple[int, int], _Sides] = {}

    def take(self, judged: _Judged | None) -> None:
        """Add what one anchor found, None for nothing."""
        if judged is not None:
            self.deltas.append(judged.delta)
            for other, norm in judged.norms.items():
                self._add(judged, other, norm)
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._anchors)

    def pairs(self) -> tuple[ScanPair, ...]:
        """Return the pairs in their order."""
        pairs = [
            ScanPair(*places, side.norm, side.accepted, side.generators)
            for places, side in self._sides.items()
        ]
        pairs.sort(key=lambda pair: (-fused_score(pair.generators), pair.norm, pair.first))
        return tuple(pairs)

    def _add(self, one: _Judged, other: int, norm: float) -> None:
        places = (min(one.place, other), max(one.place, other))
        side = self._sides.setdefault(places, _Sides())
        side.norm = min(side.norm, norm)
        side.accepted |= other in one.accepted
        for name, rank in one.generators[other].items():
            side.generators[name] = min(rank, side.generators.get(name, rank))


def _excess(norms: NDArray[np.float32], limit: float) -> float:
    return limit - float(norms.min()) if len(norms) else -np.inf


@contextmanager
def _one_thread_each() -> Iterator[ThreadPoolExecutor]:
    """Yield as many threads as torch may use, each of which lets torch use one.

    Views of one anchor are too little work to share; several anchors at once are not.
    """
    allowed = torch.get_num_threads()
    threads = ThreadPoolExecutor(allowed, "scan", torch.set_num_threads, (1,))
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)
        torch.set_num_threads(allowed)
