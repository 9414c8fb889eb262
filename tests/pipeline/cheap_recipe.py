"""A recipe that needs no training: the norm is how much a tile differs from the anchor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.types import Json


@dataclass(frozen=True)
class _Difference:
    anchor: NDArray[np.uint8]
    mu: float = 0.0
    margin: float = 0.3

    def norms(
        self, tiles: NDArray[np.uint8], encoded: Encoded | None = None
    ) -> NDArray[np.float32]:
        difference = np.abs(tiles.astype(np.float32) - self.anchor.astype(np.float32))
        return np.asarray(difference.mean(axis=(1, 2, 3)) / 255, dtype=np.float32)


@dataclass(frozen=True)
class CheapRecipe:
    uses_encoder: ClassVar[bool] = False

    name: str = "cheap"

    def parameters(self) -> Mapping[str, Json]:
        return {"margin": 0.3}

    def fit(
        self,
        anchor: NDArray[np.uint8],
        pool: Pool,
        eligible: NDArray[np.int64],
        *,
        seed: int,
        device: str,
    ) -> _Difference:
        return _Difference(anchor)
