from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evaluation.full_pool import Collection, judge, summarise
from iiif_dedup.search.pool import Pool
from iiif_dedup.types import Json


@dataclass(frozen=True)
class Distance:
    """A recipe whose norm is the distance of a tile's first level to the anchor's."""

    level: float = 0.0
    name = "distance"
    mu = 3.0
    margin = 2.0

    def parameters(self) -> dict[str, Json]:
        return {}

    def fit(self, anchor: NDArray[np.uint8], *args: object, **options: object) -> Distance:
        return Distance(float(anchor[0, 0, 0]))

    def norms(self, tiles: NDArray[np.uint8], encoded: object = None) -> NDArray[np.float32]:
        levels = tiles[:, 0, 0, 0].astype(np.float32)
        return np.asarray(np.abs(levels - self.level), dtype=np.float32)


def _tiles(levels: list[int]) -> NDArray[np.uint8]:
    tiles = np.zeros((len(levels), 32, 32, 3), dtype=np.uint8)
    tiles[:, 0, 0, 0] = levels
    return tiles


def test_strangers_are_counted_in_both_forms_of_the_pool_without_the_anchor() -> None:
    collection = Collection(
        raw=Pool.of_tiles(_tiles([100, 104, 130, 200])),
        augmented=Pool.of_tiles(_tiles([1, 104, 97, 200])),
    )
    views = _tiles([100, 101, 110, 103])
    judged = judge(Distance(), collection, anchor=0, views=views, seed=1)
    assert judged.recall == 0.75
    assert judged.raw.false_alerts == 1
    assert judged.augmented.false_alerts == 2
    assert judged.raw.precision == 0.75
    assert judged.raw.f1 == 0.75
    assert judged.augmented.precision == 0.6
    assert judged.augmented.auroc == pytest.approx((3 + 3 + 1 + 2.5) / 12)


def test_the_balanced_test_draws_as_many_strangers_as_views() -> None:
    levels = [0] + [200] * 5 + [1] * 5
    collection = Collection(
        raw=Pool.of_tiles(_tiles(levels)), augmented=Pool.of_tiles(_tiles(levels))
    )
    judged = [
        judge(Distance(), collection, anchor=0, views=_tiles([0] * 4), seed=seed)
        for seed in range(20)
    ]
    assert {one.raw.false_alerts for one in judged} == {5}
    assert {round(4 / one.raw.precision) - 4 for one in judged} <= {0, 1, 2, 3, 4}
    assert len({one.raw.precision for one in judged}) > 1


def test_a_summary_means_over_anchors() -> None:
    levels = [0, 4, 5, 6, 90, 91]
    collection = Collection(
        raw=Pool.of_tiles(_tiles(levels)), augmented=Pool.of_tiles(_tiles(levels))
    )
    judged = [
        judge(Distance(), collection, anchor=row, views=_tiles([levels[row]] * 3), seed=1)
        for row in range(6)
    ]
    summary = summarise(judged)
    alerts = [one.raw.false_alerts for one in judged]
    assert alerts == [2, 3, 3, 2, 1, 1]
    assert summary.anchors == 6
    assert summary.raw.false_alerts.estimate == 2
    assert summary.raw.false_alerts_median == 2
    assert summary.raw.false_alerts.low <= 2 <= summary.raw.false_alerts.high
    assert (summary.margin_mean, summary.margin_deviation) == (2, 0)
    assert summary.recall == (1, 1, 1)


def test_a_collection_is_augmented_from_its_seed() -> None:
    tiles = np.random.default_rng(1).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    one, same, other = (Collection.of(tiles, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.augmented.tiles, same.augmented.tiles)
    assert not np.array_equal(one.augmented.tiles, other.augmented.tiles)
    assert one.raw.tiles is tiles
