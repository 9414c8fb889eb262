"""Ornament bands that run around a vessel: meander, tongues, rays, ivy, palmettes and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from demo.vessels.pen import Pen

DrawCell = Callable[[Pen, int, int, int], None]


class Ornament(NamedTuple):
    """A repeated cell one unit high.

    Attributes:
        width: Width of one cell in heights.
        draw: Draws cell number k with its left edge at x = 0: (pen, k, ink, ground).
    """

    width: float
    draw: DrawCell


def _meander(pen: Pen, number: int, ink: int, ground: int) -> None:
    del number, ground
    w = 0.11
    path = [
        (0.0, 0.1),
        (1.0, 0.1),
        (1.0, 0.88),
        (0.28, 0.88),
        (0.28, 0.38),
        (0.64, 0.38),
        (0.64, 0.64),
    ]
    for (x0, y0), (x1, y1) in pairwise(path):
        left, right = min(x0, x1) - w / 2, max(x0, x1) + w / 2
        low, high = min(y0, y1) - w / 2, max(y0, y1) + w / 2
        pen.polygon([(left, low), (right, low), (right, high), (left, high)], ink)


def _tongues(pen: Pen, number: int, ink: int, ground: int) -> None:
    pen.limb([(0.2, 0.95), (0.2, 0.2)], [0.34, 0.34], ink)
    if number % 2:
        pen.limb([(0.2, 0.9), (0.2, 0.25)], [0.2, 0.2], ground)
        pen.limb([(0.2, 0.85), (0.2, 0.3)], [0.09, 0.09], ink)


def _rays(pen: Pen, number: int, ink: int, ground: int) -> None:
    del number, ground
    pen.polygon([(0.03, 0.0), (0.37, 0.0), (0.2, 1.0)], ink)


def _ivy(pen: Pen, number: int, ink: int, ground: int) -> None:
    del ground
    pen.line([(0.0, 0.5), (0.35, 0.56), (0.7, 0.5)], ink, 0.08)
    y, tilt = (0.8, 25.0) if number % 2 else (0.2, -25.0)
    pen.line([(0.1, 0.5), (0.3, (0.5 + y) / 2)], ink, 0.06)
    for dx, dy in ((-0.08, 0.06), (-0.08, -0.06), (0.08, 0.0)):
        pen.blob(0.38 + dx, y + dy, 0.16, 0.11, ink, angle=tilt)


def _laurel(pen: Pen, number: int, ink: int, ground: int) -> None:
    del number, ground
    pen.line([(0.0, 0.5), (0.5, 0.5)], ink, 0.05)
    for y, angle in ((0.72, 35.0), (0.28, -35.0)):
        pen.blob(0.26, y, 0.3, 0.085, ink, angle=angle)


def _palmette(pen: Pen, number: int, ink: int, ground: int) -> None:
    up = 1.0 if number % 2 else -1.0
    base = 0.5 - 0.34 * up
    for angle in np.linspace(-72, 72, 7):
        t = np.deg2rad(angle)
        reach = 0.62 - 0.002 * abs(angle)
        tip = (0.5 + reach * np.sin(t) * 0.72, base + up * reach * np.cos(t))
        pen.limb(
            [(0.5, base), ((0.5 + tip[0]) / 2, (base + tip[1]) / 2), tip], [0.04, 0.07, 0.12], ink
        )
    pen.blob(0.5, base, 0.1, 0.09, ink)
    pen.blob(0.5, base, 0.04, 0.035, ground)
    pen.line([(0.0, base), (0.12, 0.5), (0.0, 1 - base)], ink, 0.05)
    pen.line([(1.0, base), (0.88, 0.5), (1.0, 1 - base)], ink, 0.05)


def _lotus(pen: Pen, number: int, ink: int, ground: int) -> None:
    del ground
    if number % 2:
        pen.limb([(0.35, 0.08), (0.35, 0.5), (0.35, 0.95)], [0.1, 0.2, 0.03], ink)
        for side in (-1, 1):
            pen.limb([(0.35, 0.1), (0.35 + side * 0.16, 0.5), (0.35 + side * 0.26, 0.94)],
                     [0.1, 0.12, 0.03], ink)  # fmt: skip
    else:
        pen.limb([(0.35, 0.08), (0.35, 0.5), (0.35, 0.82)], [0.08, 0.22, 0.03], ink)
    pen.line([(0.0, 0.1), (0.35, 0.02), (0.7, 0.1)], ink, 0.05)


def _dots(pen: Pen, number: int, ink: int, ground: int) -> None:
    del ground
    pen.blob(0.3, 0.7 if number % 2 else 0.3, 0.17, 0.17, ink)


def _checker(pen: Pen, number: int, ink: int, ground: int) -> None:
    del ground
    for row in range(3):
        if (row + number) % 2:
            y = row / 3
            pen.polygon([(0.0, y), (0.34, y), (0.34, y + 1 / 3), (0.0, y + 1 / 3)], ink)


def _waves(pen: Pen, number: int, ink: int, ground: int) -> None:
    del number, ground
    pen.limb(
        [(0.0, 0.12), (0.4, 0.2), (0.72, 0.55), (0.55, 0.85), (0.32, 0.68), (0.46, 0.54)],
        [0.22, 0.22, 0.18, 0.14, 0.1, 0.06], ink,
    )  # fmt: skip
    pen.polygon([(0.0, 0.0), (0.9, 0.0), (0.9, 0.14), (0.0, 0.14)], ink)


def _net(pen: Pen, number: int, ink: int, ground: int) -> None:
    del number, ground
    pen.line([(0.0, 0.0), (0.5, 1.0)], ink, 0.06)
    pen.line([(0.5, 0.0), (0.0, 1.0)], ink, 0.06)


ORNAMENTS: Final[Mapping[str, Ornament]] = {
    "meander": Ornament(1.2, _meander),
    "tongues": Ornament(0.4, _tongues),
    "rays": Ornament(0.4, _rays),
    "ivy": Ornament(0.7, _ivy),
    "laurel": Ornament(0.5, _laurel),
    "palmettes": Ornament(1.0, _palmette),
    "lotus": Ornament(0.7, _lotus),
    "dots": Ornament(0.6, _dots),
    "checker": Ornament(0.34, _checker),
    "waves": Ornament(0.9, _waves),
    "net": Ornament(0.5, _net),
}
