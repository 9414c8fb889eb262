"""The haystack's methods over features of all its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.haystack import Compared


@dataclass(frozen=True, slots=True)
class CosineMethod:
    """Distance 1 − cosine, the least over a query's variants.

    Attributes:
        name: In tables.
        vectors: float32, N×D, one unit vector for each of the haystack's pictures.
        variants: The same of the pictures changed in ways a query is to be looked for in.
    """

    name: str
    vectors: NDArray[np.float32]
    variants: Sequence[NDArray[np.float32]] = ()

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`."""
        ours = self.vectors[:pool].T
        similarity = self.vectors[queries] @ ours
        for variant in self.variants:
            np.maximum(similarity, variant[queries] @ ours, out=similarity)
        return Compared(1 - similarity)


@dataclass(frozen=True, slots=True)
class SameFileMethod:
    """Distance 0 between files of the same content; it proposes nothing else.

    Attributes:
        name: In tables.
        digests: Of each of the haystack's pictures, N.
    """

    name: str
    digests: NDArray[np.str_]

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        """See `iiif_dedup.evaluation.haystack.Method`."""
        same = self.digests[queries, np.newaxis] == self.digests[:pool]
        return Compared(np.where(same, 0, np.inf).astype(np.float32))
