"""What makes the methods of `contenders` from pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import ImageError
from iiif_dedup.evaluation.bag_of_words import (
    SAMPLED_PICTURES,
    BagOfWordsDescriber,
    learn_vocabulary,
    weighted,
)
from iiif_dedup.evaluation.contenders import Subject
from iiif_dedup.evaluation.features import (
    Describer,
    HsvDescriber,
    Pixels,
    SqueezedDescriber,
    TileDescriber,
    decoded,
)
from iiif_dedup.evaluation.methods import BitsMethod, CloneMethod, CosineMethod
from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.process.fingerprints import FINGERPRINTS
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.recipes import get_recipe
from iiif_dedup.search.tile_encoder import starting_encoder

Known = Mapping[str, NDArray[Any]]


class Fingerprint:
    """Bits that differ between hashes of the whole picture, squeezed to 32×32."""

    def __init__(self, name: str) -> None:
        self._name = name

    def describers(self, subject: Subject) -> Sequence[Describer]:  # noqa: ARG002  see `Contender`
        """See `Contender`."""
        return [SqueezedDescriber()]

    def method(self, subject: Subject, known: Known) -> BitsMethod:  # noqa: ARG002
        """See `Contender`."""
        squeezed, bits = known["squeezed"], FINGERPRINTS[self._name]
        return BitsMethod(self._name, squeezed, bits(squeezed), bits, turn=False)


class Colours:
    """The cosine of the square roots of two pictures' HSV histograms."""

    def __init__(self, name: str) -> None:
        self._name = name

    def describers(self, subject: Subject) -> Sequence[Describer]:  # noqa: ARG002
        """See `Contender`."""
        return [HsvDescriber()]

    def method(self, subject: Subject, known: Known) -> CosineMethod:  # noqa: ARG002
        """See `Contender`."""
        return CosineMethod(self._name, known["hsv"])


class BagOfWords:
    """The cosine of weighted counts of visual words, learnt from some pictures of the pool."""

    def __init__(self, name: str) -> None:
        self._name = name

    def describers(self, subject: Subject) -> Sequence[Describer]:
        """See `Contender`."""
        # In the order of contents, so that the words depend on no file's name or place.
        contents = dict(zip(subject.digests[: subject.pool], subject.paths, strict=False))
        order = np.random.default_rng(subject.seed).permutation(len(contents))
        chosen = [sorted(contents)[place] for place in order[:SAMPLED_PICTURES]]
        read = (_picture(contents[digest]) for digest in chosen)
        pictures = (picture for picture in read if picture is not None)
        return [BagOfWordsDescriber(learn_vocabulary(pictures, seed=subject.seed))]

    def method(self, subject: Subject, known: Known) -> CosineMethod:
        """See `Contender`."""
        return CosineMethod(self._name, weighted(known["bag_of_words"], subject.pool))


class FrozenDescriptor:
    """The cosine of a frozen descriptor's vectors."""

    def __init__(self, name: str) -> None:
        self._descriptor = get_descriptor(name)

    def describers(self, subject: Subject) -> Sequence[Describer]:  # noqa: ARG002
        """See `Contender`."""
        return [self._descriptor]

    def method(self, subject: Subject, known: Known) -> CosineMethod:  # noqa: ARG002
        """See `Contender`."""
        return CosineMethod(self._descriptor.name, known[self._descriptor.name])


class CloneRule:
    """The norms of a recipe that is fitted to each query, and its own thresholds."""

    def __init__(self, name: str) -> None:
        self._name = name

    def describers(self, subject: Subject) -> Sequence[Describer]:  # noqa: ARG002
        """See `Contender`."""
        return [TileDescriber()]

    def method(self, subject: Subject, known: Known) -> CloneMethod:
        """See `Contender`."""
        tiles = known["tile"]
        encoder = subject.encoder or starting_encoder()
        encoded = Encoded(encoder.version, encoder.encode(tiles[: subject.pool]))
        pool = Pool.of_tiles(tiles[: subject.pool], encoded=encoded)
        digests = np.array([digest.encode() for digest in subject.digests])
        return CloneMethod(self._name, get_recipe(self._name, encoder), pool, tiles, digests)


def _picture(path: Path) -> Pixels | None:
    try:
        return decoded(path)
    except ImageError:
        return None
