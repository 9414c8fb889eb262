"""Drawn pictures that are easily told apart."""

from __future__ import annotations

import numpy as np
from PIL import Image

COUNT = 10


def drawn(number: int, width: int = 120, height: int = 90) -> Image.Image:
    """Return a picture of coloured patches on a gradient, another one for each number."""
    rng = np.random.default_rng(number)
    patches = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return patches.resize((width, height), Image.Resampling.BICUBIC)
