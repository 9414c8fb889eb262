"""Animals and monsters of the main picture.

Each is one unit high and faces right; see `motifs` for inks and names.
"""

from __future__ import annotations

import numpy as np

from demo.vessels.pen import GLAZE, PURPLE, WHITE, Pen


def horse(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A standing or stepping horse."""
    gait = float(rng.uniform(0.0, 1.0))
    fore, hind = 0.1 + 0.14 * gait, 0.06 + 0.12 * gait
    for base, swing in ((0.27, fore), (0.24, -fore * 0.3)):
        pen.limb(
            [(base, 0.48), (base + swing * 0.8, 0.28 + 0.1 * gait * (swing > 0)),
             (base + swing, 0.04)],
            [0.11, 0.05, 0.03], ink,
        )  # fmt: skip
        pen.limb([(base + swing, 0.04), (base + swing + 0.04, 0.012)], [0.035, 0.03], ink)
    for base, swing in ((-0.3, -hind), (-0.24, hind * 0.6)):
        pen.limb(
            [(base, 0.5), (base + swing * 0.2 + 0.03, 0.3), (base + swing - 0.03, 0.2),
             (base + swing, 0.03)],
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


def rider(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A youth on horseback, sometimes with a spear."""
    horse(pen, rng, ink, line)
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


def lion(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A walking lion."""
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


def sphinx(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A seated winged sphinx."""
    tail = float(rng.uniform(0.46, 0.6))
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
        [(-0.4, 0.24), (-0.5, 0.36), (-0.42, tail), (-0.48, tail + 0.08)],
        [0.04, 0.03, 0.03, 0.04],
        ink,
    )
    pen.line([(-0.22, 0.32), (-0.14, 0.22), (-0.2, 0.12)], line, 0.01)


def bird(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A long-necked water bird."""
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


def deer(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A spotted deer, grazing or looking up."""
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


def dolphin(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """A leaping dolphin."""
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


def owl(pen: Pen, rng: np.random.Generator, ink: int, line: int) -> None:
    """An owl that looks out of the picture."""
    pen.limb([(-0.02, 0.72), (-0.03, 0.45), (-0.1, 0.16)], [0.26, 0.34, 0.08], ink)
    pen.blob(0.02, 0.8, 0.17, 0.15, ink)
    for x in (-0.05, 0.1):
        pen.ring(x, 0.81, 0.06, 0.016, ink=line, inside=ink)
        pen.blob(x, 0.81, 0.02, 0.02, line)
    pen.polygon([(0.005, 0.77), (0.045, 0.77), (0.025, 0.7)], line)
    for _ in range(16):
        x, y = float(rng.uniform(-0.13, 0.1)), float(rng.uniform(0.36, 0.64))
        pen.blob(x, y, 0.011, 0.011, line)
    pen.line([(-0.1, 0.62), (-0.14, 0.4), (-0.12, 0.2)], line, 0.014)
    for x in (-0.02, 0.07):
        pen.limb([(x, 0.26), (x + 0.01, 0.04)], [0.05, 0.035], ink)
        pen.line([(x - 0.04, 0.02), (x + 0.07, 0.02)], ink, 0.026)
