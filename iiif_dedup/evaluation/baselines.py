"""What any clone search must beat: a 64-bit perceptual hash and plain pixel correlation.

Smaller is nearer, as with a recipe's norm.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.process.fingerprints import grey


def phash_distances(anchor: str, pool: Sequence[str]) -> NDArray[np.int64]:
    """Return the Hamming distance, 0 to 64, of each hash to the anchor's.

    Args:
        anchor: As `iiif_dedup.process.fingerprints.phash` returns it.
        pool: The same, N.
    """
    bits = _bits(pool) != _bits([anchor])
    return np.asarray(np.count_nonzero(bits, axis=1), dtype=np.int64)


def correlation_distances(
    anchor: NDArray[np.uint8], pool: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return 1 − Pearson's correlation of each tile's grey pixels with the anchor's, 0 to 2.

    A tile of one level correlates with nothing: distance 1.

    Args:
        anchor: RGB, 32×32×3.
        pool: RGB, N×32×32×3.
    """
    ours = _centred(anchor[np.newaxis])[0]
    theirs = _centred(pool)
    lengths = np.linalg.norm(ours) * np.linalg.norm(theirs, axis=1)
    products: NDArray[np.float64] = theirs @ ours
    distances = np.ones_like(products)
    np.divide(lengths - products, lengths, out=distances, where=lengths > 0)
    return distances


def _bits(hashes: Sequence[str]) -> NDArray[np.uint8]:
    raw = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8)
    return np.unpackbits(raw.reshape(len(hashes), -1), axis=1)


def _centred(tiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    # Rounded, so that what differs in the last place only is of one level.
    levels = grey(tiles).round(6).reshape(len(tiles), -1)
    levels -= levels.mean(axis=1, keepdims=True)
    return levels
