"""`recipe="collection"`: one encoder for the collection, calibrated for each anchor.

The paper's own future work (section 5): a global encoder with per-query calibration. The norm of
an image is its distance to the centre of the anchor's views; what lies as near as nearly all
held-out views do is accepted, τ = μ + m.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from iiif_dedup.search.distances import products
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.tile_encoder import TileEncoder
from iiif_dedup.search.views import ViewRanges, random_views
from iiif_dedup.types import Json


@dataclass(frozen=True, slots=True)
class CollectionRecipe:
    """Distance to the centre of the anchor's views under the collection's encoder.

    Attributes:
        encoder: The collection's.
        views: Views of the anchor that make the centre.
        held_out: Further views that set μ and τ.
        quantile: Part of the held-out views that τ accepts.
    """

    name: ClassVar[str] = "collection"

    encoder: TileEncoder = field(repr=False)
    views: int = 64
    held_out: int = 256
    quantile: float = 0.985

    def parameters(self) -> Mapping[str, Json]:
        """Return every parameter by name, and the encoder's version."""
        return {
            "encoder": self.encoder.version,
            "views": self.views,
            "held_out": self.held_out,
            "quantile": self.quantile,
        }

    def fit(
        self,
        anchor: NDArray[np.uint8],
        pool: Pool,  # noqa: ARG002  the encoder has seen it already
        eligible: NDArray[np.int64],  # noqa: ARG002
        *,
        seed: int,
        device: str = "",  # noqa: ARG002  the encoder's own counts
    ) -> CollectionScorer:
        """Calibrate the encoder for one anchor; see `Recipe.fit`."""
        views = anchor_views(
            anchor, self.views + self.held_out, torch.Generator().manual_seed(seed)
        )
        vectors = self.encoder.encode_views(views).numpy()
        centre = vectors[: self.views].mean(axis=0)
        held_out = distances_to(centre, vectors[self.views :])
        mu = float(held_out.mean())
        tau = float(np.quantile(held_out, self.quantile))
        return CollectionScorer(self.encoder, centre, mu, tau - mu)


@dataclass(frozen=True, slots=True)
class CollectionScorer:
    """The centre of an anchor's views, with its threshold; see `Scorer`."""

    encoder: TileEncoder
    centre: NDArray[np.float32]
    mu: float
    margin: float

    def norms(
        self, tiles: NDArray[np.uint8], encoded: Encoded | None = None
    ) -> NDArray[np.float32]:
        """Return ‖g(x) − centre‖ of each tile, 0 to 2; see `Scorer.norms`."""
        if encoded is not None and encoded.version == self.encoder.version:
            return distances_to(self.centre, encoded.vectors)
        return distances_to(self.centre, self.encoder.encode(tiles))


def anchor_views(anchor: NDArray[np.uint8], count: int, generator: torch.Generator) -> torch.Tensor:
    """Return the paper's views of one tile, float32 count×3×32×32 in [0, 1]."""
    tile = torch.from_numpy(anchor.copy()).permute(2, 0, 1)
    return random_views(tile.expand(count, -1, -1, -1), ViewRanges(), generator)


def distances_to(centre: NDArray[np.float32], vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the Euclidean distance of unit vectors to a centre, N.

    Args:
        centre: float32, D.
        vectors: float16 or float32, N×D, each of length 1.
    """
    # |v − c|² = 1 + |c|² − 2 v·c: one product instead of a difference of all rows.
    squares = 1 + float(centre @ centre) - 2 * products(vectors, centre[np.newaxis])[0]
    norms: NDArray[np.float32] = np.sqrt(squares.clip(min=0)).astype(np.float32)
    return norms
