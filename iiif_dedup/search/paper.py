"""`recipe="paper"`: the published method, kept exactly, as the reference for every other.

Sevetlidis et al., *Detecting Media Clones in Cultural Repositories Using a Positive Unlabeled
Learning Approach*, arXiv:2604.04071, sections 3 and 4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from iiif_dedup.device import reproducible_kernels, resolve_device
from iiif_dedup.search.encoder import CloneEncoder
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.training import Schedule, Threshold, train
from iiif_dedup.search.views import ViewRanges, random_views
from iiif_dedup.types import Json

_SCORING_BATCH = 256
"""Fastest on CPUs: the first layer's output of one batch still fits the caches."""


@dataclass(frozen=True, slots=True)
class PaperRecipe:
    """The paper's method with every parameter it names.

    Attributes:
        views: Augmented views of the anchor, N_p.
        unlabelled: Random other tiles, N_u; all there are where the pool is smaller.
        batch: Views, and as many unlabelled tiles, of one step.
        epochs: Passes over both sets.
        learning_rate: Adam's.
        variance_weight: λ_var; 0 in section 4.2, 0.1 beside it in Table 1.
        margin: None learns m = softplus(m̃); 0.5 is Table 1's fixed margin.
        ranges: What the views are drawn from.
    """

    name: ClassVar[str] = "paper"

    views: int = 128
    unlabelled: int = 128
    batch: int = 32
    epochs: int = 10
    learning_rate: float = 1e-3
    variance_weight: float = 0.0
    margin: float | None = None
    ranges: ViewRanges = field(default_factory=ViewRanges)

    def parameters(self) -> Mapping[str, Json]:
        """Return every parameter by name; ranges are nested."""
        return asdict(self)

    def fit(
        self,
        anchor: NDArray[np.uint8],
        pool: Pool,
        eligible: NDArray[np.int64],
        *,
        seed: int,
        device: str,
    ) -> PaperScorer:
        """Train an encoder from scratch for one anchor; see `Recipe.fit`.

        Every random number comes from a CPU generator in a fixed order (weights, views,
        unlabelled sample, shuffles), so that they are the same on every device.
        """
        generator = torch.Generator().manual_seed(seed)
        target = resolve_device(device)
        encoder = CloneEncoder(generator)
        tile = torch.from_numpy(np.ascontiguousarray(anchor.transpose(2, 0, 1)))
        views = random_views(tile.expand(self.views, -1, -1, -1), self.ranges, generator)
        chosen = torch.randperm(len(eligible), generator=generator)[: self.unlabelled]
        unlabelled = scaled(pool.tiles[pool.by_id(eligible)[chosen.numpy()]])
        schedule = Schedule(
            self.epochs, self.batch, self.learning_rate, self.variance_weight, self.margin
        )
        encoder.to(target)
        with reproducible_kernels():
            threshold = train(
                encoder, placed(views, target), placed(unlabelled, target), schedule, generator
            )
        return PaperScorer(encoder, threshold, target)


class PaperScorer:
    """A trained Clone Encoder with the threshold of its last step; see `Scorer`."""

    def __init__(self, encoder: CloneEncoder, threshold: Threshold, device: torch.device) -> None:
        self._encoder = encoder
        self._device = device
        self.mu = threshold.mu
        self.margin = threshold.margin

    def norms(
        self,
        tiles: NDArray[np.uint8],
        encoded: Encoded | None = None,  # noqa: ARG002  this encoder is the anchor's own
    ) -> NDArray[np.float32]:
        """Return ‖f(x)‖₂ of each tile; see `Scorer.norms`."""
        norms = np.empty(len(tiles), dtype=np.float32)
        with torch.inference_mode(), reproducible_kernels():
            for start in range(0, len(tiles), _SCORING_BATCH):
                part = slice(start, start + _SCORING_BATCH)
                batch = placed(scaled(tiles[part]), self._device)
                norms[part] = self._encoder.norms(batch).cpu().numpy()
        return norms


def scaled(tiles: NDArray[np.uint8]) -> Tensor:
    """Return N×32×32×3 levels as float32 N×3×32×32 in [0, 1]: ToTensor."""
    return torch.from_numpy(tiles.astype(np.float32)).div_(255).permute(0, 3, 1, 2)


def placed(tiles: Tensor, device: torch.device) -> Tensor:
    """Return tiles on their device, in the layout that convolutions are fastest with."""
    return tiles.to(device, memory_format=torch.channels_last)
