"""Light on clay and gloss: diffuse light, a lamp's highlight and a softbox's sheen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.vessels.buffer import Buffer

Floats = NDArray[np.float32]
Vector = tuple[np.float32, np.float32, np.float32]


@dataclass(frozen=True, slots=True)
class Light:
    """The main light of a photograph.

    Attributes:
        right: Direction toward the lamp: to the right, toward the camera and up; any length.
        strength: Diffuse light from the lamp, about 0.6-1.2.
        ambient: Diffuse light from everywhere, about 0.2-0.5.
        gloss: Strength of the highlights, about 0.4-1.2.
        warmth: -1 bluish to 1 yellowish.
    """

    right: float
    toward: float
    up: float
    strength: float
    ambient: float
    gloss: float
    warmth: float


def shade(buffer: Buffer, palette: NDArray[np.uint8], light: Light, elevation: float) -> Floats:
    """Return the lit vessel as premultiplied RGBA, 0-255, shape (4, h, w)."""
    there = np.flatnonzero(buffer.depth > -np.inf)
    right, toward, up, sky, fired = (
        plane.reshape(-1)[there]
        for plane in (buffer.right, buffer.toward, buffer.up, buffer.open_sky, buffer.firing)
    )
    ink = buffer.ink.reshape(-1)[there]

    def facing(direction: Vector) -> Floats:
        cosine: Floats = right * direction[0] + toward * direction[1] + up * direction[2]
        return cosine

    lamp = _unit(light.right, light.toward, light.up)
    tilt = np.deg2rad(elevation)
    viewer = _unit(0.0, float(np.cos(tilt)), float(np.sin(tilt)))
    fill = _unit(-0.75 * float(np.sign(light.right) or 1.0), 0.55, 0.35)
    firing = np.float32(0.82) + fired * np.float32(0.18 / 128)
    lit = np.clip(facing(lamp) * np.float32(1 / 1.15) + np.float32(0.15 / 1.15), 0, 1)
    around = np.float32(light.ambient) * (0.75 + 0.25 * up)
    diffuse = (around + np.float32(light.strength) * lit) * sky * firing
    shine8 = _power(np.maximum(facing(_half(lamp, viewer)), 0), 3)
    shine64 = _power(shine8, 3)
    sheen16 = _power(np.maximum(facing(_half(fill, viewer)), 0), 4)
    edge = np.clip(1 - facing(viewer), 0, 1)
    highlight = 190 * shine64 + 46 * shine8 + 26 * sheen16 + 22 * edge * edge * edge
    highlight *= (palette[:, 3] * np.float32(light.gloss / 255))[ink] * sky
    tint = (1 + 0.07 * light.warmth, 1.0, 1 - 0.1 * light.warmth)
    layer = np.zeros((4, *buffer.depth.shape), np.float32)
    planes = layer.reshape(4, -1)
    for channel in range(3):
        albedo = palette[:, channel].astype(np.float32)[ink]
        colour = (albedo * diffuse + highlight) * np.float32(tint[channel])
        planes[channel, there] = np.minimum(colour, 255)
    planes[3, there] = 255
    return layer


def _power(base: Floats, squarings: int) -> Floats:
    """Return base to the power 2**squarings, much faster than a general power."""
    for _ in range(squarings):
        base = base * base
    return base


def _unit(x: float, y: float, z: float) -> Vector:
    length = float(np.sqrt(x * x + y * y + z * z))
    return np.float32(x / length), np.float32(y / length), np.float32(z / length)


def _half(lamp: Vector, viewer: Vector) -> Vector:
    x, y, z = (float(a + b) for a, b in zip(lamp, viewer, strict=True))
    return _unit(x, y, z)
