"""All pairs of a collection at once, linear in the number of anchors.

Calibrating an anchor, with its views, is what costs. An anchor accepts an image only if that one
lies within its reach, and products of whole blocks give every image's nearest neighbour at once:
anchors whose nearest neighbour lies beyond the reach of any of a sample are not calibrated.

Reported are pairs that the clone rule accepts, from either side, within the budget; the same
files; and twins by their fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

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
"""Anchors drawn at random that tell how far anchors reach."""
TWIN_PART = 1 / 16
"""Twins differ in at most this part of the bits of every fingerprint."""
_BLOCK = 256
"""Anchors that are compared with the whole pool in one product."""


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """How a scan decides.

    Attributes:
        recipe: Calibrates an anchor.
        table: Of the collection under the recipe's encoder; None accepts at τ.
        budget: False alerts per anchor, > 0.
        seed: Of the sample that tells the reach.
    """

    recipe: CollectionRecipe
    table: BudgetTable | None = None
    budget: float = 0.1
    seed: int = 0


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
        calibrated: How many of them had something near enough.
        delta: What the budget adds to τ, on average over the calibrated anchors.
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
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Return the pairs of a collection.

    The same input on the same machine gives the same pairs, as searches of each anchor would.

    Args:
        pool: N images, encoded by the recipe's encoder.
        positions: The fingerprints of each image in every position, by the names of `pool.bits`,
            N×V×B uint8.
        plan: How to decide.
        seed_of: The seed of an anchor's views, by its row.
        progress: Is told the anchors done and in all; an exception that it raises ends the scan.

    Raises:
        ValueError: The pool was not encoded by the recipe's encoder.
    """
    if pool.encoded is None or pool.encoded.version != plan.recipe.encoder.version:
        raise ValueError(
            f"a scan needs a pool encoded by {plan.recipe.encoder.version}, got "
            f"{pool.encoded and pool.encoded.version}"
        )
    shows = np.array([tile.std(axis=(0, 1)).max() >= BLANK_DEVIATION for tile in pool.tiles])
    anchors = np.flatnonzero(shows)
    status, score = BudgetStatus.UNCALIBRATED, 0.0
    if plan.table is not None:
        score, status = plan.table.threshold(plan.budget, max(len(anchors) - 1, 1))
    judge = _Judge(pool, positions, plan, seed_of, shows, None if score is None else score)
    return Scan((), 0, 0, 0.0, status)
