"""A picture as descriptors see it: small enough to be kept while others are read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

REDUCED_SIDE = 512
"""Longest side in pixels; no descriptor looks at more of them."""


def reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture averaged over areas until its longest side is `REDUCED_SIDE`.

    Args:
        pixels: RGB, H×W×3; a picture that is no larger is returned as it is.

    Returns:
        RGB, in the same proportions, at least 1 pixel on a side.
    """
    if max(pixels.shape[:2]) <= REDUCED_SIDE:
        return pixels
    image = Image.fromarray(pixels)
    image.thumbnail((REDUCED_SIDE, REDUCED_SIDE), Image.Resampling.BOX)
    return np.asarray(image)
