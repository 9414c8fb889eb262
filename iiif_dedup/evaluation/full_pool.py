"""The full-pool protocol: what one query brings a curator from a whole collection.

The paper's section 4.4 draws as many negatives as positives; a repository has thousands of
strangers for every clone. So beside the paper's balanced figures stand *false alerts per query*,
the strangers accepted out of everything else, in two columns: the pool raw, and the pool
augmented like the positives. A detector that wins only on raw has learnt to smell interpolation
and black borders.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.judging_views import augmented
from iiif_dedup.evaluation.metrics import (
    Interval,
    auprc,
    auroc,
    bootstrap_mean,
    operating_point,
)
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.recipes import Recipe
from iiif_dedup.search.tile_encoder import TileEncoder


@dataclass(frozen=True, slots=True)
class Collection:
    """A pool in its two forms, row by row the same pictures."""

    raw: Pool
    augmented: Pool

    @classmethod
    def of(
        cls, tiles: NDArray[np.uint8], seed: int, encoder: TileEncoder | None = None
    ) -> Collection:
        """Return the collection of these tiles with one judging view of each.

        Args:
            tiles: RGB, N×32×32×3.
            seed: Of the judging views.
            encoder: Encodes both forms once, for recipes that use it.
        """

        def pool(pictures: NDArray[np.uint8]) -> Pool:
            if encoder is None:
                return Pool.of_tiles(pictures)
            encoded = Encoded(encoder.version, encoder.encode(pictures))
            return Pool.of_tiles(pictures, encoded=encoded)

        return cls(raw=pool(tiles), augmented=pool(augmented(tiles, seed)))


@dataclass(frozen=True, slots=True)
class AgainstPool:
    """One anchor against one form of the pool.

    Attributes:
        false_alerts: Pool images accepted, out of all but the anchor.
        precision: Of the balanced test: judging views, and as many pool images.
        f1: Of the balanced test; so are `auroc` and `auprc`.
    """

    false_alerts: int
    precision: float
    f1: float
    auroc: float
    auprc: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """One anchor judged.

    Attributes:
        mu: The scorer's μ.
        margin: The scorer's m.
        recall: The part of the judging views that are accepted.
        train_s: Seconds that the recipe took to fit, whatever else the machine did.
        score_s: Seconds that the raw pool took to score, likewise.
        raw: Against the pool as it is.
        augmented: Against the pool augmented like the positives.
    """

    mu: float
    margin: float
    recall: float
    train_s: float
    score_s: float
    raw: AgainstPool
    augmented: AgainstPool


def judge(
    recipe: Recipe,
    collection: Collection,
    anchor: int,
    views: NDArray[np.uint8],
    *,
    seed: int,
    device: str = "auto",
) -> Judgement:
    """Fit a recipe to one anchor of a collection, and judge it on everything else.

    Args:
        recipe: The recipe.
        collection: The pool, with the anchor in it.
        anchor: The anchor's row.
        views: Judging views of the anchor, RGB V×32×32×3.
        seed: Of the recipe, and of the draw of the balanced test's V negatives (all of the
            pool where it has fewer).
        device: Where the recipe computes.
    """
    raw = collection.raw
    others = np.delete(np.arange(len(raw.tiles)), anchor)
    start = time.perf_counter()
    scorer = recipe.fit(raw.tiles[anchor], raw, others, seed=seed, device=device)
    trained = time.perf_counter()
    raw_norms = scorer.norms(raw.tiles, raw.encoded)
    scored = time.perf_counter()
    tau = scorer.mu + scorer.margin
    positives = scorer.norms(views)
    drawn = np.random.default_rng(seed).permutation(others)[: len(views)]

    def against(norms: NDArray[np.float32]) -> AgainstPool:
        balanced = operating_point(positives, norms[drawn], tau)
        return AgainstPool(
            false_alerts=int(np.count_nonzero(norms[others] <= tau)),
            precision=balanced.precision,
            f1=balanced.f1,
            auroc=auroc(positives, norms[drawn]),
            auprc=auprc(positives, norms[drawn]),
        )

    return Judgement(
        mu=scorer.mu,
        margin=scorer.margin,
        recall=float((positives <= tau).mean()),
        train_s=trained - start,
        score_s=scored - trained,
        raw=against(raw_norms),
        augmented=against(scorer.norms(collection.augmented.tiles, collection.augmented.encoded)),
    )


@dataclass(frozen=True, slots=True)
class PoolSummary:
    """Means over anchors with 95 % bootstrap intervals."""

    false_alerts: Interval
    false_alerts_median: float
    precision: Interval
    f1: Interval
    auroc: Interval
    auprc: Interval


@dataclass(frozen=True, slots=True)
class Summary:
    """All anchors of one recipe; intervals are bootstrapped over anchors, seconds are medians."""

    anchors: int
    margin_mean: float
    margin_deviation: float
    recall: Interval
    train_s: float
    score_s: float
    raw: PoolSummary
    augmented: PoolSummary


def summarise(judgements: Sequence[Judgement]) -> Summary:
    """Return the figures of all anchors, at least one."""
    margins = np.array([judgement.margin for judgement in judgements])
    return Summary(
        anchors=len(judgements),
        margin_mean=float(margins.mean()),
        margin_deviation=float(margins.std()),
        recall=bootstrap_mean([judgement.recall for judgement in judgements]),
        train_s=float(np.median([judgement.train_s for judgement in judgements])),
        score_s=float(np.median([judgement.score_s for judgement in judgements])),
        raw=_summarise_pool([judgement.raw for judgement in judgements]),
        augmented=_summarise_pool([judgement.augmented for judgement in judgements]),
    )


def _summarise_pool(sides: Sequence[AgainstPool]) -> PoolSummary:
    alerts = [side.false_alerts for side in sides]
    return PoolSummary(
        false_alerts=bootstrap_mean(alerts),
        false_alerts_median=float(np.median(alerts)),
        precision=bootstrap_mean([side.precision for side in sides]),
        f1=bootstrap_mean([side.f1 for side in sides]),
        auroc=bootstrap_mean([side.auroc for side in sides]),
        auprc=bootstrap_mean([side.auprc for side in sides]),
    )
