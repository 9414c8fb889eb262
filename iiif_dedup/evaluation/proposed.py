"""What searches propose for queries of a haystack, with all measures that speak for each pair.

The same steps as in the product: the union proposes, the first of its list are verified by local
features, and the surfaces that are found are laid over each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evaluation.features import MAX_PIXELS
from iiif_dedup.evaluation.methods import UnionMethod
from iiif_dedup.evidence import measures
from iiif_dedup.evidence.features import LocalFeatures, extract
from iiif_dedup.evidence.verification import Verified, verify
from iiif_dedup.process.decode import decode
from iiif_dedup.search.candidates import SAME_FILE, Found
from iiif_dedup.store.content_files import ContentFiles

VERIFIED = 40
"""Candidates of a query that are verified, as in the product's default settings."""
DERIVATIVE_SIDE = 768
"""Pixels of the pictures that are compared, as in the product's default settings."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was proposed for one query, best first by the union's order.

    Attributes:
        places: Rows of the pool, K.
        measures: Of each.
    """

    places: NDArray[np.int64]
    measures: tuple[dict[str, float], ...]


class Pictures:
    """Pictures and their local features, read when needed; safe between threads."""

    def __init__(self, paths: Sequence[Path], digests: Sequence[str], cache: Path) -> None:
        """Name the pictures, without reading them.

        Args:
            paths: Of the pictures.
            digests: SHA-256 of each, hexadecimal.
            cache: Folder for their local features.
        """
        self._paths = paths
        self._digests = digests
        self._cache = ContentFiles(cache, ".npz")
        self.features = functools.lru_cache(maxsize=3000)(self._features)
        self.pixels = functools.lru_cache(maxsize=200)(self._pixels)

    def _features(self, row: int) -> LocalFeatures:
        """Return the local features of a picture."""
        stored = self._cache.read(self._digests[row])
        if stored is not None:
            return LocalFeatures.from_bytes(stored)
        found = extract(self.pixels(row))
        self._cache.write(self._digests[row], found.to_bytes())
        return found

    def _pixels(self, row: int) -> NDArray[np.uint8]:
        """Return a picture as its derivative shows it."""
        decoded = decode(self._paths[row].read_bytes(), max_pixels=MAX_PIXELS)
        image = Image.fromarray(decoded.pixels)
        image.thumbnail((DERIVATIVE_SIDE, DERIVATIVE_SIDE), Image.Resampling.BILINEAR)
        return np.asarray(image)

    def compare(self, query: int, other: int) -> Verified:
        """Return what comes of comparing two of them."""
        return verify(_One(self, query), _One(self, other))


@dataclass(frozen=True, slots=True)
class _One:
    pictures: Pictures
    row: int

    def features(self) -> LocalFeatures:
        return self.pictures.features(self.row)

    def pixels(self) -> NDArray[np.uint8]:
        return self.pictures.pixels(self.row)


def propose(
    union: UnionMethod,
    pictures: Pictures,
    queries: NDArray[np.int64],
    *,
    verified: int = VERIFIED,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Proposed]:
    """Return what is proposed for each query.

    Args:
        union: Proposes.
        pictures: The haystack's.
        queries: Rows of the haystack's pictures, Q.
        verified: Candidates of each query that are verified.
        advance: Called after each query with 1.
    """
    made = []
    with ThreadPoolExecutor() as threads:
        for query, found in zip(queries.tolist(), union.found(queries), strict=True):
            compare = functools.partial(pictures.compare, query)
            local = list(threads.map(compare, (one.place for one in found[:verified])))
            some = [measures.of_local(*each) for each in local]
            some += [{}] * (len(found) - len(some))
            made.append(
                Proposed(
                    np.array([one.place for one in found], dtype=np.int64),
                    tuple(_of(one) | more for one, more in zip(found, some, strict=True)),
                )
            )
            advance(1)
    return made


def _of(found: Found) -> dict[str, float]:
    same_file = SAME_FILE in found.generators
    return measures.of_distances(found.distances, found.relative, same_file=same_file)
