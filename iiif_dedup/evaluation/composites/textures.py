"""Surfaces of soft chance, from which walls and frames are made."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Levels: TypeAlias = NDArray[np.float32]
"""A picture while it is worked on: RGB H×W×3, 0 to 255, which sums may leave."""
Field: TypeAlias = NDArray[np.float32]
"""One number for each pixel, H×W."""


def clouds(shape: tuple[int, int], rng: np.random.Generator, cells: tuple[int, int]) -> Field:
    """Return soft noise, about −1 to 1.

    Args:
        shape: Height and width in pixels.
        rng: What chance is drawn from.
        cells: Independent values down and across.
    """
    grid = rng.uniform(-1, 1, (max(2, cells[0]), max(2, cells[1]))).astype(np.float32)
    return resized(grid, shape, cv2.INTER_CUBIC)


def roughness(shape: tuple[int, int], rng: np.random.Generator, finest: float) -> Field:
    """Return noise of all sizes, about −1 to 1, down to a `finest` number of pixels."""
    total = np.zeros(shape, dtype=np.float32)
    weight, size = 1.0, max(shape) / 2
    while size >= finest:
        cells = (round(shape[0] / size), round(shape[1] / size))
        total += weight * clouds(shape, rng, cells)
        weight, size = weight * 0.6, size / 3
    return total * 0.6


def resized(values: Field | Levels, shape: tuple[int, int], how: int | None = None) -> Levels:
    """Return pixels of another height and width; averaged where they get fewer."""
    if how is None:
        how = cv2.INTER_AREA if shape[0] < values.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(values, (shape[1], shape[0]), interpolation=how), np.float32)


def relief(heights: Field) -> Field:
    """Return how much each place faces a light above on the left, from heights in pixels."""
    facing = np.zeros_like(heights)
    facing[1:, 1:] = heights[1:, 1:] - 0.7 * heights[:-1, 1:] - 0.3 * heights[1:, :-1]
    return facing
