"""`recipe="per_query"`: the paper's encoder for one anchor, taught by its nearest strangers.

Trained on random tiles alone, the paper's encoder never meets what it will confuse the anchor
with. Here its unlabelled tiles are those that the collection's encoder finds nearest, plain and
as views, so that blur and black borders tell nothing. The very nearest are left out: among them
are the true duplicates, which must not be trained away (hidden positives).
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
        held_out: Further views, which set μ and τ.
        quantile: Part of the held-out views that τ accepts.
        hard: Nearest tiles to learn from, each plain and as one view.
        left_out: Of the nearest, how many are left out as possible duplicates.
        random: Random tiles beside them, each plain and as one view.
        batch: Views, and as many unlabelled tiles, of one step.
        epochs: Passes over the views.
        learning_rate: Adam's.
        margin: Of the hinge, in training.
    """

    name: ClassVar[str] = "per_query"

    encoder: TileEncoder = field(repr=False)
    views: int = 128
    held_out: int = 256
    quantile: float = 0.985
    hard: int = 256
    left_out: int = 5
    random: int = 64
    batch: int = 32
    epochs: int = 40
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
        clone_encoder = CloneEncoder(generator)
        views = anchor_views(anchor, self.views + self.held_out, generator)
        chosen = self._unlabelled(anchor, pool, eligible, generator)
        tiles = pool.tiles[chosen]
        pictures = torch.from_numpy(np.ascontiguousarray(tiles.transpose(0, 3, 1, 2)))
        unlabelled = torch.cat([scaled(tiles), random_views(pictures, ViewRanges(), generator)])
        schedule = Schedule(self.epochs, self.batch, self.learning_rate, 0.0, self.margin)
        clone_encoder.to(target)
        with reproducible_kernels():
            train(
                clone_encoder,
                placed(views[: self.views], target),
                placed(unlabelled, target),
                schedule,
                generator,
            )
            with torch.inference_mode():
                norms = clone_encoder.norms(placed(views[self.views :], target)).cpu().numpy()
        mu, tau = float(norms.mean()), float(np.quantile(norms, self.quantile))
        return PaperScorer(clone_encoder, Threshold(mu, tau - mu), target)

    def _unlabelled(
        self,
        anchor: NDArray[np.uint8],
        pool: Pool,
        eligible: NDArray[np.int64],
        generator: torch.Generator,
    ) -> NDArray[np.int64]:
        """Return the places of the tiles to learn from: the nearest but few, and random ones."""
        seed = int(torch.randint(2**62, (), generator=generator))
        scorer = CollectionRecipe(self.encoder).fit(anchor, pool, eligible, seed=seed)
        mask = np.zeros(len(pool.tiles), dtype=np.bool_)
        mask[eligible] = True
        norms = scorer.norms(pool.tiles, pool.encoded)
        near = nearest(norms, mask, pool.image_version_ids, self.left_out + self.hard)
        # In a small collection the few that are left out must not be all there is.
        hard = near[min(self.left_out, len(near) // 2) :]
        drawn = torch.randperm(len(eligible), generator=generator)[: self.random].numpy()
        others = np.setdiff1d(pool.by_id(eligible)[drawn], near)
        return np.concatenate([hard, others])
