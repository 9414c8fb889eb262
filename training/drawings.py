"""Drawn profile drawings of pots, as excavations publish them: ink on white paper.

Nobody's pots: rims, walls and feet are random curves. They teach the starting encoder that on
paper the lines count, and stand for the drawings that no photograph data set holds.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIZE = 256
_POINTS = 7
_LINE = "black"


def profile_drawing(seed: int) -> NDArray[np.uint8]:
    """Return one drawing, RGB 256×256×3: section at the left, outside at the right.

    The same seed gives the same drawing.
    """
    rng = np.random.default_rng(seed)
    page = Image.new("RGB", (SIZE, SIZE), "white")
    draw = ImageDraw.Draw(page)
    half, top, bottom = rng.uniform(40, 105), rng.uniform(20, 90), rng.uniform(150, 236)
    heights = np.linspace(top, bottom, _POINTS)
    radii = half * np.clip(np.cumsum(rng.normal(0, 0.16, _POINTS)) + 0.8, 0.15, 1.1)
    height = np.linspace(top, bottom, 60)
    radius = np.interp(height, heights, _smooth(radii))
    middle, width = SIZE / 2, int(rng.integers(1, 4))
    right = _curve(middle + radius, height)
    left = _curve(middle - radius, height)
    wall = _curve(middle - radius + rng.uniform(3, 12), height)
    if rng.random() < 0.6:
        draw.polygon(left + wall[::-1], fill=_LINE if rng.random() < 0.6 else (200, 200, 200))
    for line in (left, wall, right):
        draw.line(line, fill=_LINE, width=width)
    for first, last in ((left[0], right[0]), (left[-1], right[-1])):
        draw.line([first, last], fill=_LINE, width=width)
    draw.line([(middle, top), (middle, bottom)], fill=_LINE, width=1)
    for _ in range(rng.integers(0, 5)):
        _band(draw, rng, middle, height, radius)
    if rng.random() < 0.4:
        _handle(draw, rng, right, width)
    if rng.random() < 0.5:
        draw.line([(30, 246), (30 + int(rng.integers(30, 120)), 246)], fill=_LINE, width=3)
    return np.asarray(page)


def _curve(xs: NDArray[np.float64], ys: NDArray[np.float64]) -> list[tuple[float, float]]:
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(values, 1, mode="edge")
    return (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4


def _band(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    middle: float,
    height: NDArray[np.float64],
    radius: NDArray[np.float64],
) -> None:
    """Draw one band of ornament on the outside: lines, zigzag, cross-hatching or solid."""
    first = int(rng.integers(2, 50))
    last = min(first + int(rng.integers(2, 12)), len(height) - 1)
    reach = float(radius[first])
    up, down = float(height[first]), float(height[last])
    kind = rng.integers(0, 4)
    if kind == 0:
        draw.rectangle([middle, up, middle + reach, down], fill=_LINE)
        return
    draw.line([(middle, up), (middle + reach, up)], fill=_LINE, width=1)
    draw.line([(middle, down), (middle + reach, down)], fill=_LINE, width=1)
    steps = int(rng.integers(4, 16))
    xs = np.linspace(middle, middle + reach, steps)
    if kind == 1:
        ys = np.where(np.arange(steps) % 2, up, down)
        draw.line(_curve(xs, ys), fill=_LINE, width=1)
    elif kind == 2:
        for x, after in itertools.pairwise(xs.tolist()):
            draw.line([(x, up), (after, down)], fill=_LINE, width=1)
            draw.line([(x, down), (after, up)], fill=_LINE, width=1)


def _handle(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    outside: list[tuple[float, float]],
    width: int,
) -> None:
    x, y = outside[int(rng.integers(5, 40))]
    reach, drop = rng.uniform(10, 35), rng.uniform(15, 60)
    for inset in (0, rng.uniform(4, 8)):
        box = [x - reach + inset, y + inset, x + reach - inset, y + drop - inset]
        if box[2] > box[0] and box[3] > box[1]:
            draw.arc(box, -90, 90, fill=_LINE, width=width)
