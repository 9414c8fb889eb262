"""From the vessel's own picture to the photograph's frame: tilt, position and small filters.

Done in numpy, which here is several times as fast as the same in Pillow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a photograph's pixels lie relative to what it shows.

    Attributes:
        size: Width and height in pixels.
        centre: The pixel that shows the point in focus.
        roll: Degrees by which the camera is tilted sideways.
        keystone: Convergence of verticals.
    """

    size: tuple[int, int]
    centre: tuple[float, float]
    roll: float
    keystone: float

    def warp(self, layer: Floats, focus: tuple[float, float], finer: float) -> Floats:
        """Return a layer seen through this frame, shape (4, height, width).

        Args:
            layer: Premultiplied RGBA, shape (4, h, w), empty along its border.
            focus: Column and row of the layer that `centre` shows.
            finer: Pixels of the layer per pixel of the frame.
        """
        width, height = self.size
        x = np.arange(width, dtype=np.float32) - np.float32(self.centre[0])
        y = np.arange(height, dtype=np.float32)[:, None] - np.float32(self.centre[1])
        cos, sin = (np.float32(f(np.deg2rad(self.roll)) * finer) for f in (np.cos, np.sin))
        shrink = 1 / (1 + np.float32(self.keystone / height) * y)
        column = (x * cos + y * sin) * shrink + np.float32(focus[0])
        row = (y * cos - x * sin) * shrink + np.float32(focus[1])
        rows, columns = layer.shape[1:]
        np.clip(column, 0, columns - 1.01, out=column)
        np.clip(row, 0, rows - 1.01, out=row)
        corner = row.astype(np.intp) * columns + column.astype(np.intp)
        planes = layer.reshape(4, -1)
        covered = np.zeros(rows * columns, np.bool_)
        covered[:-columns] = (planes[3, :-columns] + planes[3, columns:]) > 0
        covered[:-1] |= covered[1:]
        pixels = np.flatnonzero(covered[corner.reshape(-1)])
        corner = corner.reshape(-1)[pixels]
        column, row = column.reshape(-1)[pixels], row.reshape(-1)[pixels]
        fx, fy = column - np.floor(column), row - np.floor(row)
        framed = np.zeros((4, height * width), np.float32)
        for channel, plane in enumerate(planes):
            upper, lower = plane[corner], plane[corner + columns]
            upper += (plane[corner + 1] - upper) * fx
            lower += (plane[corner + columns + 1] - lower) * fx
            framed[channel, pixels] = upper + (lower - upper) * fy
        return framed.reshape(4, height, width)


def enlarge(plane: Floats, width: int, height: int) -> Floats:
    """Return a small plane smoothly enlarged, shape (height, width)."""
    picture = Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture)


def soften(plane: Floats, radius: float) -> Floats:
    """Return a plane, shape (h, w), blurred by about `radius` pixels, at most 1."""
    side = np.float32(min(radius, 1.0) ** 2 / 3)
    share = plane * side
    blurred = plane - 2 * share
    blurred[1:-1] += share[:-2]
    blurred[1:-1] += share[2:]
    blurred[[0, -1]] = plane[[0, -1]]
    share = blurred * side
    softened: Floats = blurred - 2 * share
    softened[:, 1:-1] += share[:, :-2]
    softened[:, 1:-1] += share[:, 2:]
    softened[:, [0, -1]] = blurred[:, [0, -1]]
    return softened
