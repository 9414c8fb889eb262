"""Figures of the main picture: silhouettes one unit high, facing right, with inner lines.

`ink` fills the figure and `line` draws inside it: black with incised clay lines in black-figure,
clay with black lines in red-figure. Each figure varies with its generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from demo.vessels.pen import GLAZE, PURPLE, WHITE, Pen

Draw = Callable[[Pen, np.random.Generator, int, int], None]


class Motif(NamedTuple):
    """A kind of figure: how much width it takes (in heights), its names, and how to draw it."""

    width: float
    names: Mapping[str, str]
    draw: Draw


def _legs(pen: Pen, rng: np.random.Generator, ink: int, stride: float) -> None:
    for side in (-1, 1):
        knee = side * stride * 0.6 + 0.04
        ankle = side * stride
        lift = 0.05 if side < 0 and stride > 0.12 else 0.0
        pen.limb(
            [(0.02 * side, 0.53), (knee, 0.3 + lift), (ankle, 0.05 + lift)],
            [0.13, 0.085, 0.035],
            ink,
        )
        pen.limb([(ankle - 0.01, 0.04 + lift), (ankle + 0.09, 0.015)], [0.045, 0.02], ink)


def _torso(pen: Pen, ink: int) -> None:
    pen.polygon(
        [(-0.11, 0.79), (-0.07, 0.81), (0.07, 0.81), (0.11, 0.79), (0.07, 0.66), (0.055, 0.6),
         (0.08, 0.5), (-0.08, 0.5), (-0.055, 0.6), (-0.07, 0.66)],
        ink,
    )  # fmt: skip


def _head(pen: Pen, rng: np.random.Generator, ink: int, line: int, *, beard: bool) -> None:
    pen.limb([(0, 0.78), (0.01, 0.86)], [0.06, 0.055], ink)
    pen.blob(0.015, 0.895, 0.055, 0.06, ink)
    pen.polygon([(0.055, 0.91), (0.088, 0.885), (0.055, 0.865)], ink)
    pen.blob(-0.03, 0.885, 0.05, 0.05, ink)
    if beard:
        pen.polygon([(0.005, 0.87), (0.07, 0.865), (0.075, 0.8), (0.03, 0.82)], ink)
    pen.line([(-0.045, 0.935), (0.01, 0.925), (0.055, 0.935)], PURPLE if line != GLAZE else line)
    pen.line([(0.03, 0.9), (0.05, 0.9)], line, 0.012)
    pen.line([(-0.01, 0.93), (-0.015, 0.88), (0.0, 0.85)], line, 0.008)


def _arm(pen: Pen, ink: int, elbow: tuple[float, float], hand: tuple[float, float]) -> None:
    shoulder = (0.08 if elbow[0] > 0 else -0.08, 0.775)
    pen.limb([shoulder, elbow, hand], [0.075, 0.055, 0.032], ink)


def _robe(
    pen: Pen, rng: np.random.Generator, ink: int, line: int, hem: float, flare: float
) -> None:
    """A chiton from the shoulders to height `hem`, with folds."""
    sway = float(rng.uniform(-0.04, 0.04))
    pen.polygon(
        [(-0.1, 0.8), (0.1, 0.8), (0.075, 0.64), (0.11, 0.5), (flare + sway, hem),
         (-flare + sway, hem), (-0.11, 0.5), (-0.075, 0.64)],
        ink,
    )  # fmt: skip
    folds = int(rng.integers(3, 7))
    for k in range(folds):
        at = (k + 0.5) / folds * 2 - 1
        pen.line([(at * 0.06, 0.62), (at * 0.09, 0.5), (at * flare * 0.9 + sway, hem)], line, 0.008)
    pen.line([(-0.075, 0.63), (0.075, 0.63)], line, 0.016)
    pen.line([(-flare + sway, hem + 0.02), (flare + sway, hem + 0.02)], line, 0.009)


def _warrior(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    _legs(pen, rng, ink, float(rng.uniform(0.13, 0.2)))
    _robe(pen, rng, ink, line, 0.42, 0.13)
    _torso(pen, ink)
    lift = float(rng.uniform(-0.12, 0.18))
    pen.line([(-0.34, 0.66 + lift), (0.36, 0.78 + lift)], ink, 0.018)
    _arm(pen, ink, (-0.2, 0.72), (-0.12, 0.7 + lift))
    _head(pen, rng, ink, line, beard=False)
    pen.blob(0.005, 0.915, 0.068, 0.06, ink)
    pen.limb([(0.06, 0.92), (0.07, 0.86), (0.05, 0.83)], [0.03, 0.025, 0.02], ink)
    pen.limb(
        [(0.05, 0.98), (-0.04, 1.0), (-0.12, 0.93), (-0.13, 0.8)], [0.03, 0.05, 0.04, 0.02], ink
    )
    pen.line([(0.03, 0.96), (-0.04, 0.975), (-0.095, 0.92)], line, 0.01)
    radius = float(rng.uniform(0.17, 0.21))
    device = int(rng.integers(0, 5))
    pen.ring(0.11, 0.62, radius, 0.02, ink, line)
    pen.blob(0.11, 0.62, radius - 0.032, radius - 0.032, ink)
    spot = WHITE if line != GLAZE else line
    if device == 0:
        pen.blob(0.11, 0.62, 0.06, 0.06, spot)
    elif device == 1:
        for k in range(3):
            t = 2 * np.pi * k / 3
            pen.limb(
                [(0.11, 0.62), (0.11 + 0.12 * np.cos(t), 0.62 + 0.12 * np.sin(t))],
                [0.05, 0.03],
                spot,
            )
    elif device == 2:
        for k in range(8):
            t = 2 * np.pi * k / 8
            pen.line(
                [(0.11, 0.62), (0.11 + 0.13 * np.cos(t), 0.62 + 0.13 * np.sin(t))], spot, 0.016
            )
    elif device == 3:
        pen.limb(
            [(0.02, 0.56), (0.08, 0.68), (0.14, 0.58), (0.2, 0.68)], [0.03, 0.04, 0.04, 0.02], spot
        )
    else:
        pen.ring(0.11, 0.62, 0.1, 0.025, spot, ink)


def _dancer(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    _legs(pen, rng, ink, float(rng.uniform(0.12, 0.22)))
    _robe(pen, rng, ink, line, float(rng.uniform(0.14, 0.34)), float(rng.uniform(0.17, 0.24)))
    up = float(rng.uniform(-0.1, 0.2))
    _arm(pen, ink, (0.2, 0.74 + up * 0.3), (0.3, 0.74 + up))
    _arm(pen, ink, (-0.2, 0.7 - up * 0.3), (-0.29, 0.8 - up))
    if rng.random() < 0.6:
        for hand, sign in (((0.3, 0.74 + up), 1), ((-0.29, 0.8 - up), -1)):
            pen.line([hand, (hand[0] + sign * 0.05, hand[1] + 0.08)], ink, 0.022)
            pen.line([hand, (hand[0] + sign * 0.08, hand[1] + 0.04)], ink, 0.022)
    _head(pen, rng, ink, line, beard=False)
    pen.blob(-0.075, 0.91, 0.035, 0.03, ink)


def _draped(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    _robe(pen, rng, ink, line, 0.05, float(rng.uniform(0.11, 0.16)))
    for x in (-0.05, 0.06):
        pen.limb([(x, 0.03), (x + 0.08, 0.012)], [0.04, 0.02], ink)
    pen.limb([(-0.11, 0.8), (0.02, 0.66), (0.13, 0.5), (0.12, 0.3)], [0.05, 0.09, 0.1, 0.05], ink)
    pen.line([(-0.09, 0.76), (0.04, 0.6), (0.1, 0.3)], line, 0.01)
    reach = float(rng.uniform(0.14, 0.26))
    _arm(pen, ink, (reach * 0.8, 0.66), (reach, 0.74))
    pen.line(
        [(reach + 0.01, 0.98 if rng.random() < 0.5 else 0.8), (reach - 0.01, 0.02)], ink, 0.016
    )
    _head(pen, rng, ink, line, beard=bool(rng.random() < 0.7))


def _musician(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    _robe(pen, rng, ink, line, 0.05, 0.14)
    for x in (-0.05, 0.06):
        pen.limb([(x, 0.03), (x + 0.08, 0.012)], [0.04, 0.02], ink)
    _head(pen, rng, ink, line, beard=bool(rng.random() < 0.3))
    if rng.random() < 0.5:
        pen.line([(0.08, 0.865), (0.3, 0.78)], ink, 0.02)
        pen.line([(0.08, 0.865), (0.3, 0.84)], ink, 0.02)
        _arm(pen, ink, (0.15, 0.68), (0.2, 0.81))
        return
    pen.limb([(0.16, 0.62), (0.24, 0.56), (0.32, 0.62)], [0.05, 0.1, 0.05], ink)
    for x, lean in ((0.16, -0.03), (0.32, 0.03)):
        pen.limb([(x, 0.62), (x + lean, 0.76), (x - lean, 0.86)], [0.035, 0.03, 0.02], ink)
    pen.line([(0.13, 0.84), (0.35, 0.84)], ink, 0.022)
    for k in range(4):
        pen.line([(0.2 + k * 0.027, 0.6), (0.2 + k * 0.027, 0.84)], ink, 0.006)
    _arm(pen, ink, (0.12, 0.64), (0.22, 0.66))
    _arm(pen, ink, (-0.14, 0.66), (0.1, 0.62))


def _horse_body(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    gait = float(rng.uniform(0.0, 1.0))
    fore, hind = 0.1 + 0.14 * gait, 0.06 + 0.12 * gait
    for base, swing in ((0.27, fore), (0.24, -fore * 0.3)):
        pen.limb(
            [(base, 0.48), (base + swing * 0.8, 0.28 + 0.1 * gait * (swing > 0)), (base + swing, 0.04)],
            [0.11, 0.05, 0.03], ink,
        )  # fmt: skip
        pen.limb([(base + swing, 0.04), (base + swing + 0.04, 0.012)], [0.035, 0.03], ink)
    for base, swing in ((-0.3, -hind), (-0.24, hind * 0.6)):
        pen.limb(
            [(base, 0.5), (base + swing * 0.2 + 0.03, 0.3), (base + swing - 0.03, 0.2), (base + swing, 0.03)],
            [0.19, 0.09, 0.05, 0.03], ink,
        )  # fmt: skip
        pen.limb([(base + swing, 0.035), (base + swing + 0.04, 0.012)], [0.035, 0.03], ink)
    pen.limb([(-0.36, 0.53), (-0.15, 0.5), (0.1, 0.5), (0.31, 0.54)], [0.18, 0.19, 0.19, 0.2], ink)
    arch = float(rng.uniform(-0.04, 0.06))
    pen.limb([(0.26, 0.54), (0.36, 0.7), (0.4, 0.84 + arch)], [0.22, 0.15, 0.1], ink)
    pen.limb(
        [(0.38, 0.86 + arch), (0.47, 0.79 + arch), (0.55, 0.7 + arch)], [0.1, 0.085, 0.05], ink
    )
    pen.limb([(0.38, 0.88 + arch), (0.375, 0.96 + arch)], [0.035, 0.012], ink)
    pen.limb([(0.34, 0.88 + arch), (0.27, 0.76), (0.2, 0.62)], [0.05, 0.07, 0.04], ink)
    for k in range(5):
        x, y = 0.37 - k * 0.03, 0.87 + arch - k * 0.055
        pen.line([(x, y), (x - 0.05, y - 0.05)], line, 0.008)
    pen.limb(
        [(-0.42, 0.58), (-0.5, 0.5), (-0.49, 0.3), (-0.53, 0.16)], [0.04, 0.07, 0.08, 0.02], ink
    )
    pen.line([(0.2, 0.6), (0.24, 0.52), (0.21, 0.44)], line, 0.01)
    pen.line([(-0.24, 0.6), (-0.2, 0.5), (-0.24, 0.42)], line, 0.01)
    pen.line([(0.43, 0.83 + arch), (0.455, 0.825 + arch)], line, 0.014)
    pen.line([(0.4, 0.78 + arch), (0.47, 0.86 + arch)], line, 0.008)


def _rider(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    _horse_body(pen, rng, ink, line)
    pen.limb(
        [(-0.02, 0.6), (0.1, 0.48), (0.04, 0.3), (0.1, 0.26)], [0.11, 0.08, 0.045, 0.025], line
    )
    pen.limb([(-0.02, 0.6), (0.1, 0.48), (0.04, 0.3), (0.1, 0.26)], [0.095, 0.065, 0.03, 0.02], ink)
    pen.limb([(-0.03, 0.58), (-0.02, 0.7), (0.0, 0.8)], [0.12, 0.1, 0.13], ink)
    pen.blob(0.03, 0.9, 0.05, 0.055, ink)
    pen.polygon([(0.07, 0.92), (0.1, 0.895), (0.06, 0.87)], ink)
    pen.limb([(0.02, 0.78), (0.12, 0.68), (0.24, 0.7)], [0.06, 0.045, 0.03], ink)
    pen.line([(0.24, 0.7), (0.42, 0.76)], line, 0.008)
    if rng.random() < 0.5:
        pen.line([(-0.3, 0.62), (0.38, 0.98)], ink, 0.016)
    pen.line([(-0.01, 0.93), (0.07, 0.94)], line, 0.01)


def _lion(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    for x, swing in ((0.26, 0.1), (0.2, -0.06), (-0.28, -0.06), (-0.22, 0.08)):
        pen.limb([(x, 0.4), (x + swing * 0.3, 0.22), (x + swing, 0.05)], [0.13, 0.07, 0.05], ink)
        pen.limb([(x + swing - 0.01, 0.035), (x + swing + 0.07, 0.025)], [0.05, 0.045], ink)
    pen.limb([(-0.32, 0.44), (-0.1, 0.42), (0.12, 0.44), (0.28, 0.5)], [0.2, 0.16, 0.19, 0.24], ink)
    pen.blob(0.34, 0.62, 0.17, 0.16, ink)
    pen.blob(0.43, 0.64, 0.1, 0.095, ink)
    pen.limb([(0.48, 0.62), (0.56, 0.6)], [0.1, 0.07], ink)
    pen.line([(0.3, 0.76), (0.24, 0.64), (0.27, 0.5), (0.36, 0.46)], line, 0.014)
    for k in range(7):
        t = np.deg2rad(110 + k * 24)
        pen.line(
            [(0.38 + 0.09 * np.cos(t), 0.63 + 0.09 * np.sin(t)),
             (0.36 + 0.15 * np.cos(t), 0.62 + 0.14 * np.sin(t))], line, 0.009,
        )  # fmt: skip
    pen.line([(0.45, 0.67), (0.475, 0.67)], line, 0.016)
    pen.line([(0.51, 0.585), (0.57, 0.58)], line, 0.01)
    curl = float(rng.uniform(0.7, 0.95))
    pen.limb(
        [(-0.4, 0.48), (-0.52, 0.56), (-0.46, curl - 0.06), (-0.38, curl), (-0.42, curl + 0.02)],
        [0.05, 0.035, 0.03, 0.035, 0.05], ink,
    )  # fmt: skip
    pen.line([(-0.22, 0.52), (-0.17, 0.42), (-0.22, 0.34)], line, 0.01)
    pen.line([(0.16, 0.52), (0.2, 0.42), (0.17, 0.34)], line, 0.01)


def _wing(pen: Pen, ink: int, line: int, x: float, y: float) -> None:
    pen.limb([(x, y), (x - 0.05, y + 0.2), (x - 0.2, y + 0.36), (x - 0.34, y + 0.36)],
             [0.14, 0.17, 0.12, 0.02], ink)  # fmt: skip
    for k in range(4):
        pen.line(
            [(x - 0.02 - 0.03 * k, y + 0.1 + 0.05 * k), (x - 0.16 - 0.04 * k, y + 0.22 + 0.03 * k)],
            line,
            0.009,
        )
    pen.line([(x - 0.07, y + 0.08), (x + 0.02, y + 0.16)], line, 0.014)


def _sphinx(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    pen.limb([(-0.3, 0.22), (-0.2, 0.2), (0.0, 0.34), (0.14, 0.5)], [0.24, 0.24, 0.2, 0.18], ink)
    pen.limb([(0.14, 0.5), (0.17, 0.25), (0.16, 0.04)], [0.13, 0.065, 0.05], ink)
    pen.limb([(0.15, 0.03), (0.24, 0.02)], [0.05, 0.04], ink)
    pen.limb(
        [(-0.26, 0.2), (-0.12, 0.1), (-0.2, 0.03), (-0.06, 0.025)], [0.2, 0.12, 0.06, 0.04], ink
    )
    _wing(pen, ink, line, 0.06, 0.46)
    pen.limb([(0.14, 0.56), (0.17, 0.7)], [0.1, 0.07], ink)
    pen.blob(0.18, 0.78, 0.07, 0.08, ink)
    pen.polygon([(0.23, 0.8), (0.275, 0.765), (0.23, 0.74)], ink)
    pen.limb([(0.13, 0.82), (0.09, 0.7), (0.08, 0.62)], [0.06, 0.07, 0.03], ink)
    pen.line([(0.11, 0.84), (0.19, 0.83), (0.24, 0.84)], line, 0.012)
    pen.line([(0.2, 0.79), (0.23, 0.79)], line, 0.013)
    pen.limb(
        [(-0.4, 0.24), (-0.5, 0.36), (-0.42, 0.52), (-0.48, 0.6)], [0.04, 0.03, 0.03, 0.04], ink
    )
    pen.line([(-0.22, 0.32), (-0.14, 0.22), (-0.2, 0.12)], line, 0.01)


def _bird(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    neck = float(rng.uniform(0.0, 0.14))
    for x in (-0.03, 0.06):
        pen.line([(x, 0.4), (x + 0.02, 0.04)], ink, 0.026)
        pen.line([(x - 0.03, 0.02), (x + 0.09, 0.02)], ink, 0.022)
    pen.limb([(0.2, 0.56), (0.02, 0.47), (-0.2, 0.44), (-0.38, 0.36)], [0.16, 0.27, 0.2, 0.04], ink)
    pen.limb(
        [(0.14, 0.54), (0.26, 0.66), (0.19, 0.78 + neck * 0.5), (0.24, 0.87 + neck * 0.5)],
        [0.14, 0.085, 0.06, 0.07], ink,
    )  # fmt: skip
    pen.polygon(
        [(0.26, 0.91 + neck * 0.5), (0.4, 0.85 + neck * 0.4), (0.26, 0.85 + neck * 0.5)], ink
    )
    pen.limb([(0.1, 0.53), (-0.12, 0.48), (-0.3, 0.38)], [0.03, 0.13, 0.02],
             PURPLE if line != GLAZE else ink)  # fmt: skip
    for k in range(4):
        pen.line(
            [(0.04 - 0.07 * k, 0.55 - 0.015 * k), (-0.04 - 0.08 * k, 0.42 - 0.01 * k)], line, 0.011
        )
    pen.line([(0.245, 0.885 + neck * 0.5), (0.26, 0.885 + neck * 0.5)], line, 0.02)


def _deer(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    grazing = bool(rng.random() < 0.4)
    for x, swing in ((0.24, 0.06), (0.19, -0.05), (-0.26, -0.07), (-0.2, 0.06)):
        pen.limb([(x, 0.45), (x + swing * 0.2, 0.25), (x + swing, 0.02)], [0.1, 0.04, 0.025], ink)
    pen.limb([(-0.3, 0.5), (-0.05, 0.47), (0.24, 0.51)], [0.17, 0.15, 0.17], ink)
    head = (0.46, 0.24) if grazing else (0.38, 0.8)
    pen.limb(
        [(0.24, 0.53), (0.36, 0.45) if grazing else (0.33, 0.66), head], [0.14, 0.08, 0.06], ink
    )
    tip = (head[0] + 0.07, head[1] - 0.09) if grazing else (head[0] + 0.13, head[1] - 0.04)
    pen.limb([head, tip], [0.075, 0.035], ink)
    lean = 0.1 if grazing else -0.06
    top = (head[0] + lean, head[1] + 0.2)
    pen.line([head, ((head[0] + top[0]) / 2 + 0.02, head[1] + 0.1), top], ink, 0.02)
    for k in (0.4, 0.7, 1.0):
        at = (head[0] + lean * k, head[1] + 0.2 * k)
        pen.line([at, (at[0] + 0.07, at[1] + 0.04)], ink, 0.016)
    pen.limb([(-0.36, 0.55), (-0.42, 0.58)], [0.03, 0.02], ink)
    for _ in range(9):
        x, y = float(rng.uniform(-0.28, 0.2)), float(rng.uniform(0.45, 0.54))
        pen.blob(x, y, 0.014, 0.014, WHITE if line != GLAZE else line)


def _ship(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    pen.limb(
        [(-0.78, 0.62), (-0.72, 0.34), (-0.5, 0.2), (0.0, 0.16), (0.5, 0.18), (0.82, 0.12)],
        [0.04, 0.08, 0.15, 0.17, 0.15, 0.02], ink,
    )  # fmt: skip
    pen.limb([(0.6, 0.22), (0.64, 0.34), (0.6, 0.44)], [0.08, 0.05, 0.03], ink)
    pen.limb([(-0.78, 0.6), (-0.7, 0.72), (-0.62, 0.68)], [0.04, 0.04, 0.02], ink)
    pen.blob(0.52, 0.19, 0.035, 0.03, WHITE if line != GLAZE else line)
    pen.line([(-0.5, 0.25), (0.0, 0.215), (0.5, 0.24)], line, 0.01)
    pen.line([(0.02, 0.2), (0.02, 0.96)], ink, 0.026)
    belly = float(rng.uniform(0.0, 0.1))
    pen.polygon(
        [(-0.42, 0.9), (0.44, 0.92), (0.38 + belly, 0.62), (0.4, 0.44), (-0.36, 0.42),
         (-0.34 + belly, 0.62)], ink,
    )  # fmt: skip
    for k in range(1, 5):
        x = -0.42 + 0.172 * k
        pen.line([(x, 0.9), (x + 0.04 + belly * 0.5, 0.64), (x + 0.02, 0.43)], line, 0.009)
    oars = int(rng.integers(6, 11))
    for k in range(oars):
        x = -0.48 + 0.95 * k / oars
        pen.line([(x, 0.16), (x - 0.09, 0.01)], ink, 0.014)


def _dolphin(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    y = float(rng.uniform(0.3, 0.6))
    pen.limb(
        [(-0.34, y - 0.08), (-0.16, y + 0.1), (0.08, y + 0.13), (0.3, y - 0.02)],
        [0.03, 0.12, 0.17, 0.04], ink,
    )  # fmt: skip
    pen.polygon([(-0.32, y - 0.07), (-0.44, y + 0.02), (-0.4, y - 0.2)], ink)
    pen.polygon([(-0.02, y + 0.17), (-0.1, y + 0.3), (0.08, y + 0.19)], ink)
    pen.polygon([(0.06, y + 0.06), (0.0, y - 0.08), (0.14, y + 0.06)], ink)
    pen.line([(-0.26, y), (-0.05, y + 0.1), (0.22, y + 0.03)], line, 0.01)
    pen.blob(0.2, y + 0.07, 0.016, 0.016, line)


def _owl(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    pen.limb([(-0.02, 0.72), (-0.03, 0.45), (-0.1, 0.16)], [0.26, 0.34, 0.08], ink)
    pen.blob(0.02, 0.8, 0.17, 0.15, ink)
    for x in (-0.05, 0.1):
        pen.ring(x, 0.81, 0.06, 0.016, line, ink)
        pen.blob(x, 0.81, 0.02, 0.02, line)
    pen.polygon([(0.005, 0.77), (0.045, 0.77), (0.025, 0.7)], line)
    for _ in range(16):
        x, y = float(rng.uniform(-0.13, 0.1)), float(rng.uniform(0.36, 0.64))
        pen.blob(x, y, 0.011, 0.011, line)
    pen.line([(-0.1, 0.62), (-0.14, 0.4), (-0.12, 0.2)], line, 0.014)
    for x in (-0.02, 0.07):
        pen.limb([(x, 0.26), (x + 0.01, 0.04)], [0.05, 0.035], ink)
        pen.line([(x - 0.04, 0.02), (x + 0.07, 0.02)], ink, 0.026)


def _tripod(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    for x in (-0.17, 0.0, 0.17):
        pen.limb([(x * 0.8, 0.55), (x, 0.03)], [0.035, 0.028], ink)
        pen.limb([(x - 0.03, 0.015), (x + 0.04, 0.015)], [0.03, 0.03], ink)
    pen.limb([(-0.19, 0.62), (0.0, 0.52), (0.19, 0.62)], [0.08, 0.2, 0.08], ink)
    pen.line([(-0.22, 0.66), (0.22, 0.66)], ink, 0.035)
    for x in (-0.13, 0.13):
        pen.ring(x, 0.76, 0.085, 0.026, ink, line if line != GLAZE else GLAZE)
    pen.line([(-0.14, 0.32), (0.14, 0.32)], ink, 0.02)
    pen.line([(-0.17, 0.6), (0.17, 0.6)], line, 0.012)


def _tree(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    lean = float(rng.uniform(-0.05, 0.05))
    pen.limb([(0, 0.0), (lean, 0.4), (-lean, 0.9)], [0.06, 0.04, 0.015], ink)
    for k in range(int(rng.integers(5, 8))):
        y = 0.26 + 0.1 * k
        side = 1 if k % 2 else -1
        end = (side * float(rng.uniform(0.12, 0.22)), y + 0.14)
        pen.line([(lean * 0.7, y), (side * 0.08, y + 0.09), end], ink, 0.014)
        for f in (0.4, 0.7, 1.0):
            pen.blob(end[0] * f, y + 0.14 * f + 0.02, 0.036, 0.018, ink, angle=50 * side)
            pen.blob(end[0] * f, y + 0.14 * f - 0.025, 0.036, 0.018, ink, angle=-30 * side)


def _eye(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    pen.limb([(-0.46, 0.5), (-0.15, 0.56), (0.2, 0.5), (0.46, 0.36)], [0.02, 0.5, 0.44, 0.02], ink)
    pen.limb([(-0.42, 0.5), (-0.15, 0.55), (0.18, 0.5), (0.42, 0.38)], [0.01, 0.42, 0.36, 0.01],
             WHITE if line != GLAZE else line)  # fmt: skip
    for radius, tone in ((0.19, ink), (0.14, PURPLE), (0.09, ink), (0.035, line)):
        pen.blob(-0.03, 0.54, radius, radius, tone)
    pen.limb([(-0.5, 0.84), (-0.1, 0.94), (0.4, 0.82)], [0.02, 0.07, 0.03], ink)


MOTIFS: Final[Mapping[str, Motif]] = {
    "warrior": Motif(0.78, {"en": "warrior", "el": "πολεμιστής"}, _warrior),
    "dancer": Motif(0.72, {"en": "dancer", "el": "χορεύτρια"}, _dancer),
    "draped": Motif(0.5, {"en": "draped man", "el": "ιματιοφόρος"}, _draped),
    "musician": Motif(0.66, {"en": "musician", "el": "μουσικός"}, _musician),
    "horse": Motif(1.15, {"en": "horse", "el": "άλογο"}, _horse_body),
    "rider": Motif(1.15, {"en": "rider", "el": "ιππέας"}, _rider),
    "lion": Motif(1.2, {"en": "lion", "el": "λιοντάρι"}, _lion),
    "sphinx": Motif(0.9, {"en": "sphinx", "el": "σφίγγα"}, _sphinx),
    "bird": Motif(0.8, {"en": "bird", "el": "πουλί"}, _bird),
    "deer": Motif(0.95, {"en": "deer", "el": "ελάφι"}, _deer),
    "ship": Motif(1.75, {"en": "ship", "el": "πλοίο"}, _ship),
    "dolphin": Motif(0.85, {"en": "dolphin", "el": "δελφίνι"}, _dolphin),
    "owl": Motif(0.5, {"en": "owl", "el": "κουκουβάγια"}, _owl),
    "tripod": Motif(0.55, {"en": "tripod", "el": "τρίποδας"}, _tripod),
    "tree": Motif(0.5, {"en": "tree", "el": "δέντρο"}, _tree),
    "eye": Motif(1.1, {"en": "eye", "el": "οφθαλμός"}, _eye),
}
