"""Light on clay and gloss: diffuse light, a lamp's highlight and a softbox's sheen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.vessels.surface import Buffer


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


def shade(
    buffer: Buffer, palette: NDArray[np.uint8], light: Light, elevation: float
) -> Image.Image:
    """Return the lit vessel on a transparent ground, mode RGBA, size of the buffer."""
    there = np.nonzero(buffer.depth > -np.inf)
    normal = buffer.normal[:, there[0], there[1]]
    lamp = _unit(light.right, light.toward, light.up)
    tilt = np.deg2rad(elevation)
    viewer = _unit(0.0, float(np.cos(tilt)), float(np.sin(tilt)))
    inks = palette[buffer.ink[there]].astype(np.float32)
    sky = buffer.open_sky[there]
    facing = np.clip((lamp @ normal + 0.15) / 1.15, 0, 1)
    diffuse = (light.ambient * (0.75 + 0.25 * normal[2]) + light.strength * facing) * sky
    diffuse *= 0.82 + buffer.firing[there] * np.float32(0.18 / 128)
    shine = np.clip(_half(lamp, viewer) @ normal, 0, 1)
    fill = _unit(-0.75 * np.sign(light.right or 1.0), 0.55, 0.35)
    sheen = np.clip(_half(fill, viewer) @ normal, 0, 1)
    rim = (1 - np.clip(viewer @ normal, 0, 1)) ** 3
    gloss = inks[:, 3] / 255 * light.gloss * sky
    highlight = gloss * (190 * shine**90 + 46 * shine**9 + 26 * sheen**16 + 22 * rim)
    tint = np.array([1 + 0.07 * light.warmth, 1.0, 1 - 0.1 * light.warmth], np.float32)
    colour = (inks[:, :3] * diffuse[:, None] + highlight[:, None]) * tint
    layer = np.zeros((*buffer.depth.shape, 4), np.uint8)
    layer[there[0], there[1], :3] = np.clip(colour, 0, 255)
    layer[there[0], there[1], 3] = 255
    return Image.fromarray(layer)


def _unit(x: float, y: float, z: float) -> NDArray[np.float32]:
    vector = np.array([x, y, z])
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _half(lamp: NDArray[np.float32], viewer: NDArray[np.float32]) -> NDArray[np.float32]:
    return _unit(*(float(value) for value in lamp + viewer))
