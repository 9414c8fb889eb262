"""One photograph of a vessel: camera, light, background, and what film and scanner add."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.seeding import generator
from demo.vessels.artefact import Artefact
from demo.vessels.buffer import View
from demo.vessels.frame import Frame, enlarge, soften
from demo.vessels.setting import draw_backdrop, draw_props
from demo.vessels.shading import Light, shade
from demo.vessels.shapes import SHAPES
from demo.vessels.surface import see
from demo.vessels.wall import draw_wall

DRAWING: Final = 1
"""Number of the drawing; part of every cache name. The drawing is frozen: see the package."""

_OVERSAMPLING: Final = 1.15


@dataclass(frozen=True, slots=True)
class Photograph:
    """Everything that makes one photograph; an image source of the demo's dataset.

    Attributes:
        artefact: The vessel.
        seed: Seed of grain, dust and the like.
        width: Pixels; so `height`.
        rotation: Turn of the vessel about its axis in degrees; 180 shows the reverse.
        elevation: Degrees by which the camera looks down.
        roll: Degrees by which the camera is tilted sideways.
        zoom: 1 shows the vessel whole with some room around it.
        shift: Where the vessel stands, as a fraction of width and height off the middle.
        focus: Height of the vessel that is in the middle of the picture, 0 foot to 1 lip.
        keystone: Convergence of verticals, a few hundredths.
        light: The main light.
        background: Key of `setting.BACKGROUNDS`.
        tone: Brightness of the background, about 0.8-1.2.
        props: Whether scale bar and colour card lie beside the vessel.
        dust: Extra dirt, 0-1.
        grain: Standard deviation of the noise in grey levels.
        blur: Radius in pixels.
        grey: Whether it is a black-and-white print.
        quality: Of the JPEG.
    """

    artefact: Artefact
    seed: str
    width: int
    height: int
    rotation: float
    elevation: float
    roll: float
    zoom: float
    shift: tuple[float, float]
    focus: float
    keystone: float
    light: Light
    background: str
    tone: float
    props: bool
    dust: float
    grain: float
    blur: float
    grey: bool
    quality: int

    @property
    def media_type(self) -> str:
        """Always a JPEG."""
        return "image/jpeg"

    @property
    def cache_name(self) -> str:
        """A file name that depends on every attribute and on the drawing's number."""
        return hashlib.sha256(f"{DRAWING} {self!r}".encode()).hexdigest()[:32] + ".jpg"

    def read(self) -> bytes:
        """Return the photograph as a JPEG; the same bytes every time."""
        buffer = io.BytesIO()
        self.render().save(buffer, "JPEG", quality=self.quality)
        return buffer.getvalue()

    def render(self) -> Image.Image:
        """Return the photograph before compression, mode RGB or L."""
        wall = draw_wall(self.artefact)
        handles = SHAPES[self.artefact.workshop.shape].handles
        tips = [point for handle in handles for point in handle.points]
        tall = max(float(wall.profile.height[-1]), *(tip.up for tip in tips))
        wide = 2 * max(float(wall.profile.radius.max()), *(tip.out for tip in tips))
        scale = min(0.8 * self.width / wide, 0.78 * self.height / tall) * self.zoom
        finer = min(_OVERSAMPLING, 1.9 / self.zoom)
        buffer = see(wall, handles, View(self.rotation, self.elevation, scale * finer))
        layer = shade(buffer, wall.palette, self.light, self.elevation)
        frame = Frame(
            size=(self.width, self.height),
            centre=(self.width * (0.5 + self.shift[0]), self.height * (0.5 + self.shift[1])),
            roll=self.roll,
            keystone=self.keystone,
        )
        vessel = frame.warp(
            layer, (buffer.axis, buffer.floor - self.focus * tall * scale * finer), finer
        )
        floor = frame.centre[1] + self.focus * tall * scale
        rng = generator("photograph", self.seed)
        whole = self.zoom < 1.3
        lamp = self.light.right if whole else None
        backdrop = draw_backdrop(
            self.background, self.tone, vessel[3], floor=floor, lamp_right=lamp, rng=rng
        )
        if whole and self.props:
            backdrop = draw_props(backdrop, floor, rng)
        ground = 1 - vessel[3] / np.float32(255)
        planes = [backdrop[channel] * ground + vessel[channel] for channel in range(3)]
        return self._develop(planes, rng)

    def _develop(self, planes: list[NDArray[np.float32]], rng: np.random.Generator) -> Image.Image:
        """Return the picture after dust, loss of colour, blur and grain."""
        if self.grey:
            red, green, blue = planes
            planes = [
                red * np.float32(0.299) + green * np.float32(0.587) + blue * np.float32(0.114)
            ]
        spots = np.clip(rng.normal(1 - 0.04 * self.dust, 0.035 * self.dust, (20, 16)), 0.7, 1)
        veil = enlarge(spots.astype(np.float32), self.width, self.height)
        # Two uniform numbers add up to something like film grain, much faster than a normal one.
        noise = np.frombuffer(rng.bytes(2 * self.width * self.height), np.uint8)
        noise = noise.reshape(2, self.height, self.width).sum(axis=0, dtype=np.int16) - 255
        grain = noise * np.float32(self.grain / 104.5) + np.float32(0.5)
        bands = [
            Image.fromarray(
                np.clip(soften(plane * veil, self.blur) + grain, 0, 255).astype(np.uint8)
            )
            for plane in planes
        ]
        return bands[0] if self.grey else Image.merge("RGB", bands)
