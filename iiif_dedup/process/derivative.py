"""The derivative: a small JPEG of a picture, kept to be compared and shown later."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

QUALITY = 85
"""Of the JPEG; 768 pixels take about 100 kB."""


def derivative(pixels: NDArray[np.uint8], size: int) -> bytes:
    """Return a JPEG file of a picture, without any metadata.

    Args:
        pixels: RGB, H×W×3.
        size: Most pixels of the longer side; smaller pictures keep their size.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    body = io.BytesIO()
    image.save(body, "JPEG", quality=QUALITY)
    return body.getvalue()
