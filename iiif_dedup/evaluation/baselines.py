"""What any clone search must beat: a 64-bit perceptual hash and plain pixel correlation.

Both compare grey pictures of 32×32; `grey` makes them from RGB tiles. Smaller is nearer, as
with a recipe's norm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 32
_HASH_SIDE = 8
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of R, G and B in grey (ITU-R BT.601), as in Pillow's mode L."""


def grey(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return RGB levels …×32×32×3 as grey levels …×32×32, 0 to 255."""
    if tiles.shape[-3:] != (SIDE, SIDE, 3):
        raise ValueError(f"tiles must be of shape (…, 32, 32, 3), got {tiles.shape}")
    levels: NDArray[np.float32] = tiles.astype(np.float32) @ _LUMA
    return levels


def phash_distances(anchor: NDArray[np.float32], pool: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the Hamming distance, 0 to 64, of each picture's hash to the anchor's.

    Args:
        anchor: Grey, 32×32.
        pool: Grey, N×32×32.
    """
    different = phash_bits(pool) != phash_bits(anchor[np.newaxis])
    return np.asarray(np.count_nonzero(different, axis=1), dtype=np.int64)


def phash_bits(pictures: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the 64 bits of each picture's hash, N×64.

    The lowest 8×8 frequencies of the DCT-II of the whole picture, each compared with their
    median: the common pHash.

    Args:
        pictures: Grey, N×32×32.
    """
    _check(pictures, "pictures")
    basis = _dct_basis()
    low = basis @ pictures.astype(np.float64) @ basis.T
    flat = low.reshape(len(low), -1)
    bits: NDArray[np.bool_] = flat > np.median(flat, axis=1, keepdims=True)
    return bits


def correlation_distances(
    anchor: NDArray[np.float32], pool: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return 1 − Pearson's correlation of each picture's pixels with the anchor's, 0 to 2.

    A picture of one level correlates with nothing: distance 1.

    Args:
        anchor: Grey, 32×32.
        pool: Grey, N×32×32.
    """
    ours = _centred(anchor[np.newaxis], "anchor").reshape(-1)
    theirs = _centred(pool, "pool").reshape(len(pool), -1)
    lengths = np.linalg.norm(ours) * np.linalg.norm(theirs, axis=1)
    products: NDArray[np.float64] = theirs @ ours
    distances = np.ones_like(products)
    np.divide(lengths - products, lengths, out=distances, where=lengths > 0)
    return distances


def _check(pictures: NDArray[np.float32], name: str) -> None:
    if pictures.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"{name} must be grey pictures of 32×32, got shape {pictures.shape}")


def _centred(pictures: NDArray[np.float32], name: str) -> NDArray[np.float64]:
    _check(pictures, name)
    levels = pictures.astype(np.float64)
    levels -= levels.mean(axis=(1, 2), keepdims=True)
    return levels


def _dct_basis() -> NDArray[np.float64]:
    """The lowest 8 of 32 DCT-II basis vectors, 8×32."""
    frequency = np.arange(_HASH_SIDE)[:, np.newaxis]
    position = np.arange(SIDE)[np.newaxis] + 0.5
    return np.asarray(np.cos(np.pi * frequency * position / SIDE), dtype=np.float64)
