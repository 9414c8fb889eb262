"""What is told from tiles alone: perceptual hashes, and whether they show anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.types import BLANK_DEVIATION

HASH_SIDE = 8
BLOCKS = 16

_LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in grey (ITU-R BT.601), as in other implementations."""


def grey(tiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return RGB levels …×3 as grey levels, 0 to 255."""
    levels: NDArray[np.float64] = tiles @ _LUMA
    return levels


def phash(tile: NDArray[np.uint8]) -> str:
    """Return the hash of one tile by `phash_bits`, as 16 hexadecimal digits.

    Args:
        tile: RGB, 32×32×3.
    """
    return phash_bits(tile[np.newaxis]).tobytes().hex()


def phash_bits(tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the 64-bit DCT hash of each tile: bits that differ count how unlike two are.

    Each bit says whether one of the 8×8 lowest frequencies of the 32×32 grey tile lies above
    their median; the lowest frequency is the first bit, rows follow each other.

    Args:
        tiles: RGB, N×32×32×3.

    Returns:
        N×8, eight bits to a byte, the first one highest.
    """
    basis = _cosines(tiles.shape[1])
    # Rounded, so that noise in the last place decides no bit of a flat picture.
    low = (basis @ grey(tiles) @ basis.T).round(6).reshape(len(tiles), HASH_SIDE**2)
    return np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)


def block_mean_bits(tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the 256-bit block mean hash of each tile.

    A bit says whether one of 16×16 blocks is at least as bright as their median (Yang, Gu and
    Niu, *Block mean value based image perceptual hashing*, 2006, method 1).

    Args:
        tiles: RGB, N×32×32×3.

    Returns:
        N×32, eight bits to a byte, row by row of the blocks.
    """
    count, side = len(tiles), tiles.shape[1] // BLOCKS
    blocks = grey(tiles).reshape(count, BLOCKS, side, BLOCKS, side).mean(axis=(2, 4)).round(6)
    levels = blocks.reshape(count, BLOCKS**2)
    return np.packbits(levels >= np.median(levels, axis=1, keepdims=True), axis=1)


def turned(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a tile in the eight positions of a square: turned by 90° and mirrored, itself first.

    Args:
        tile: RGB, 32×32×3.

    Returns:
        8×32×32×3.
    """
    sides = (tile, tile[:, ::-1])
    return np.stack([np.rot90(side, quarter) for side in sides for quarter in range(4)])


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


FINGERPRINTS: Mapping[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "phash": phash_bits,
    "block_mean": block_mean_bits,
}
"""What makes the bits of tiles, by the name of the generator that compares them."""
