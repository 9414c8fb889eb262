"""Whether two files show the same picture, or the partner has put another one in its place.

Partners' servers encode the same picture anew: with another quality, other metadata, a side that
is a pixel longer. That changes every byte, and no pixel by much once some of them are averaged.
An edit changes some place by much: a crop shifts all edges, a retouch or another label one spot.
So both are brought to one small size, and the place that differs most decides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 128
"""Pixels of the longer side on which two pictures are compared."""
BLOCK = 8
"""Pixels of the side of a place."""
TOLERANCE = 4.0
"""Levels of 256 by which a place of the same picture may differ on average.

On 40 paintings, photographs and drawings, JPEGs of quality 60 to 95 and sides a pixel longer or
shorter gave 3.2 at most; a crop of 3 % gave 24 at least, a new label 12.
"""
TILE_TOLERANCE = 6.0
"""The same for four pixels of two tiles of 32×32."""
ASPECT_TOLERANCE = 0.015
"""Part by which the proportions of the same picture may differ, for rounded sides."""


def differs_materially(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Tell whether two pictures are not the same one.

    Args:
        before: RGB, H×W×3, at least 8 pixels on a side.
        after: Likewise, of any size.
    """
    (height, width), (new_height, new_width) = before.shape[:2], after.shape[:2]
    ratio = (width * new_height) / (height * new_width)
    slack = ASPECT_TOLERANCE + 1 / min(height, width, new_height, new_width)
    if abs(ratio - 1) > slack:
        return True
    return largest_difference(before, after) > TOLERANCE


def tiles_differ(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Tell the same from two tiles, which is all there is where no derivative is kept.

    It is less sure, as what is cut off as a plain ground may change with the quality of a JPEG:
    then the same picture is taken for another one, which costs a search.

    Args:
        before: RGB, 32×32×3.
        after: Likewise.
    """
    difference = np.abs(before.astype(np.int16) - after).mean(axis=2)
    return bool(_means(difference, 2).max() > TILE_TOLERANCE)


def largest_difference(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Return the levels by which two pictures differ on average at the place that differs most."""
    height, width = before.shape[:2]
    scale = min(1.0, SIDE / max(height, width, *after.shape[:2]))
    # Of whole places, so that the rim counts.
    size = (_whole(width * scale), _whole(height * scale))
    one, other = (
        np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR), dtype=np.int16)
        for pixels in (before, after)
    )
    return float(_means(np.abs(one - other).mean(axis=2), BLOCK).max())


def _whole(side: float) -> int:
    return BLOCK * max(1, round(side / BLOCK))


def _means(values: NDArray[np.float64], block: int) -> NDArray[np.float64]:
    """Return the means of the blocks of H×W values, of which there are whole ones only."""
    rows, columns = (side // block for side in values.shape)
    means: NDArray[np.float64] = values.reshape(rows, block, columns, block).mean(axis=(1, 3))
    return means
