"""Pictures with something to recognise in them, made without any file."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def textured(seed: int, width: int = 400, height: int = 300) -> NDArray[np.uint8]:
    """Return a picture of many shapes, as a painting has."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), rng.integers(60, 200, 3), dtype=np.uint8)
    for _ in range(120):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(4, 40)), int(rng.integers(4, 40)))
        colour = tuple(map(int, rng.integers(0, 256, 3)))
        cv2.ellipse(picture, centre, axes, float(rng.integers(180)), 0, 360, colour, -1)
    return np.asarray(cv2.GaussianBlur(picture, (3, 3), 0), dtype=np.uint8)


def on_a_wall(
    picture: NDArray[np.uint8], left: int, top: int, width: int = 900, height: int = 700
) -> NDArray[np.uint8]:
    """Return a photograph of a grey wall on which the picture hangs."""
    wall = np.full((height, width, 3), 170, dtype=np.uint8)
    wall[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return wall
