"""What a recipe is, and which there are.

A recipe turns one anchor and a pool into a scorer: a norm for every tile, and a threshold. It
may choose its encoder, training and threshold; the run around it stays the same for all. To add
one, write its class in a module of this folder and its line in `RECIPES`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import SettingsError
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.types import Json

if TYPE_CHECKING:
    from iiif_dedup.search.tile_encoder import TileEncoder

RECIPES: Mapping[str, str] = {
    "collection": "iiif_dedup.search.collection:CollectionRecipe",
    "paper": "iiif_dedup.search.paper:PaperRecipe",
    "per_query": "iiif_dedup.search.per_query:PerQueryRecipe",
}
"""Name to module and class; a module, and torch with it, loads only when its recipe is used."""
DEFAULT_RECIPE = "collection"
_WITH_ENCODER = frozenset({"collection", "per_query"})
"""Recipes that are made with the collection's encoder."""


class Scorer(Protocol):
    """An encoder made for one anchor; it accepts a tile whose norm ≤ μ + m."""

    @property
    def mu(self) -> float:
        """Mean norm μ of the anchor's views."""

    @property
    def margin(self) -> float:
        """The margin m."""

    def norms(
        self, tiles: NDArray[np.uint8], encoded: Encoded | None = None
    ) -> NDArray[np.float32]:
        """Return the norm of each tile; smaller is more clone-like.

        Args:
            tiles: RGB, N×32×32×3, an array or a read-only memory map.
            encoded: The same tiles as an encoder saw them; left aside by a recipe that uses
                another one, or none.
        """


class Recipe(Protocol):
    """A way to make a scorer; immutable, its parameters are its fields."""

    @property
    def name(self) -> str:
        """Its key in `RECIPES`."""

    def parameters(self) -> Mapping[str, Json]:
        """Return everything that a run must record to be repeated."""

    def fit(
        self,
        anchor: NDArray[np.uint8],
        pool: Pool,
        eligible: NDArray[np.int64],
        *,
        seed: int,
        device: str,
    ) -> Scorer:
        """Return a scorer for one anchor.

        Args:
            anchor: RGB, 32×32×3.
            pool: N images.
            eligible: Places of the images that may be looked at, ascending, at least one. Who
                samples from them takes `pool.by_id` of them first.
            seed: Source of every random number, 0 ≤ seed < 2⁶³.
            device: See `iiif_dedup.device.resolve_device`.
        """


def get_recipe(name: str, encoder: TileEncoder | None = None) -> Recipe:
    """Return the recipe of that name with its default parameters.

    Args:
        name: A key of `RECIPES`.
        encoder: The collection's, for a recipe that uses one; the starting encoder when None.

    Raises:
        SettingsError: There is no such recipe.
    """
    try:
        module, _, class_name = RECIPES[name].partition(":")
    except KeyError:
        raise SettingsError(
            f"Unknown recipe {name!r}; write one of: {', '.join(sorted(RECIPES))}."
        ) from None
    make = getattr(importlib.import_module(module), class_name)
    if name in _WITH_ENCODER and encoder is None:
        # Imported here, so that a process that only reads names never loads torch.
        from iiif_dedup.search.tile_encoder import starting_encoder  # noqa: PLC0415

        encoder = starting_encoder()
    recipe: Recipe = make(encoder) if name in _WITH_ENCODER else make()
    return recipe
