"""The HSV histogram of the whole picture: the classic of image search, a millisecond.

Unlike `colour` it counts the ground too, by which a museum's own photographs of one campaign are
known: the same backdrop, the same lamps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 128
_BINS = (12, 3, 3)
"""Of hue, saturation and value."""


class Palette:
    """Square roots of a histogram's bins; the product is the Bhattacharyya coefficient."""

    name = "palette"
    version = "palette/1"
    dimensions = 12 * 3 * 3

    def __init__(self, *, device: str = "auto") -> None:
        # Every descriptor is made with a device; this one computes on the CPU wherever it is.
        del device

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one vector for each picture; see `Descriptor`."""
        vectors = np.empty((len(pictures), self.dimensions), dtype=np.float32)
        for vector, picture in zip(vectors, pictures, strict=True):
            image = Image.fromarray(np.ascontiguousarray(picture))
            small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
            levels = np.asarray(small.convert("HSV"), dtype=np.int64)
            hue, saturation, value = (levels[..., i] * n // 256 for i, n in enumerate(_BINS))
            bins = (hue * _BINS[1] + saturation) * _BINS[2] + value
            vector[:] = np.sqrt(np.bincount(bins.ravel(), minlength=self.dimensions) / bins.size)
        return vectors
