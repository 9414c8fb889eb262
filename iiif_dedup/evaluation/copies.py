"""Copies of picture files as they go round: what was done to them, and where the picture is.

What is fitted on these is quoted with no figure for the pictures that it saw.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evaluation.transforms import TRANSFORMS, Pixels, Transform
from iiif_dedup.types import Point

_DEGREES = 5


def rotated(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the whole picture turned by 5° against the clock, on a page of any grey."""
    level = int(rng.integers(256))
    turned = Image.fromarray(picture).rotate(
        _DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=(level, level, level)
    )
    return np.array(turned)


def padded(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the picture between two bars that double its shorter side, black, grey or white."""
    height, width = picture.shape[:2]
    high, wide = (2 * height, width) if width >= height else (height, 2 * width)
    page = np.full((high, wide, 3), rng.choice([0, 128, 255]), dtype=np.uint8)
    top, left = (high - height) // 2, (wide - width) // 2
    page[top : top + height, left : left + width] = picture
    return page


COPIES: Mapping[str, Transform] = {
    "rotated_5": rotated,
    "padded": padded,
    **{
        name: TRANSFORMS[name]
        for name in (
            "turned_90",
            "crop_20",
            "crop_40",
            "mirrored",
            "caption_bar",
            "jpeg_20",
            "grey",
            "gamma",
        )
    },
}
"""By name; each takes and returns a picture as `iiif_dedup.evaluation.transforms` says."""
VERSION = "1"
"""Raised when any of them changes."""


def outline_in_copy(
    name: str, before: tuple[int, int], after: tuple[int, int]
) -> tuple[Point, Point, Point, Point]:
    """Return the corners of the part of a copy that shows the picture, with the clock.

    Args:
        name: One of `COPIES`.
        before: Height and width of the picture.
        after: Height and width of the copy.
    """
    size = np.array(after[::-1], dtype=np.float64)
    shown = size if name not in ("rotated_5", "padded", "caption_bar") else np.array(before[::-1])
    centre = shown / 2 if name == "caption_bar" else size / 2
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * shown / 2
    if name == "rotated_5":
        angle = np.radians(_DEGREES)
        corners = corners @ np.array(
            [(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))]
        )
    a, b, c, d = (_point(corner) for corner in (centre + corners) / size)
    return a, b, c, d


def _point(place: NDArray[np.float64]) -> Point:
    return float(place[0]), float(place[1])
