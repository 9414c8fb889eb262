"""What a search looks through, and what it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.types import TILE_SHAPE


@dataclass(frozen=True, slots=True)
class Encoded:
    """Tiles as the collection's encoder sees them.

    Attributes:
        version: Of the encoder.
        vectors: float16 or float32, N×D unit vectors, an array or a read-only memory map.
    """

    version: str
    vectors: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Pool:
    """The images a search looks through; every array has one row per image.

    Attributes:
        tiles: RGB, N×32×32×3 uint8, an array or a read-only memory map.
        image_version_ids: The image of each tile, distinct, N byte strings.
        record_ids: The record of each tile, N byte strings.
        digests: SHA-256 of the files, N byte strings; empty strings where unknown.
        bits: Fingerprints by name, N×B uint8, compared by the bits that differ.
        vectors: Descriptors by name, N×D float16 or float32 unit vectors, compared by the
            cosine; zero where an image has none.
        encoded: The tiles seen by the collection's encoder; None where nobody encoded them.
    """

    tiles: NDArray[np.uint8]
    image_version_ids: NDArray[np.bytes_]
    record_ids: NDArray[np.bytes_]
    digests: NDArray[np.bytes_] | None = None
    bits: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    vectors: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    encoded: Encoded | None = None

    def __post_init__(self) -> None:
        count = len(self.tiles)
        if self.tiles.shape[1:] != TILE_SHAPE or self.tiles.dtype != np.uint8:
            raise ValueError(
                f"pool tiles must be uint8 of shape (N, 32, 32, 3), got {self.tiles.dtype} "
                f"{self.tiles.shape}"
            )
        lengths = {
            "image_version_ids": len(self.image_version_ids),
            "record_ids": len(self.record_ids),
            **{name: len(rows) for name, rows in (*self.bits.items(), *self.vectors.items())},
        }
        if self.digests is not None:
            lengths["digests"] = len(self.digests)
        if self.encoded is not None:
            lengths["encoded"] = len(self.encoded.vectors)
        if any(length != count for length in lengths.values()):
            raise ValueError(f"a pool needs one row per tile, got {count} tiles and {lengths}")

    @classmethod
    def of_tiles(
        cls,
        tiles: NDArray[np.uint8],
        image_version_ids: Sequence[str] | None = None,
        record_ids: Sequence[str] | None = None,
        encoded: Encoded | None = None,
    ) -> Pool:
        """Return a pool of tiles alone; without ids, each is named by its place.

        Args:
            tiles: As `tiles`.
            image_version_ids: ASCII, distinct, one per tile.
            record_ids: ASCII, one per tile; each its own record when None.
            encoded: As `encoded`.
        """
        if image_version_ids is None:
            image_version_ids = [f"{place:09}" for place in range(len(tiles))]
        if record_ids is None:
            record_ids = image_version_ids
        return cls(tiles, _names(image_version_ids), _names(record_ids), encoded=encoded)

    def of_record(self, record_id: str) -> NDArray[np.bool_]:
        """Return a mask of N: which tiles belong to that record."""
        return np.asarray(self.record_ids == record_id.encode(), dtype=np.bool_)

    def by_id(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return places in the order of their images' ids.

        What is sampled in this order depends on which images there are, not on who came first.
        """
        ordered: NDArray[np.int64] = places[np.argsort(self.image_version_ids[places])]
        return ordered


@dataclass(frozen=True, slots=True)
class Query:
    """The image a search starts from.

    Attributes:
        tile: RGB, 32×32×3 uint8.
        digest: SHA-256 of its file as in `Pool.digests`; empty where unknown.
        bits: By name, V×B uint8: its fingerprints in every position it is looked for in (turned,
            mirrored); the nearest counts.
        vectors: By name, V×D float32 unit vectors: of the picture, then of parts of it, of which
            the nearest counts. Those that the pool does not have are left.
    """

    tile: NDArray[np.uint8]
    digest: bytes = b""
    bits: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


def _names(names: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([name.encode("ascii") for name in names], dtype=np.bytes_)
