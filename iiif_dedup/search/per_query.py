"""`recipe="per_query"`: the paper's encoder for one anchor, taught by its nearest strangers.

Trained on random tiles alone, the paper's encoder never meets what it will confuse the anchor
with. Here its unlabelled tiles are those that the collection's encoder finds nearest, and then,
round after round, those that it finds nearest itself; plain and as views, so that blur and black
borders tell nothing. What the collection's encoder finds the very nearest is left out throughout:
among it are the true duplicates, which must not be trained away (hidden positives).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from iiif_dedup.device import reproducible_kernels, resolve_device
from iiif_dedup.search.candidates import nearest
from iiif_dedup.search.collection import CollectionRecipe, anchor_views
from iiif_dedup.search.encoder import CloneEncoder
from iiif_dedup.search.paper import PaperScorer, placed, scaled
from iiif_dedup.search.pool import Pool
from iiif_dedup.search.tile_encoder import TileEncoder
from iiif_dedup.search.training import Schedule, Threshold, train
from iiif_dedup.search.views import ViewRanges, random_views
from iiif_dedup.types import Json


@dataclass(frozen=True, slots=True)
class PerQueryRecipe:
    """The paper's encoder and objective with hard unlabelled tiles and a calibrated threshold.

    Attributes:
        encoder: The collection's, which finds the hard tiles.
        views: Augmented views of the anchor to train with.
        plain: How often the anchor itself, as it is, stands among them.
        held_out: Further views, which set μ and τ.
        quantile: Part of the held-out views that τ accepts; and it accepts the plain anchor.
        rounds: How often the nearest tiles are looked for, first by the collection's encoder.
        hard: Nearest tiles to learn from, each plain and as one view.
        left_out: Of the nearest, how many are left out as possible duplicates.
        random: Random tiles beside them, each plain and as one view.
        searched: Most tiles of the pool that a later round looks through, drawn at random.
        batch: Views, and as many unlabelled tiles, of one step.
        epochs: Passes over the views in one round.
        learning_rate: Adam's.
        margin: Of the hinge, in training.
    """

    name: ClassVar[str] = "per_query"

    encoder: TileEncoder = field(repr=False)
    views: int = 128
    plain: int = 16
    held_out: int = 256
    quantile: float = 0.985
    rounds: int = 3
    hard: int = 256
    left_out: int = 5
    random: int = 64
    searched: int = 10_000
    batch: int = 32
    epochs: int = 15
    learning_rate: float = 1e-3
    margin: float = 1.0

    def parameters(self) -> Mapping[str, Json]:
        """Return every parameter by name, the encoder by its version."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**plain, "encoder": self.encoder.version}

    def fit(
        self,
        anchor: NDArray[np.uint8],
        pool: Pool,
        eligible: NDArray[np.int64],
        *,
        seed: int,
        device: str,
    ) -> PaperScorer:
        """Train an encoder for one anchor; see `Recipe.fit`."""
        generator = torch.Generator().manual_seed(seed)
        target = resolve_device(device)
        clone_encoder = CloneEncoder(generator).to(target)
        views = anchor_views(anchor, self.views + self.held_out, generator)
        itself = scaled(anchor[np.newaxis])
        positives = torch.cat([views[: self.views], itself.expand(self.plain, -1, -1, -1)])
        schedule = Schedule(self.epochs, self.batch, self.learning_rate, 0.0, self.margin)
        mining = _Mining(self, anchor, pool, eligible, generator)
        with reproducible_kernels():
            for number in range(self.rounds):
                if number:
                    mining.look_again(PaperScorer(clone_encoder, Threshold(0.0, 0.0), target))
                train(
                    clone_encoder,
                    placed(positives, target),
                    placed(mining.unlabelled(generator), target),
                    schedule,
                    generator,
                )
            held_out = torch.cat([itself, views[self.views :]])
            with torch.inference_mode():
                norms = clone_encoder.norms(placed(held_out, target)).cpu().numpy()
        mu = float(norms[1:].mean())
        # Views are blurred and cut; a copy that is as sharp as the anchor must not fall outside.
        tau = max(float(np.quantile(norms[1:], self.quantile)), float(norms[0]))
        return PaperScorer(clone_encoder, Threshold(mu, tau - mu), target)


class _Mining:
    """The tiles that one anchor's encoder learns from, and the ones that it must not."""

    def __init__(
        self,
        recipe: PerQueryRecipe,
        anchor: NDArray[np.uint8],
        pool: Pool,
        eligible: NDArray[np.int64],
        generator: torch.Generator,
    ) -> None:
        self._recipe = recipe
        self._pool = pool
        eligible = pool.by_id(eligible)
        order = eligible[torch.randperm(len(eligible), generator=generator).numpy()]
        seed = int(torch.randint(2**62, (), generator=generator))
        scorer = CollectionRecipe(recipe.encoder).fit(anchor, pool, eligible, seed=seed)
        near = self._nearest(
            scorer.norms(pool.tiles, pool.encoded), eligible, recipe.left_out + recipe.hard
        )
        # In a small collection the few that are left out must not be all there is.
        left_out = near[: min(recipe.left_out, len(near) // 2)]
        hard = near[len(left_out) :]
        self._searched = np.setdiff1d(order[: recipe.searched], left_out)
        self._chosen = np.concatenate([hard, np.setdiff1d(order[: recipe.random], near)])

    def look_again(self, scorer: PaperScorer) -> None:
        """Add the tiles that the encoder itself finds nearest by now."""
        norms = np.full(len(self._pool.tiles), np.inf, dtype=np.float32)
        norms[self._searched] = scorer.norms(self._pool.tiles[self._searched])
        found = self._nearest(norms, self._searched, self._recipe.hard)
        self._chosen = np.union1d(self._chosen, found)

    def unlabelled(self, generator: torch.Generator) -> torch.Tensor:
        """Return the chosen tiles, plain and each as one view, float32 2N×3×32×32."""
        tiles = self._pool.tiles[self._chosen]
        pictures = torch.from_numpy(np.ascontiguousarray(tiles.transpose(0, 3, 1, 2)))
        return torch.cat([scaled(tiles), random_views(pictures, ViewRanges(), generator)])

    def _nearest(
        self, norms: NDArray[np.float32], places: NDArray[np.int64], count: int
    ) -> NDArray[np.int64]:
        mask = np.zeros(len(norms), dtype=np.bool_)
        mask[places] = True
        return nearest(norms, mask, self._pool.image_version_ids, count)
