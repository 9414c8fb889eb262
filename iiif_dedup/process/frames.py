"""Rectangles that stand out in a photograph: paintings on a wall, a print on its mount.

A visitor photographs a painting with its frame and much wall, or two paintings at once. What
stands out from the wall's colour, or is enclosed by edges, and fills an upright rectangle, is
probably a thing of its own and worth looking for alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

MOST = 3
"""Most rectangles of one picture."""

_SIDE = 320
"""Pixels of the longer side that rectangles are looked for in."""
_COLOUR_WEIGHTS = np.array([0.6, 1.4, 1.4], dtype=np.float32)
"""Of L*, a*, b*: shadows on a wall change its lightness, seldom its hue."""
_LEAST_DIFFERENCE = 14
"""Levels, doubled, that always count as wall."""
_OTSU_SHARES = (0.5, 0.75, 1.0)
_CANNY = (20, 50)
_AREAS = 0.04, 0.92
"""Least and largest share of the picture's area."""
_LEAST_SIDE = 0.15
"""Of the picture's shorter side."""
_LEAST_FILLED = 0.85
"""Share of its rectangle that a shape must fill."""
_MOST_TURNED = 20
"""Degrees from upright."""
_SAME = 0.6
"""Two rectangles that overlap by this much of their union are one."""


class Box(NamedTuple):
    """An upright rectangle, as shares of the picture's width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


def find_frames(picture: NDArray[np.uint8]) -> list[Box]:
    """Return the rectangles that stand out in a picture, the fullest first, `MOST` at most.

    Args:
        picture: RGB, H×W×3.
    """
    height, width = picture.shape[:2]
    share = min(1.0, _SIDE / max(height, width))
    size = (max(8, round(width * share)), max(8, round(height * share)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    shapes = [shape for mask in _masks(small) for shape in _rectangles(mask)]
    found: list[Box] = []
    for _, box in sorted(shapes, key=lambda shape: -shape[0]):
        if len(found) < MOST and all(_common(box, other) < _SAME for other in found):
            found.append(box)
    return found


def cut(picture: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the part of a picture in a box, at least a pixel wide and high."""
    height, width = picture.shape[:2]
    left = min(int(box.left * width), width - 1)
    top = min(int(box.top * height), height - 1)
    right = max(left + 1, round(box.right * width))
    bottom = max(top + 1, round(box.bottom * height))
    return picture[top:bottom, left:right]


def _masks(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield what stands out, 0 or 1: from the colour of the borders, then within edges."""
    height, width = picture.shape[:2]
    colours = cv2.medianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), 5).astype(np.float32)
    ring = max(3, round(0.03 * min(height, width)))
    # A photograph's lower border is as often floor as wall.
    borders = (colours[:ring], colours[:, :ring], colours[:, -ring:])
    wall = np.median(np.concatenate([border.reshape(-1, 3) for border in borders]), axis=0)
    apart = np.linalg.norm((colours - wall) * _COLOUR_WEIGHTS, axis=2)
    levels = np.clip(2 * apart, 0, 255).astype(np.uint8)
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    for part in _OTSU_SHARES:
        yield (levels > max(otsu * part, _LEAST_DIFFERENCE)).astype(np.uint8)
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    for low in _CANNY:
        edges = cv2.dilate(cv2.Canny(grey, low, 2.5 * low), np.ones((3, 3)), iterations=2)
        yield (edges > 0).astype(np.uint8)


def _rectangles(mask: NDArray[np.uint8]) -> Iterator[tuple[float, Box]]:
    """Yield each shape that is nearly an upright rectangle, with the share of it that it fills."""
    height, width = mask.shape
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7)))
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, _contours(closed), -1, 1, thickness=-1)
    for shape in _contours(cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((9, 9)))):
        area = cv2.contourArea(shape)
        rectangle = cv2.minAreaRect(shape)
        sides = rectangle[1]
        turned = min(rectangle[2] % 90, 90 - rectangle[2] % 90)
        if (
            _AREAS[0] < area / (height * width) < _AREAS[1]
            and min(sides) >= _LEAST_SIDE * min(height, width)
            and area >= _LEAST_FILLED * sides[0] * sides[1]
            and turned <= _MOST_TURNED
        ):
            corners = cv2.boxPoints(rectangle) / np.array([width, height])
            low, high = np.clip(corners.min(axis=0), 0, 1), np.clip(corners.max(axis=0), 0, 1)
            yield area / (sides[0] * sides[1]), Box(*low.tolist(), *high.tolist())


def _contours(mask: cv2.typing.MatLike) -> list[cv2.typing.MatLike]:
    return list(cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0])


def _common(one: Box, other: Box) -> float:
    """Return the share of their union that two boxes have in common, 0 to 1."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    both = max(0.0, across) * max(0.0, down)
    union = _area(one) + _area(other) - both
    return both / union if union > 0 else 0.0


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)
