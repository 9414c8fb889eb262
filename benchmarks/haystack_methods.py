"""The methods that the haystack compares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from iiif_dedup.evaluation.features import Describer, Features, HsvDescriber, TileDescriber
from iiif_dedup.evaluation.haystack import Haystack, Method
from iiif_dedup.evaluation.methods import CosineMethod, SameFileMethod
from iiif_dedup.evaluation.vectors import (
    block_mean_vectors,
    correlation_vectors,
    phash_vectors,
    turned,
)
from iiif_dedup.process.descriptors.efficientnet_lite0 import INPUT, load_layers
from iiif_dedup.process.descriptors.networks import describe


class PlainEfficientNet:
    """The baseline network as it comes: the whole picture squeezed to 224×224, 1,280 features."""

    name = "efficientnet"
    version = "plain"

    def __init__(self) -> None:
        self._layers = load_layers()

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return the mean features of each picture, of length 1, N×1280."""
        return describe(
            pictures,
            forward=lambda pixels: self._layers(pixels).mean(dim=(2, 3)),
            wants=INPUT,
            device=torch.device("cpu"),
        )


def describers() -> list[Describer]:
    """Return everything that has to be known of each picture."""
    return [TileDescriber(), HsvDescriber(), PlainEfficientNet()]


def methods(haystack: Haystack, features: Features) -> list[Method]:
    """Return the methods over the haystack's pictures, the baselines first."""
    paths = [picture.path for picture in haystack.pictures]
    tiles = features.of("tile", paths)
    phashes, blocks = phash_vectors(tiles), block_mean_vectors(tiles)
    # Only queries are turned, but all pictures share one numbering, and tiles are small.
    others = turned(tiles)[1:]
    return [
        CosineMethod("phash", phashes),
        CosineMethod("block_mean", blocks),
        CosineMethod("hsv", features.of("hsv", paths)),
        CosineMethod("correlation", correlation_vectors(tiles)),
        CosineMethod("efficientnet", features.of("efficientnet", paths)),
        CosineMethod("phash_turned", phashes, [phash_vectors(each) for each in others]),
        CosineMethod("block_mean_turned", blocks, [block_mean_vectors(each) for each in others]),
        SameFileMethod("sha256", np.array([features.digests[path] for path in paths])),
    ]
