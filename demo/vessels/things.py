"""Ships, tripods, trees and apotropaic eyes of the main picture.

Each is one unit high and faces right; see `motifs` for inks and names.
"""

from __future__ import annotations

import numpy as np

from demo.vessels.pen import GLAZE, PURPLE, WHITE, Pen


def ship(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A ship under sail with oars."""
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


def tripod(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A prize tripod with ring handles."""
    for x in (-0.17, 0.0, 0.17):
        pen.limb([(x * 0.8, 0.55), (x, 0.03)], [0.035, 0.028], ink)
        pen.limb([(x - 0.03, 0.015), (x + 0.04, 0.015)], [0.03, 0.03], ink)
    pen.limb([(-0.19, 0.62), (0.0, 0.52), (0.19, 0.62)], [0.08, 0.2, 0.08], ink)
    pen.line([(-0.22, 0.66), (0.22, 0.66)], ink, 0.035)
    ring = float(rng.uniform(0.07, 0.1))
    for x in (-0.13, 0.13):
        pen.ring(x, 0.68 + ring, ring, 0.026, ink=ink, inside=line)
    pen.line([(-0.14, 0.32), (0.14, 0.32)], ink, 0.02)
    pen.line([(-0.17, 0.6), (0.17, 0.6)], line, 0.012)


def tree(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A slender tree."""
    lean = float(rng.uniform(-0.05, 0.05))
    fruit = WHITE if line != GLAZE else line
    pen.limb([(0, 0.0), (lean, 0.4), (-lean, 0.9)], [0.06, 0.04, 0.015], ink)
    for k in range(int(rng.integers(5, 8))):
        y = 0.26 + 0.1 * k
        side = 1 if k % 2 else -1
        end = (side * float(rng.uniform(0.12, 0.22)), y + 0.14)
        pen.line([(lean * 0.7, y), (side * 0.08, y + 0.09), end], ink, 0.014)
        for f in (0.4, 0.7, 1.0):
            pen.blob(end[0] * f, y + 0.14 * f + 0.02, 0.036, 0.018, ink, angle=50 * side)
            pen.blob(end[0] * f, y + 0.14 * f - 0.025, 0.036, 0.018, ink, angle=-30 * side)
        pen.blob(side * 0.05, y + 0.06, 0.014, 0.014, fruit)


def eye(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A large eye with its brow."""
    pen.limb([(-0.46, 0.5), (-0.15, 0.56), (0.2, 0.5), (0.46, 0.36)], [0.02, 0.5, 0.44, 0.02], ink)
    pen.limb([(-0.42, 0.5), (-0.15, 0.55), (0.18, 0.5), (0.42, 0.38)], [0.01, 0.42, 0.36, 0.01],
             WHITE if line != GLAZE else line)  # fmt: skip
    for radius, tone in ((0.19, ink), (0.14, PURPLE), (0.09, ink), (0.035, line)):
        pen.blob(-0.03, 0.54, radius, radius, tone)
    brow = float(rng.uniform(0.88, 0.98))
    pen.limb([(-0.5, brow - 0.1), (-0.1, brow), (0.4, brow - 0.12)], [0.02, 0.07, 0.03], ink)
