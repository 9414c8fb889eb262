"""The methods that the haystack compares: baselines, the product's generators, and their union."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evaluation.features import (
    Describer,
    HsvDescriber,
    PartsDescriber,
    SqueezedDescriber,
    TileDescriber,
    parts_name,
)
from iiif_dedup.evaluation.haystack import Method
from iiif_dedup.evaluation.methods import (
    BackgroundMethod,
    BitsMethod,
    CloneMethod,
    CosineMethod,
    SameFileMethod,
    UnionMethod,
)
from iiif_dedup.evaluation.vectors import correlation_vectors
from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.process.descriptors.efficientnet_lite0 import DEVIATION, MEAN, load_layers
from iiif_dedup.process.descriptors.networks import NetworkInput, describe
from iiif_dedup.process.fingerprints import FINGERPRINTS
from iiif_dedup.search.budget import Background
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.tile_encoder import TileEncoder

DESCRIPTORS = ("efficientnet_lite0", "colour", "palette")
"""The product's, each a generator."""
_PLAIN_SIDE = 224


class PlainEfficientNet:
    """The baseline network as it comes: the whole picture squeezed to 224×224, 1,280 features."""

    name = "efficientnet"
    version = "plain-2"

    def __init__(self) -> None:
        self._layers = load_layers()

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return the mean features of each picture, of length 1, N×1280."""
        size = (_PLAIN_SIDE, _PLAIN_SIDE)
        images = (Image.fromarray(picture) for picture in pictures)
        return describe(
            [np.asarray(image.resize(size, Image.Resampling.BILINEAR)) for image in images],
            forward=lambda pixels: self._layers(pixels).mean(dim=(2, 3)),
            wants=NetworkInput(side=_PLAIN_SIDE, mean=MEAN, deviation=DEVIATION),
            device=torch.device("cpu"),
        )


def describers() -> list[Describer]:
    """Return everything that has to be known of each picture."""
    descriptors = [get_descriptor(name) for name in DESCRIPTORS]
    return [
        SqueezedDescriber(),
        HsvDescriber(),
        PlainEfficientNet(),
        TileDescriber(),
        *descriptors,
    ]


def parts_describers() -> list[Describer]:
    """Return what has to be known of each query beside that."""
    return [PartsDescriber(get_descriptor(name)) for name in DESCRIPTORS]


def methods(
    known: Mapping[str, NDArray[Any]],
    digests: Sequence[str],
    pool: int,
    encoders: Mapping[str, TileEncoder],
) -> list[Method]:
    """Return all methods, the baselines first.

    Args:
        known: By describer's name, a row for each picture, the pool first; of parts, rows of
            pictures that are no queries count for nothing.
        digests: Of each picture, in the same order.
        pool: Size of the pool.
        encoders: Name that the clone rule and the union with it get at their end, "" for the
            product's default, to encoder.
    """
    squeezed, tiles = known["squeezed"], known["tile"]
    contents = np.array([digest.encode() for digest in digests])
    bits = {name: fingerprint(tiles) for name, fingerprint in FINGERPRINTS.items()}
    found: list[Method] = [
        *(
            BitsMethod(name, squeezed, fingerprint(squeezed), fingerprint, turn=False)
            for name, fingerprint in FINGERPRINTS.items()
        ),
        CosineMethod("hsv", known["hsv"]),
        CosineMethod("correlation", correlation_vectors(squeezed)),
        CosineMethod("efficientnet", known["efficientnet"]),
        SameFileMethod("sha256", contents),
        *(
            BitsMethod(f"{name}_turned", tiles, bits[name], FINGERPRINTS[name], turn=True)
            for name in bits
        ),
        *(CosineMethod(name, known[name]) for name in DESCRIPTORS),
    ]
    names = np.array([f"{row:08}".encode() for row in range(pool)])
    for ending, encoder in encoders.items():
        searched = Pool(
            tiles=tiles[:pool],
            image_version_ids=names,
            record_ids=names,
            digests=contents[:pool],
            bits={name: each[:pool] for name, each in bits.items()},
            vectors={name: known[name][:pool].astype(np.float16) for name in DESCRIPTORS},
            encoded=Encoded(encoder.version, encoder.encode(tiles[:pool]).astype(np.float16)),
        )
        clone = CloneMethod(
            f"clone_rule{ending}", CollectionRecipe(encoder), searched, tiles, contents
        )
        vectors = {
            name: np.concatenate([known[name][:, np.newaxis], known[parts_name(name)]], axis=1)
            for name in DESCRIPTORS
        }
        found += [
            clone,
            *(
                BackgroundMethod(f"clone_{background}{ending}", clone, background)
                for background in Background
            ),
            UnionMethod(f"union{ending}", clone, searched, tiles, contents, vectors, FINGERPRINTS),
        ]
    return found


def union_of(by: Sequence[Method]) -> UnionMethod:
    """Return the first union among methods: that with the product's default encoder."""
    return next(one for one in by if isinstance(one, UnionMethod))
