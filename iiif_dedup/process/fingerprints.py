"""What is told from a tile alone: its perceptual hash, and whether it shows anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.types import BLANK_DEVIATION

HASH_SIDE = 8

_LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in grey (ITU-R BT.601), as in other implementations."""


def grey(tiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return RGB levels …×3 as grey levels, 0 to 255."""
    levels: NDArray[np.float64] = tiles @ _LUMA
    return levels


def phash(tile: NDArray[np.uint8]) -> str:
    """Return the 64-bit DCT hash of a tile: bits that differ count how unlike two pictures are.

    Each bit says whether one of the 8×8 lowest frequencies of the 32×32 grey tile lies above
    their median; the lowest frequency is the first bit, rows follow each other.

    Args:
        tile: RGB, 32×32×3.

    Returns:
        16 hexadecimal digits.
    """
    basis = _cosines(tile.shape[0])
    # Rounded, so that noise in the last place decides no bit of a flat picture.
    low = (basis @ grey(tile) @ basis.T).round(6)
    return np.packbits(low > np.median(low)).tobytes().hex()


def is_blank(tile: NDArray[np.uint8]) -> bool:
    """Tell whether a tile is of one colour: a placeholder, an empty page, a failed scan.

    Args:
        tile: RGB, 32×32×3.
    """
    return bool(tile.std(axis=(0, 1)).max() < BLANK_DEVIATION)


def _cosines(side: int) -> NDArray[np.float64]:
    """Return the first `HASH_SIDE` rows of the DCT-II matrix, `HASH_SIDE`×`side`."""
    frequency = np.arange(HASH_SIDE)[:, np.newaxis]
    place = np.arange(side)[np.newaxis, :]
    basis: NDArray[np.float64] = np.cos(np.pi * frequency * (2 * place + 1) / (2 * side))
    return basis
