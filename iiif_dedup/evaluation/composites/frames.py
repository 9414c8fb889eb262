"""Frames as museums hang them: mouldings of wood, gold, silver or paint, with or without a mat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.composites.textures import Levels, clouds

_MAT_CHANCE = 0.4
_FACING = np.array([1.0, -0.35, -0.9, 0.35], dtype=np.float32)
"""How much the rising flank of the top, right, bottom and left side faces the light above."""


@dataclass(frozen=True, slots=True)
class Style:
    """A kind of moulding.

    Attributes:
        colours: Of which one is taken, RGB.
        widths: Least and greatest width as a share of the picture's shorter side.
        steps: Least and greatest number of ridges.
        relief: How strongly its flanks answer to the light.
        grain: How much its colour varies along the side.
        ornament: Whether it is carved.
    """

    colours: tuple[tuple[int, int, int], ...]
    widths: tuple[float, float]
    steps: tuple[int, int]
    relief: float
    grain: float
    ornament: bool = False


STYLES = (
    Style(((176, 134, 62), (150, 112, 52)), (0.07, 0.16), (2, 5), 0.55, 0.10),
    Style(((170, 126, 56), (138, 104, 50)), (0.10, 0.20), (2, 4), 0.55, 0.14, ornament=True),
    Style(((74, 46, 30), (52, 34, 26), (96, 58, 34)), (0.05, 0.13), (1, 4), 0.4, 0.18),
    Style(((186, 144, 100), (206, 172, 130), (168, 124, 84)), (0.03, 0.08), (1, 2), 0.25, 0.12),
    Style(((28, 26, 26), (40, 36, 34)), (0.02, 0.08), (1, 3), 0.5, 0.05),
    Style(((226, 222, 214), (240, 238, 234)), (0.02, 0.06), (1, 2), 0.2, 0.03),
    Style(((150, 146, 138), (124, 120, 112)), (0.03, 0.09), (1, 4), 0.5, 0.07),
)
"""Gold, carved gold, dark wood, light wood, black, white and silver."""


@dataclass(frozen=True, slots=True)
class Hung:
    """A picture as it hangs, with what is around it.

    Attributes:
        pixels: All of it.
        left: Columns before the picture; so for the rows above it, `top`.
        top: See `left`.
        width: Of the picture itself; so for `height`.
        height: See `width`.
    """

    pixels: Levels
    left: int
    top: int
    width: int
    height: int


def unframed(picture: Levels) -> Hung:
    """Return a picture that hangs as it is."""
    height, width = picture.shape[:2]
    return Hung(picture, 0, 0, width, height)


def framed(picture: Levels, rng: np.random.Generator) -> Hung:
    """Return the picture in a frame of any style, some with a mat between."""
    height, width = picture.shape[:2]
    side = min(height, width)
    style = STYLES[rng.integers(len(STYLES))]
    band = max(4, round(side * rng.uniform(*style.widths)))
    mat = round(side * rng.uniform(0.06, 0.25)) if rng.random() < _MAT_CHANCE else 0
    inside = _mounted(picture, mat, rng) if mat else picture.copy()
    _shade_under_edge(inside, max(2, round(band * 0.25)))
    rows, columns = inside.shape[:2]
    pixels = moulding((rows + 2 * band, columns + 2 * band), band, style, rng)
    pixels[band : band + rows, band : band + columns] = inside
    return Hung(pixels, band + mat, band + mat, width, height)


def moulding(shape: tuple[int, int], band: int, style: Style, rng: np.random.Generator) -> Levels:
    """Return a mitred frame of that height and width; what is within the band means nothing."""
    height, width = shape
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    from_sides = np.stack([ys, width - 1 - xs, height - 1 - ys, xs])
    side = from_sides.argmin(axis=0)
    depth = np.minimum(from_sides.min(axis=0) / band, 1)
    along = np.where(side % 2 == 0, xs, ys)
    slope = _slope(depth, int(rng.integers(style.steps[0], style.steps[1] + 1)), rng)
    if style.ornament:
        waves = 2 * np.pi * along / (band * rng.uniform(0.35, 0.8))
        slope += 0.8 * np.sin(waves) * np.sin(np.pi * depth) ** 2 * np.cos(3 * np.pi * depth)
    fibres = clouds((band + 1, max(shape)), rng, (max(2, band // 3), max(shape) // 40))
    fibre = fibres[(depth * band).astype(np.intp), along.astype(np.intp)]
    light = 0.9 + style.relief * slope * _FACING[side] + style.grain * fibre
    colour = np.array(style.colours[rng.integers(len(style.colours))])
    colour = colour + rng.normal(0, 6) + rng.normal(0, 2, 3)
    return np.asarray(colour * light[..., np.newaxis], dtype=np.float32)


def _slope(depth: NDArray[np.float32], steps: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return how steeply the moulding rises inwards, −1 to 1, by the share of its width."""
    knots = np.sort(rng.uniform(0.05, 0.95, 2 * steps))
    rises = rng.uniform(0.2, 1.0, 2 * steps + 1) * np.where(np.arange(2 * steps + 1) % 2, -1, 1)
    table = rises[np.searchsorted(knots, np.linspace(0, 1, 64))]
    smooth = np.convolve(np.pad(table, 2, "edge"), np.ones(5) / 5, "valid")
    return np.interp(depth, np.linspace(0, 1, 64), smooth).astype(np.float32)


def _mounted(picture: Levels, mat: int, rng: np.random.Generator) -> Levels:
    """Return the picture in the window of an off-white mat with a bevelled edge."""
    height, width = picture.shape[:2]
    paper = rng.uniform(205, 244) + np.array([2.0, 0.0, rng.uniform(-16, 0)])
    page = np.empty((height + 2 * mat, width + 2 * mat, 3), dtype=np.float32)
    page[:] = paper
    bevel = max(1, mat // 18)
    hole = page[mat - bevel : mat + height + bevel, mat - bevel : mat + width + bevel]
    hole[:] = paper * 1.04
    hole[:bevel] = paper * 0.72
    hole[:, :bevel] = paper * 0.82
    page[mat : mat + height, mat : mat + width] = picture
    return page


def _shade_under_edge(inside: Levels, reach: int) -> None:
    """Darken what lies under the upper and left edge of the frame, in place."""
    ramp = np.linspace(0.5, 1, reach, dtype=np.float32)
    inside[:reach] *= ramp[:, np.newaxis, np.newaxis]
    inside[:, :reach] *= np.sqrt(ramp)[np.newaxis, :, np.newaxis]
