"""The pool as one search sees it, and the image that the search starts from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.process.fingerprints import FINGERPRINTS, turned
from iiif_dedup.search.pool import Pool, Query
from iiif_dedup.store.runs import Anchor
from iiif_dedup.types import TILE_SHAPE

FINGERPRINT_VERSION = "1"


@dataclass(frozen=True, slots=True)
class PoolView:
    """The pool for one search.

    Attributes:
        pool: Every version of every image, by sequence.
        exclude: N; true for what is not current, or belongs to the record that is searched.
        covered_sequence: Highest image sequence in the pool, 0 for an empty one.
        described: Name of a descriptor → how many images have its vector.
        descriptor_versions: Name of a descriptor → its version.
    """

    pool: Pool
    exclude: NDArray[np.bool_]
    covered_sequence: int
    described: Mapping[str, int]
    descriptor_versions: Mapping[str, str]

    def hash(self) -> str:
        """Return a SHA-256 as hexadecimal digits, over all that a search can find in the pool.

        These are the ids that are not excluded, and how many images each descriptor knows.
        """
        digest = hashlib.sha256(self.pool.image_version_ids[~self.exclude].tobytes())
        for name, count in sorted(self.described.items()):
            digest.update(f"{name} {count}\n".encode())
        return digest.hexdigest()

    def query(self, anchor: Anchor, parts: Mapping[str, NDArray[np.float32]]) -> Query:
        """Return the image that a search starts from, with its fingerprints in all positions.

        Args:
            anchor: The image.
            parts: By a descriptor's name, P×D; of those that described the image's parts.
        """
        tile = np.frombuffer(anchor.pixels, dtype=np.uint8).reshape(TILE_SHAPE)
        eight = turned(tile)
        place = np.flatnonzero(self.pool.image_version_ids == anchor.image_version_id.encode())[0]
        vectors = {
            name: np.concatenate(
                [rows[place : place + 1].astype(np.float32), parts.get(name, rows[:0])]
            ).astype(np.float32)
            for name, rows in self.pool.vectors.items()
        }
        return Query(
            tile,
            digest=bytes.fromhex(anchor.sha256),
            bits={name: make(eight) for name, make in FINGERPRINTS.items()},
            vectors={name: found for name, found in vectors.items() if found[0].any()},
        )

    def generators(self) -> dict[str, str]:
        """Return what proposes candidates beside the recipe, each with its version."""
        return {
            "sha256": "1",
            **dict.fromkeys(FINGERPRINTS, FINGERPRINT_VERSION),
            **self.descriptor_versions,
        }
