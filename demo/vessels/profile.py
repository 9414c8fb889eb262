"""One vessel's outline: a shape with the proportions that one potter gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from demo.vessels.shapes import Shape

Floats = NDArray[np.float32]
SAMPLES: Final = 800
"""Samples of a profile, evenly spaced along its length."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One vessel's outline, sampled evenly along its length from the foot up.

    Attributes:
        radius: Radius, shape (SAMPLES,); so `height`, which never falls.
        length: Length of the whole outline.
        parts: Heights (from, to) of every part.
        frieze: Heights between which the main picture stands.
        width: Factor on the family's widths, also for handles.
    """

    radius: Floats
    height: Floats
    length: float
    parts: Mapping[str, tuple[float, float]]
    frieze: tuple[float, float]
    width: float

    def row(self, height: float) -> float:
        """Return the place of a height along the outline, from 0 (foot) to 1 (lip)."""
        return float(np.searchsorted(self.height, height)) / (SAMPLES - 1)

    def radius_at(self, height: float) -> float:
        """Return the radius at a height."""
        return float(np.interp(height, self.height, self.radius))


def make_profile(shape: Shape, rng: np.random.Generator) -> Profile:
    """Return one potter's version of the shape: proportions vary by some per cent."""
    width = float(rng.uniform(0.9, 1.1))
    swell = float(rng.uniform(-0.06, 0.06))
    foot, mouth = float(rng.uniform(0.9, 1.1)), float(rng.uniform(0.93, 1.1))
    # A lip on a neck follows it; a lip on the body itself must not sink into the wall.
    own = {
        "foot": foot,
        "stem": foot,
        "neck": mouth,
        "lip": mouth if "neck" in shape.strokes else 1,
    }
    pieces: list[NDArray[np.float64]] = []
    parts: dict[str, tuple[float, float]] = {}
    for part, stroke in shape.strokes.items():
        factor = width * own.get(part, 1.0)
        points: list[tuple[float, float]] = []
        for radius, height in stroke:
            bump = 1 + swell * np.sin(2 * np.pi * height) + rng.normal(0, 0.008)
            points.append((radius * factor * bump, height + swell * 0.5 * height * (1 - height)))
        pieces.append(smooth(np.array(points), 60))
        parts[part] = (points[0][1], points[-1][1])
    outline = np.concatenate(pieces)
    outline[:, 1] = np.maximum.accumulate(outline[:, 1])
    steps = np.hypot(*np.diff(outline, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    even = np.linspace(0, along[-1], SAMPLES)
    low, high = (h + swell * 0.5 * h * (1 - h) for h in shape.frieze)
    return Profile(
        radius=np.interp(even, along, outline[:, 0]).astype(np.float32),
        height=np.interp(even, along, outline[:, 1]).astype(np.float32),
        length=float(along[-1]),
        parts=parts,
        frieze=(low, high),
        width=width,
    )


def smooth(points: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    """Return `samples` points on a Catmull-Rom curve through `points`, shape (samples, d)."""
    return smoothing(len(points), samples) @ points


@lru_cache(maxsize=256)
def smoothing(count: int, samples: int) -> NDArray[np.float64]:
    """Return the weights of `count` points in each sample, shape (samples, count)."""
    # Beyond each end stands the mirror image of the neighbour, so that the ends stay free.
    padded = np.zeros((count + 2, count))
    padded[1:-1] = np.eye(count)
    padded[0, :2] = padded[-1, :-3:-1] = (2, -1)
    t = np.linspace(0, count - 1, samples)
    i = np.minimum(t.astype(np.intp), count - 2)
    f = (t - i)[:, None]
    p0, p1, p2, p3 = (padded[i + k] for k in range(4))
    curve = (
        2 * p1
        + (p2 - p0) * f
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * f**2
        + (3 * p1 - p0 - 3 * p2 + p3) * f**3
    )
    weights: NDArray[np.float64] = 0.5 * curve
    return weights
