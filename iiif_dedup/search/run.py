"""One clone search: anchor → f → norm per image → threshold → union of candidates.

The same for every recipe; what a recipe chooses lies behind `Recipe.fit`.
"""

from __future__ import annotations

import hashlib
import time

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import NotSearchableError, Reason
from iiif_dedup.search.candidates import PER_GENERATOR, union
from iiif_dedup.search.pool import Pool, Query
from iiif_dedup.search.recipes import Recipe
from iiif_dedup.types import BLANK_DEVIATION, TILE_SHAPE, Candidate, SearchResult

MIN_POOL = 2
"""Fewest images a search makes sense in; with fewer than a recipe samples, it takes them all."""


def search_seed(record_id: str, image_sha256: str, recipe_name: str) -> int:
    """Return the seed of a search, 0 ≤ seed < 2⁶³, from what is searched, never from a clock."""
    text = "\n".join((record_id, image_sha256, recipe_name))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def search(
    query: Query,
    pool: Pool,
    *,
    recipe: Recipe,
    seed: int,
    per_generator: int = PER_GENERATOR,
    device: str = "auto",
    exclude: NDArray[np.bool_] | None = None,
) -> SearchResult:
    """Return the candidates of one anchor, and the threshold of the clone rule.

    The same input on the same machine gives the same norms to 1e-4 and the same candidates.

    Args:
        query: The anchor.
        pool: The images to look through.
        recipe: How to make a scorer.
        seed: See `search_seed`.
        per_generator: Most candidates of one generator, ≥ 1.
        device: See `iiif_dedup.device.resolve_device`.
        exclude: N; true for images that are neither sampled nor proposed, such as those of the
            anchor's own record.

    Raises:
        NotSearchableError: The anchor is blank, or fewer than two images are left in the pool.
        SettingsError: The device does not exist.
    """
    _refuse_blank(query.tile)
    eligible = np.ones(len(pool.tiles), dtype=np.bool_) if exclude is None else ~exclude
    if eligible.shape != (len(pool.tiles),):
        raise ValueError(
            f"exclude must have one entry per tile, {len(pool.tiles)}, got shape {eligible.shape}"
        )
    count = int(np.count_nonzero(eligible))
    if count < MIN_POOL:
        raise NotSearchableError(
            Reason.POOL_TOO_SMALL,
            f"A search needs at least {MIN_POOL} images of other records, this collection has "
            f"{count}; harvest more first.",
        )
    start = time.perf_counter()
    scorer = recipe.fit(query.tile, pool, np.flatnonzero(eligible), seed=seed, device=device)
    trained = time.perf_counter()
    # The few excluded tiles are scored too: cheaper than a copy of the pool without them.
    norms = scorer.norms(pool.tiles, pool.encoded)
    scored = time.perf_counter()
    found = union(query, pool, norms, eligible, per_generator)
    united = time.perf_counter()
    return SearchResult(
        recipe=recipe.name,
        parameters=recipe.parameters(),
        seed=seed,
        mu=scorer.mu,
        margin=scorer.margin,
        accepted=int(np.count_nonzero((norms <= scorer.mu + scorer.margin) & eligible)),
        pool_size=count,
        candidates=tuple(
            Candidate(
                image_version_id=pool.image_version_ids[one.place].decode(),
                norm=float(norms[one.place]),
                rank=rank,
                generators=one.generators,
                distances=one.distances,
                relative=one.relative,
            )
            for rank, one in enumerate(found, start=1)
        ),
        timings={"train": trained - start, "score": scored - trained, "union": united - scored},
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
