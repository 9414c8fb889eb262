"""The tile: the whole picture as the Clone Encoder's input (the paper's section 4.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.types import TILE_SHAPE

PREPROCESSING = "tile32/1"
"""Name of what `decode` and `tile` do together; stored with every tile, raised when it changes."""


def tile(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the whole picture, sides not in proportion, averaged over areas to 32×32.

    Args:
        pixels: RGB, H×W×3.

    Returns:
        RGB, 32×32×3, contiguous.
    """
    shrunk = Image.fromarray(pixels).resize(TILE_SHAPE[:2], Image.Resampling.BOX)
    return np.array(shrunk)
