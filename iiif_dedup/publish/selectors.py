"""Where on a canvas a matched region lies: outline in the picture → canvas → `xywh`.

Media Fragments 1.0, section 4.2.2, in whole pixels of the canvas, since viewers read nothing else;
W3C Web Annotation, section 4.2.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from iiif_dedup.publish.presentation import Node
from iiif_dedup.types import ImageView, Point

_SAME_PROPORTIONS = 0.05
"""Share by which width to height may differ between a picture and its canvas."""
_ALL = 0.98
"""Share of a canvas from which on a region says no more than the canvas."""


def region_selector(outline: Sequence[Point], image: ImageView) -> Node | None:
    """Return the selector of a region's box, or None where the canvas alone is to be named.

    That is where the canvas's size is not known, where the picture does not fill it (it was turned
    by its EXIF orientation, or is one of several), and where the region is nearly all of it.

    Args:
        outline: Corners in the picture, as shares of its width and height.
        image: The picture.
    """
    if not (image.canvas_width and image.canvas_height and _fills(image)):
        return None
    xs, ys = zip(*outline, strict=True)
    left, right = _clipped(min(xs)), _clipped(max(xs))
    top, bottom = _clipped(min(ys)), _clipped(max(ys))
    if (right - left) * (bottom - top) >= _ALL:
        return None
    x, y = math.floor(left * image.canvas_width), math.floor(top * image.canvas_height)
    width = min(image.canvas_width, math.ceil(right * image.canvas_width)) - x
    height = min(image.canvas_height, math.ceil(bottom * image.canvas_height)) - y
    if min(width, height) < 1:
        return None
    return {
        "type": "FragmentSelector",
        "conformsTo": "http://www.w3.org/TR/media-frags/",
        "value": f"xywh={x},{y},{width},{height}",
    }


def _fills(image: ImageView) -> bool:
    if not (image.canvas_width and image.canvas_height):
        return False
    if not (image.pixel_width and image.pixel_height):
        return False
    canvas = image.canvas_width / image.canvas_height
    return abs(image.pixel_width / image.pixel_height / canvas - 1) <= _SAME_PROPORTIONS


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))
