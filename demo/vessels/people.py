"""People of the main picture, in the archaic way: frontal torso, head and legs in profile.

Each is one unit high and faces right; see `motifs` for inks and names.
"""

from __future__ import annotations

import numpy as np

from demo.vessels.pen import GLAZE, PURPLE, WHITE, Pen


def _legs(pen: Pen, ink: int, stride: float) -> None:
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


def _head(pen: Pen, ink: int, line: int, *, beard: bool) -> None:
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
    pen: Pen, rng: np.random.Generator, inks: tuple[int, int], hem: float, flare: float
) -> None:
    """A chiton from the shoulders to height `hem`, with folds."""
    ink, line = inks
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


def warrior(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A hoplite with shield, helmet and spear."""
    _legs(pen, ink, float(rng.uniform(0.13, 0.2)))
    _robe(pen, rng, (ink, line), 0.42, 0.13)
    _torso(pen, ink)
    lift = float(rng.uniform(-0.12, 0.18))
    pen.line([(-0.34, 0.66 + lift), (0.36, 0.78 + lift)], ink, 0.018)
    _arm(pen, ink, (-0.2, 0.72), (-0.12, 0.7 + lift))
    _head(pen, ink, line, beard=False)
    pen.blob(0.005, 0.915, 0.068, 0.06, ink)
    pen.limb([(0.06, 0.92), (0.07, 0.86), (0.05, 0.83)], [0.03, 0.025, 0.02], ink)
    pen.limb(
        [(0.05, 0.98), (-0.04, 1.0), (-0.12, 0.93), (-0.13, 0.8)], [0.03, 0.05, 0.04, 0.02], ink
    )
    pen.line([(0.03, 0.96), (-0.04, 0.975), (-0.095, 0.92)], line, 0.01)
    radius = float(rng.uniform(0.17, 0.21))
    device = int(rng.integers(0, 5))
    pen.ring(0.11, 0.62, radius, 0.02, ink=ink, inside=line)
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
        pen.ring(0.11, 0.62, 0.1, 0.025, ink=spot, inside=ink)


def dancer(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A dancing woman, often with clappers."""
    _legs(pen, ink, float(rng.uniform(0.12, 0.22)))
    _robe(pen, rng, (ink, line), float(rng.uniform(0.14, 0.34)), float(rng.uniform(0.17, 0.24)))
    up = float(rng.uniform(-0.1, 0.2))
    _arm(pen, ink, (0.2, 0.74 + up * 0.3), (0.3, 0.74 + up))
    _arm(pen, ink, (-0.2, 0.7 - up * 0.3), (-0.29, 0.8 - up))
    if rng.random() < 0.6:
        for hand, sign in (((0.3, 0.74 + up), 1), ((-0.29, 0.8 - up), -1)):
            pen.line([hand, (hand[0] + sign * 0.05, hand[1] + 0.08)], ink, 0.022)
            pen.line([hand, (hand[0] + sign * 0.08, hand[1] + 0.04)], ink, 0.022)
    _head(pen, ink, line, beard=False)
    pen.blob(-0.075, 0.91, 0.035, 0.03, ink)


def draped(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A standing man in a mantle with a staff."""
    _robe(pen, rng, (ink, line), 0.05, float(rng.uniform(0.11, 0.16)))
    for x in (-0.05, 0.06):
        pen.limb([(x, 0.03), (x + 0.08, 0.012)], [0.04, 0.02], ink)
    pen.limb([(-0.11, 0.8), (0.02, 0.66), (0.13, 0.5), (0.12, 0.3)], [0.05, 0.09, 0.1, 0.05], ink)
    pen.line([(-0.09, 0.76), (0.04, 0.6), (0.1, 0.3)], line, 0.01)
    reach = float(rng.uniform(0.14, 0.26))
    _arm(pen, ink, (reach * 0.8, 0.66), (reach, 0.74))
    pen.line(
        [(reach + 0.01, 0.98 if rng.random() < 0.5 else 0.8), (reach - 0.01, 0.02)], ink, 0.016
    )
    _head(pen, ink, line, beard=bool(rng.random() < 0.7))


def musician(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A player of the double flute or the lyre."""
    _robe(pen, rng, (ink, line), 0.05, 0.14)
    for x in (-0.05, 0.06):
        pen.limb([(x, 0.03), (x + 0.08, 0.012)], [0.04, 0.02], ink)
    _head(pen, ink, line, beard=bool(rng.random() < 0.3))
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
