"""Search, scan and training on the index of a folder; everything here needs torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import EncoderError
from iiif_dedup.library.cache import Cache
from iiif_dedup.library.index import Index
from iiif_dedup.library.reading import Progress
from iiif_dedup.process.fingerprints import FINGERPRINTS, turned
from iiif_dedup.search.budget import BudgetTable
from iiif_dedup.search.calibration import calibrate
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.instance_training import train_collection_encoder
from iiif_dedup.search.pool import Encoded, Pool, Query
from iiif_dedup.search.run import search, search_seed
from iiif_dedup.search.scan import Scan, ScanPlan, scan
from iiif_dedup.search.tile_encoder import DIMENSIONS, TileEncoder, starting_encoder
from iiif_dedup.types import BLANK_DEVIATION, SearchResult

MIN_PICTURES = 500
"""Fewest pictures that an encoder is trained on, or that false alerts are counted among."""

_ENCODED = "encoded.npz"
_CHUNK = 1024
_SEED = 1


class Engine:
    """Searches one index with one encoder."""

    def __init__(
        self, index: Index, weights: bytes, cache: Cache, progress: Progress | None
    ) -> None:
        """Load the encoder, and encode the tiles that it has not seen.

        Args:
            index: Of the folder.
            weights: Of the encoder, as safetensors.
            cache: Of the folder.
            progress: Is told of the pictures that are encoded.

        Raises:
            EncoderError: These are no weights.
        """
        self._index = index
        self._recipe = CollectionRecipe(TileEncoder.from_bytes(weights))
        names = [f"{place:09}" for place in range(len(index.files))]
        plain = Pool.of_tiles(index.tiles, names)
        self._pool = Pool(
            tiles=plain.tiles,
            image_version_ids=plain.image_version_ids,
            record_ids=plain.record_ids,
            digests=index.digests,
            bits={name: make(index.tiles) for name, make in FINGERPRINTS.items()},
            vectors=index.vectors,
            encoded=_encoded(index, self._recipe.encoder, cache, progress),
        )

    def find(
        self,
        digest: str,
        tile: NDArray[np.uint8],
        vectors: Mapping[str, NDArray[np.float32]],
        own: int | None,
    ) -> SearchResult:
        """Return what one picture's search finds; its candidates' ids are rows of the index.

        Args:
            digest: SHA-256 of the file, hexadecimal.
            tile: Of the picture.
            vectors: By descriptor, V×D, of the picture and of its parts.
            own: Its row in the index, which is left out; None where it is not in the folder.

        Raises:
            NotSearchableError: The picture is blank, or the folder has too few others.
        """
        exclude = np.zeros(len(self._pool.tiles), dtype=np.bool_)
        if own is not None:
            exclude[own] = True
        eight = turned(tile)
        query = Query(
            tile=tile,
            digest=digest.encode("ascii"),
            bits={name: make(eight) for name, make in FINGERPRINTS.items()},
            vectors=vectors,
        )
        return search(
            query, self._pool, recipe=self._recipe, seed=self._seed(digest), exclude=exclude
        )

    def calibrate(self, progress: Progress | None) -> Mapping[str, Any] | None:
        """Return the folder's budget table as JSON; None where too few pictures differ.

        Each content counts once: copies of a file are no false alerts.
        """
        eligible = np.zeros(len(self._pool.tiles), dtype=np.bool_)
        eligible[np.unique(self._index.digests, return_index=True)[1]] = True
        if np.count_nonzero(eligible) < MIN_PICTURES:
            return None
        found = calibrate(
            self._recipe.encoder,
            self._pool,
            eligible,
            seed=_SEED,
            progress=_step(progress, "Counting false alerts"),
        )
        return found.table.to_json()

    def scan(
        self, table: Mapping[str, Any] | None, budget: float, progress: Progress | None
    ) -> Scan:
        """Return all pairs of the folder.

        Args:
            table: What `calibrate` returned.
            budget: False alerts per picture, > 0.
            progress: Is told of the pictures that are compared.
        """
        eight = [turned(tile) for tile in self._index.tiles]
        positions = {
            name: np.array([make(tiles) for tiles in eight], dtype=np.uint8)
            for name, make in FINGERPRINTS.items()
        }
        digests = self._index.digests
        return scan(
            self._pool,
            positions,
            ScanPlan(self._recipe, None if table is None else BudgetTable.from_json(table), budget),
            lambda place: self._seed(digests[place].decode()),
            progress=_step(progress, "Comparing pictures"),
        )

    def _seed(self, digest: str) -> int:
        return search_seed("", digest, self._recipe.name)


def train(index: Index, progress: Progress | None) -> bytes:
    """Return the weights of an encoder trained on the pictures of a folder, as safetensors.

    Raises:
        EncoderError: There are fewer than `MIN_PICTURES` different ones.
    """
    distinct = index.tiles[np.unique(index.digests, return_index=True)[1]]
    tiles = distinct[[tile.std(axis=(0, 1)).max() >= BLANK_DEVIATION for tile in distinct]]
    if len(tiles) < MIN_PICTURES:
        raise EncoderError(
            f"An encoder for a folder needs at least {MIN_PICTURES} different pictures, this one "
            f"has {len(tiles)}; search it with the encoder that comes with the package."
        )
    encoder = train_collection_encoder(
        tiles, seed=_SEED, start=starting_encoder(), progress=_step(progress, "Training")
    )
    return encoder.to_bytes()


def _encoded(
    index: Index, encoder: TileEncoder, cache: Cache, progress: Progress | None
) -> Encoded:
    """Return the tiles as the encoder sees them, and keep them by digest."""
    kept = cache.read_arrays(_ENCODED) or {}
    known: dict[bytes, NDArray[np.float16]] = {}
    if {"version", "digests", "vectors"} <= kept.keys() and str(kept["version"]) == encoder.version:
        known = dict(zip(kept["digests"].tolist(), kept["vectors"], strict=True))
    digests = index.digests.tolist()
    missing = [place for place, digest in enumerate(digests) if digest not in known]
    for start in range(0, len(missing), _CHUNK):
        chunk = missing[start : start + _CHUNK]
        encoded = encoder.encode(index.tiles[chunk]).astype(np.float16)
        known.update(zip((digests[place] for place in chunk), encoded, strict=True))
        if progress is not None:
            progress("Encoding", start + len(chunk), len(missing))
    rows = [known[digest] for digest in digests]
    vectors = np.array(rows, dtype=np.float16).reshape(-1, DIMENSIONS)
    if missing:
        version = np.array(encoder.version)
        cache.write_arrays(
            _ENCODED, {"version": version, "digests": index.digests, "vectors": vectors}
        )
    return Encoded(encoder.version, vectors)


def _step(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)
