"""Drawing on a vessel's unrolled wall in units of a picture's height, whatever the curvature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from demo.vessels.profile import smooth

CLAY: Final = 0
GLAZE: Final = 1
WHITE: Final = 2
PURPLE: Final = 3
DILUTE: Final = 4
CHIP: Final = 5
CRACK: Final = 6
PLASTER: Final = 7
"""Inks: palette entries of the unrolled wall."""

Points = Sequence[tuple[float, float]]


class Pen:
    """Draws in coordinates whose origin is on the ground line and whose y axis points up.

    The wall is stretched sideways where the vessel is narrow, so x and y have their own scales.
    """

    def __init__(
        self,
        draw: ImageDraw.ImageDraw,
        origin: tuple[float, float],
        scale: tuple[float, float],
        *,
        mirrored: bool = False,
    ) -> None:
        """Place the origin at `origin` pixels; one unit is `scale` pixels wide and high."""
        self._draw = draw
        self._origin = np.array(origin)
        self._scale = np.array([-scale[0] if mirrored else scale[0], -scale[1]])

    def polygon(self, points: Points | NDArray[np.float64], ink: int) -> None:
        """Fill a polygon."""
        self._fill(np.asarray(points, dtype=np.float64), ink)

    def blob(
        self, x: float, y: float, rx: float, ry: float, ink: int, *, angle: float = 0.0
    ) -> None:
        """Fill an ellipse with half axes `rx`, `ry`, turned by `angle` degrees."""
        t = _CIRCLE
        turn = np.deg2rad(angle)
        px, py = rx * np.cos(t), ry * np.sin(t)
        cos, sin = np.cos(turn), np.sin(turn)
        self._fill(np.stack([x + px * cos - py * sin, y + px * sin + py * cos], axis=1), ink)

    def limb(self, points: Points, widths: Sequence[float], ink: int) -> None:
        """Fill a smooth stroke through `points` whose width at each is given."""
        path = np.array([(x, y, w) for (x, y), w in zip(points, widths, strict=True)])
        curve = smooth(path, 6 * len(path)) if len(path) > 2 else path
        axis, half = curve[:, :2], np.maximum(curve[:, 2:], 0.004) / 2
        along = np.empty_like(axis)
        along[1:-1] = axis[2:] - axis[:-2]
        along[0], along[-1] = axis[1] - axis[0], axis[-1] - axis[-2]
        along /= np.maximum(np.sqrt((along * along).sum(axis=1, keepdims=True)), 1e-9)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) * half
        cap = axis[-1:] + along[-1:] * half[-1:]
        start = axis[:1] - along[:1] * half[:1]
        outline = np.concatenate([start, axis + across, cap, (axis - across)[::-1]])
        self._fill(outline, ink)

    def line(self, points: Points, ink: int, width: float = 0.012) -> None:
        """Draw a smooth line of even width."""
        self.limb(points, [width] * len(points), ink)

    def ring(
        self, x: float, y: float, radius: float, width: float, *, ink: int, inside: int
    ) -> None:
        """Draw a ring and fill it."""
        self.blob(x, y, radius, radius, ink)
        self.blob(x, y, radius - width, radius - width, inside)

    def _fill(self, points: NDArray[np.float64], ink: int) -> None:
        pixels = self._origin + points * self._scale
        self._draw.polygon(pixels.ravel().tolist(), fill=ink)


_CIRCLE: Final = np.linspace(0, 2 * np.pi, 20, endpoint=False)
