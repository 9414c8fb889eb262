"""Plain descriptions of pictures as unit vectors: what any search must beat, and fingerprints.

All of them are compared by the cosine, so that one product compares every query with a whole
pool: with bits as ±1 the cosine counts equal bits (1 − 2·Hamming/D), with centred levels it is
Pearson's correlation, with square roots of a histogram it is the Bhattacharyya coefficient.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.process.fingerprints import grey, phash

HSV_BINS = (16, 4, 4)
"""Hue, saturation, value."""
_HSV_SIDE = 128
_BLOCKS = 16


def phash_vectors(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the 64 bits of each tile's perceptual hash as ±1/8, N×64.

    Args:
        tiles: RGB, N×32×32×3.
    """
    hashes = bytes.fromhex("".join(phash(tile) for tile in tiles))
    bits = np.unpackbits(np.frombuffer(hashes, dtype=np.uint8)).reshape(len(tiles), -1)
    return _signs(bits != 0)


def block_mean_vectors(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the 256-bit block mean hash of each tile as ±1/16, N×256.

    A bit says whether one of 16×16 blocks is at least as bright as the median block (Yang, Gu
    and Niu, *Block mean value based image perceptual hashing*, 2006).

    Args:
        tiles: RGB, N×32×32×3.
    """
    count, side = len(tiles), tiles.shape[1] // _BLOCKS
    blocks = grey(tiles).reshape(count, _BLOCKS, side, _BLOCKS, side).mean(axis=(2, 4)).round(6)
    levels = blocks.reshape(count, -1)
    return _signs(levels >= np.median(levels, axis=1, keepdims=True))


def correlation_vectors(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return each tile's levels of all channels, centred, of length 1, N×3072.

    A tile of one level is all zeros: it correlates with nothing.

    Args:
        tiles: RGB, N×32×32×3.
    """
    levels = tiles.reshape(len(tiles), -1).astype(np.float64)
    return _units(levels - levels.mean(axis=1, keepdims=True))


def hsv_vectors(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return the square roots of each picture's HSV histogram, N×256.

    Args:
        pictures: RGB, each H×W×3 of any size.
    """
    return np.stack([_hsv(picture) for picture in pictures])


def turned(tiles: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the tiles in the eight positions of a square: turned by 90° and mirrored.

    Args:
        tiles: RGB, N×32×32×3.

    Returns:
        Eight arrays of that shape, the tiles themselves first.
    """
    return [
        np.rot90(side, quarter, axes=(1, 2))
        for side in (tiles, tiles[:, :, ::-1])
        for quarter in range(4)
    ]


def _hsv(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = Image.fromarray(picture).resize((_HSV_SIDE, _HSV_SIDE), Image.Resampling.BOX)
    levels = np.asarray(small.convert("HSV")).reshape(-1, 3).astype(np.int64)
    hue, saturation, value = (levels * HSV_BINS // 256).T
    bins = (hue * HSV_BINS[1] + saturation) * HSV_BINS[2] + value
    counts = np.bincount(bins, minlength=int(np.prod(HSV_BINS)))
    roots: NDArray[np.float32] = np.sqrt(counts / counts.sum()).astype(np.float32)
    return roots


def _signs(bits: NDArray[np.bool_]) -> NDArray[np.float32]:
    length = 1 / np.sqrt(bits.shape[1])
    signs: NDArray[np.float32] = np.where(bits, length, -length).astype(np.float32)
    return signs


def _units(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.divide(vectors, lengths, where=lengths > 0, out=np.zeros_like(vectors))
    return np.asarray(units, dtype=np.float32)
