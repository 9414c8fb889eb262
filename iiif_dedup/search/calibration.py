"""The budget table of a collection's encoder, fitted on one half and checked on the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.search.budget import DEFAULT_BACKGROUND, Background, BudgetTable, Scale, pooled
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.pool import Pool
from iiif_dedup.search.tile_encoder import TileEncoder
from iiif_dedup.types import BLANK_DEVIATION, Json

ANCHORS = 600
"""Most anchors of a calibration, both halves together."""
CHECKED_BUDGETS = (0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found.

    Attributes:
        table: Of the anchors of one half of the records.
        checked: Budget → false alerts per query that the anchors of the other half had with it.
        check_anchors: How many those were.
    """

    table: BudgetTable
    checked: dict[float, float]
    check_anchors: int

    def to_json(self) -> dict[str, Json]:
        """Return the calibration as it is stored."""
        return {
            "table": self.table.to_json(),
            "checked": {str(budget): alerts for budget, alerts in self.checked.items()},
            "check_anchors": self.check_anchors,
        }


def calibrate(
    encoder: TileEncoder,
    pool: Pool,
    eligible: NDArray[np.bool_],
    *,
    seed: int,
    background: Background = DEFAULT_BACKGROUND,
    anchors: int = ANCHORS,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Return the budget table of a collection under its encoder.

    Anchors are drawn from all images that are not blank. A record's anchors all fall into the
    same half, so that the check is made on other objects than the fit.

    Args:
        encoder: The collection's.
        pool: With the tiles encoded by it.
        eligible: N; which images are current.
        seed: Of the draw, and of the anchors' views.
        background: How norms become scores.
        anchors: Most anchors, both halves together.
        progress: Is told the anchors done and in all.
    """
    places = np.flatnonzero(eligible)
    drawn = np.random.default_rng(seed).permutation(places)[:anchors]
    drawn = np.array([place for place in drawn if not _blank(pool.tiles[place])], dtype=np.int64)
    halves = np.array([_half(pool.record_ids[place]) for place in drawn], dtype=np.int64)
    recipe = CollectionRecipe(encoder)
    done = 0

    def judged(half: int) -> Iterator[tuple[NDArray[np.float32], float]]:
        nonlocal done
        for place in drawn[halves == half]:
            scorer = recipe.fit(pool.tiles[place], pool, places, seed=seed + int(place))
            others = eligible & (pool.record_ids != pool.record_ids[place])
            yield scorer.norms(pool.tiles, pool.encoded)[others], scorer.mu + scorer.margin
            done += 1
            if progress is not None:
                progress(done, len(drawn))

    table = pooled(judged(0), background)
    alerts = dict.fromkeys(CHECKED_BUDGETS, 0)
    count = 0
    for norms, tau in judged(1):
        scale = Scale.of(norms, tau, background)
        for budget in alerts:
            score, _ = table.threshold(budget, len(norms))
            alerts[budget] += int(np.count_nonzero(norms <= scale.norm(score)))
        count += 1
    checked = {budget: found / count for budget, found in alerts.items()} if count else {}
    return Calibration(table, checked, count)


def _half(record_id: bytes) -> int:
    return hashlib.sha256(bytes(record_id)).digest()[0] % 2


def _blank(tile: NDArray[np.uint8]) -> bool:
    return bool(tile.std(axis=(0, 1)).max() < BLANK_DEVIATION)
