"""One clone search: anchor → f → norm per image → threshold → ranked list.

The same for every recipe; what a recipe chooses lies behind `Recipe.fit`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import NotSearchableError, Reason
from iiif_dedup.search.recipes import Recipe
from iiif_dedup.types import BLANK_DEVIATION, TILE_SHAPE, Candidate, SearchResult

MIN_POOL = 2
"""Fewest images a search makes sense in; with fewer than a recipe samples, it takes them all."""


@dataclass(frozen=True, slots=True)
class TilePool:
    """The images a search looks through, in an order that is part of a run's input.

    Attributes:
        tiles: RGB, N×32×32×3, an array or a read-only memory map.
        image_version_ids: The image of each tile, distinct.
        record_ids: The record of each tile.
    """

    tiles: NDArray[np.uint8]
    image_version_ids: Sequence[str]
    record_ids: Sequence[str]

    def __post_init__(self) -> None:
        count = len(self.tiles)
        if self.tiles.shape[1:] != TILE_SHAPE or self.tiles.dtype != np.uint8:
            raise ValueError(
                f"pool tiles must be uint8 of shape (N, 32, 32, 3), got {self.tiles.dtype} "
                f"{self.tiles.shape}"
            )
        if not count == len(self.image_version_ids) == len(self.record_ids):
            raise ValueError(
                f"a pool needs one image and one record per tile, got {count} tiles, "
                f"{len(self.image_version_ids)} images, {len(self.record_ids)} records"
            )

    def of_record(self, record_id: str) -> NDArray[np.bool_]:
        """Return a mask of N: which tiles belong to that record."""
        return np.fromiter((found == record_id for found in self.record_ids), dtype=np.bool_)


def search_seed(record_id: str, image_sha256: str, recipe_name: str) -> int:
    """Return the seed of a search, 0 ≤ seed < 2⁶³, from what is searched, never from a clock."""
    text = "\n".join((record_id, image_sha256, recipe_name))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def search(
    anchor_tile: NDArray[np.uint8],
    pool: TilePool,
    *,
    recipe: Recipe,
    seed: int,
    keep: int,
    device: str = "auto",
    exclude: NDArray[np.bool_] | None = None,
) -> SearchResult:
    """Return the pool images nearest to one anchor, and the threshold of the clone rule.

    The same input on the same machine gives the same norms to 1e-4; images whose norms are
    equal are ranked by id.

    Args:
        anchor_tile: RGB, 32×32×3.
        pool: The images to look through.
        recipe: How to make a scorer.
        seed: See `search_seed`.
        keep: Most candidates to return, ≥ 1.
        device: See `iiif_dedup.device.resolve_device`.
        exclude: N; true for images that are neither sampled nor proposed, such as those of the
            anchor's own record.

    Raises:
        NotSearchableError: The anchor is blank, or fewer than two images are left in the pool.
        SettingsError: The device does not exist.
    """
    _refuse_blank(anchor_tile)
    taken = np.ones(len(pool.tiles), dtype=np.bool_) if exclude is None else ~exclude
    if taken.shape != (len(pool.tiles),):
        raise ValueError(
            f"exclude must have one entry per tile, {len(pool.tiles)}, got shape {taken.shape}"
        )
    eligible = np.flatnonzero(taken)
    if len(eligible) < MIN_POOL:
        raise NotSearchableError(
            Reason.POOL_TOO_SMALL,
            f"A search needs at least {MIN_POOL} images of other records, this collection has "
            f"{len(eligible)}; harvest more first.",
        )
    start = time.perf_counter()
    scorer = recipe.fit(anchor_tile, pool.tiles, eligible, seed=seed, device=device)
    trained = time.perf_counter()
    # The few excluded tiles are scored too: cheaper than a copy of the pool without them.
    norms = scorer.norms(pool.tiles)
    scored = time.perf_counter()
    return SearchResult(
        recipe=recipe.name,
        parameters=recipe.parameters(),
        seed=seed,
        mu=scorer.mu,
        margin=scorer.margin,
        accepted=int(np.count_nonzero(norms[eligible] <= scorer.mu + scorer.margin)),
        pool_size=len(eligible),
        candidates=_nearest(norms, eligible, pool.image_version_ids, keep),
        timings={"train": trained - start, "score": scored - trained},
    )


def _refuse_blank(anchor: NDArray[np.uint8]) -> None:
    if anchor.shape != TILE_SHAPE or anchor.dtype != np.uint8:
        raise ValueError(
            f"an anchor tile must be uint8 of shape {TILE_SHAPE}, got {anchor.dtype} {anchor.shape}"
        )
    deviation = float(anchor.std(axis=(0, 1)).max())
    if deviation < BLANK_DEVIATION:
        raise NotSearchableError(
            Reason.BLANK_IMAGE,
            f"The image is blank: its levels deviate by {deviation:.2f} of 256, and a search needs "
            f"{BLANK_DEVIATION}; choose another image of the record.",
        )


def _nearest(
    norms: NDArray[np.float32], eligible: NDArray[np.int64], ids: Sequence[str], keep: int
) -> tuple[Candidate, ...]:
    found = norms[eligible]
    keep = min(keep, len(eligible))
    # Everything as near as the last one kept, so that ties there are broken by id as well.
    last = np.partition(found, keep - 1)[keep - 1]
    near = eligible[found <= last]
    ranked = sorted((float(norms[i]), ids[i]) for i in near.tolist())[:keep]
    return tuple(
        Candidate(image_version_id=name, norm=norm, rank=rank)
        for rank, (norm, name) in enumerate(ranked, start=1)
    )
