"""Walls that pictures hang on: paint, plaster, concrete, linen, wallpaper, boards, brick."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from iiif_dedup.evaluation.composites.frames import Hung
from iiif_dedup.evaluation.composites.textures import (
    Field,
    Levels,
    clouds,
    relief,
    resized,
    roughness,
)

Shape: TypeAlias = tuple[int, int]

_COLOURS = (
    (226, 222, 214),
    (208, 204, 198),
    (190, 188, 184),
    (214, 204, 184),
    (168, 166, 164),
    (108, 108, 112),
    (70, 74, 80),
    (122, 52, 46),
    (64, 84, 74),
    (60, 72, 104),
    (196, 184, 150),
)
_PALE = 5
"""How many of the colours, from the first, are what most galleries paint their walls."""


def wall(shape: Shape, rng: np.random.Generator) -> Levels:
    """Return a bare wall, evenly lit, of that height and width in pixels."""
    pale = rng.random() < 0.65
    chosen = rng.integers(_PALE) if pale else rng.integers(_PALE, len(_COLOURS))
    colour = np.array(_COLOURS[chosen]) + rng.normal(0, 7) + rng.normal(0, 2, 3)
    surface = _SURFACES[rng.choice(len(_SURFACES), p=_CHANCES)]
    return colour.astype(np.float32) * (1 + surface(shape, rng)[..., np.newaxis])


def lit_from_above(shape: Shape, rng: np.random.Generator) -> Field:
    """Return the light of a gallery's lamps on a wall: a pool, weaker towards the rim."""
    ys, xs = np.mgrid[0:1:64j, 0:1:64j].astype(np.float32)
    centre = rng.uniform(0.3, 0.7), rng.uniform(0.15, 0.6)
    reach = rng.uniform(0.45, 1.1, 2)
    far = np.hypot((xs - centre[0]) / reach[0], (ys - centre[1]) / reach[1])
    depth = rng.uniform(0.05, 0.45)
    return resized(1.05 - depth * np.minimum(far, 1.6) ** 2 / 1.6, shape)


def hang(onto: Levels, hung: Hung, left: int, top: int, rng: np.random.Generator) -> None:
    """Put a picture on a wall with the shadow it throws, in place.

    Args:
        onto: The wall.
        hung: The picture and its frame.
        left: Column of the wall where the frame begins; so for the row, `top`.
        top: See `left`.
        rng: What chance is drawn from.
    """
    height, width = hung.pixels.shape[:2]
    side = min(height, width)
    soft = side * rng.uniform(0.006, 0.03)
    across, down = side * rng.uniform(-0.02, 0.02), side * rng.uniform(0.005, 0.04)
    reach = round(0.15 * side)
    shadow = np.zeros((height + 2 * reach, width + 2 * reach), dtype=np.float32)
    y, x = round(reach + down), round(reach + across)
    shadow[y : y + height, x : x + width] = rng.uniform(0.3, 0.65)
    shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), soft), dtype=np.float32)
    y, x = top - reach, left - reach
    onto[y : y + shadow.shape[0], x : x + shadow.shape[1]] *= 1 - shadow[..., np.newaxis]
    onto[top : top + height, left : left + width] = hung.pixels


def _paint(shape: Shape, rng: np.random.Generator) -> Field:
    return 0.02 * roughness(shape, rng, 40) + 0.012 * relief(roughness(shape, rng, 3)) * 4


def _plaster(shape: Shape, rng: np.random.Generator) -> Field:
    bumps = clouds(shape, rng, (shape[0] // 5, shape[1] // 5))
    return 0.03 * roughness(shape, rng, 20) + rng.uniform(0.04, 0.12) * relief(bumps)


def _concrete(shape: Shape, rng: np.random.Generator) -> Field:
    stains = roughness(shape, rng, 6)
    pores = clouds(shape, rng, (shape[0] // 9, shape[1] // 9)) > 0.93
    return np.asarray(0.1 * stains - 0.2 * pores, dtype=np.float32)


def _linen(shape: Shape, rng: np.random.Generator) -> Field:
    ys, xs = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    thread = rng.uniform(4, 8)
    weave = np.sin(2 * np.pi * xs / thread) * np.sin(2 * np.pi * ys / thread)
    uneven = clouds(shape, rng, (shape[0] // 4, shape[1] // 40))
    return np.asarray(0.03 * weave + 0.04 * uneven, dtype=np.float32)


def _wallpaper(shape: Shape, rng: np.random.Generator) -> Field:
    size = int(rng.integers(60, 200))
    quarter = clouds((size, size), rng, (5, 5)) + 0.5 * clouds((size, size), rng, (11, 11))
    half = np.hstack([quarter, quarter[:, ::-1]])
    motif = np.tanh(8 * (half - np.median(half)))
    stripes = np.vstack([motif, np.roll(motif, size, axis=1)])
    again = (-(-shape[0] // stripes.shape[0]), -(-shape[1] // stripes.shape[1]))
    paper = np.tile(stripes, again)[: shape[0], : shape[1]]
    return np.asarray(rng.uniform(0.03, 0.12) * paper, dtype=np.float32)


def _boards(shape: Shape, rng: np.random.Generator) -> Field:
    board = int(rng.integers(70, 220))
    count = -(-shape[1] // board)
    tints = np.repeat(rng.uniform(-0.08, 0.08, count), board)[: shape[1]]
    grain = clouds(shape, rng, (max(2, shape[0] // 200), shape[1] // 4))
    joints = (np.arange(shape[1]) % board < 3) * 0.35
    return np.asarray(tints + 0.06 * grain - joints, dtype=np.float32)


def _brick(shape: Shape, rng: np.random.Generator) -> Field:
    course = int(rng.integers(36, 70))
    length = 3 * course
    rows, columns = -(-shape[0] // course), -(-shape[1] // length) + 1
    tints = rng.uniform(-0.12, 0.12, (rows, columns)).astype(np.float32)
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    row = ys // course
    shifted = xs + (row % 2) * (length // 2)
    joints = (ys % course < 4) | (shifted % length < 4)
    rough = relief(clouds(shape, rng, (shape[0] // 4, shape[1] // 4)))
    bricks = tints[row, shifted // length]
    return np.asarray(np.where(joints, 0.12, bricks) + 0.05 * rough, dtype=np.float32)


_SURFACES: tuple[Callable[[Shape, np.random.Generator], Field], ...] = (
    _paint,
    _plaster,
    _concrete,
    _linen,
    _wallpaper,
    _boards,
    _brick,
)
_CHANCES = (0.34, 0.2, 0.1, 0.1, 0.1, 0.08, 0.08)
