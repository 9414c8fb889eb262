"""What time has done to a vessel's wall: chips, scratches, cracks, restored losses."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw

from demo.vessels.pen import CHIP, CRACK, PLASTER


def damage(draw: ImageDraw.ImageDraw, size: tuple[int, int], rng: np.random.Generator) -> None:
    """Draw damage at random places of an unrolled wall of `size` pixels."""
    if rng.random() < 0.3:
        _patch(draw, _place(size, rng), PLASTER, float(rng.uniform(60, 150)), rng)
    for _ in range(int(rng.integers(3, 16))):
        _patch(draw, _place(size, rng), CHIP, float(rng.uniform(3, 22)), rng)
    for _ in range(int(rng.integers(0, 4))):
        _crack(draw, _place(size, rng), rng)
    for _ in range(int(rng.integers(0, 14))):
        x, y = _place(size, rng)
        dx, dy = rng.normal(0, 50, 2)
        draw.line([(x, y), (x + dx, y + dy)], fill=CHIP, width=1)


def _place(size: tuple[int, int], rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(0, size[0])), float(rng.uniform(0, size[1]))


def _patch(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    ink: int,
    size: float,
    rng: np.random.Generator,
) -> None:
    angles = np.sort(rng.uniform(0, 2 * np.pi, 11))
    reach = size * rng.uniform(0.5, 1.2, 11)
    points = np.stack([reach * np.cos(angles), reach * np.sin(angles)], axis=1)
    draw.polygon((points + place).ravel().tolist(), fill=ink)


def _crack(draw: ImageDraw.ImageDraw, place: tuple[float, float], rng: np.random.Generator) -> None:
    steps = int(rng.integers(10, 26))
    turns = float(rng.uniform(0, 2 * np.pi)) + np.cumsum(rng.normal(0, 0.35, steps))
    path = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], axis=1) * 24, axis=0)
    draw.line((path + place).ravel().tolist(), fill=CRACK, width=int(rng.integers(2, 5)))
