"""Plain descriptions of pictures as unit vectors, which any search must beat.

They are compared by the cosine, so that one product compares every query with a whole pool: of
centred levels it is Pearson's correlation, of square roots of a histogram the Bhattacharyya
coefficient.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HSV_BINS = (16, 4, 4)
"""Hue, saturation, value."""
_HSV_SIDE = 128


def correlation_vectors(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return each tile's levels of all channels, centred, of length 1, N×3072.

    A tile of one level is all zeros: it correlates with nothing.

    Args:
        tiles: RGB, N×32×32×3.
    """
    levels = tiles.reshape(len(tiles), -1).astype(np.float32)
    return _units(levels - levels.mean(axis=1, keepdims=True))


def hsv_vectors(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return the square roots of each picture's HSV histogram, N×256.

    Args:
        pictures: RGB, each H×W×3 of any size.
    """
    return np.stack([_hsv(picture) for picture in pictures])


def _hsv(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = Image.fromarray(picture).resize((_HSV_SIDE, _HSV_SIDE), Image.Resampling.BOX)
    levels = np.asarray(small.convert("HSV")).reshape(-1, 3).astype(np.int64)
    hue, saturation, value = (levels * HSV_BINS // 256).T
    bins = (hue * HSV_BINS[1] + saturation) * HSV_BINS[2] + value
    counts = np.bincount(bins, minlength=int(np.prod(HSV_BINS)))
    roots: NDArray[np.float32] = np.sqrt(counts / counts.sum()).astype(np.float32)
    return roots


def _units(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float32] = np.zeros_like(vectors)
    np.divide(vectors, lengths, where=lengths > 0, out=units)
    return units
