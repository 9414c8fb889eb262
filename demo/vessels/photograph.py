"""One photograph of a vessel: camera, light, background, and what film and scanner add."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from demo.seeding import generator
from demo.vessels.artefact import Artefact
from demo.vessels.setting import draw_background, draw_props, draw_shadow
from demo.vessels.shading import Light, shade
from demo.vessels.shapes import SHAPES
from demo.vessels.surface import see
from demo.vessels.wall import draw_wall

DRAWING: Final = 1
"""Number of the drawing; part of every cache name. The drawing is frozen: see the package."""

_OVERSAMPLING: Final = 1.5


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
        layer, floor = self._vessel()
        rng = generator("photograph", self.seed)
        picture = draw_background(self.background, self.tone, (self.width, self.height), floor, rng)
        if self.zoom < 1.3:
            draw_shadow(picture, layer.getchannel("A"), floor, self.light.right)
            if self.props:
                draw_props(picture, floor, rng)
        picture.paste(layer, (0, 0), layer)
        return self._develop(picture, rng)

    def _vessel(self) -> tuple[Image.Image, float]:
        """Return the vessel alone, RGBA in the picture's frame, and the row it stands on."""
        wall = draw_wall(self.artefact)
        handles = SHAPES[self.artefact.workshop.shape].handles
        profile = wall.profile
        tall = max(float(profile.height[-1]), *(p.up for h in handles for p in h.points))
        wide = 2 * max(float(profile.radius.max()), *(p.out for h in handles for p in h.points))
        fit = min(0.8 * self.width / wide, 0.78 * self.height / tall)
        oversampling = min(_OVERSAMPLING, 2.2 / self.zoom)
        buffer = see(wall, handles, self.rotation, self.elevation, fit * self.zoom * oversampling)
        layer = shade(buffer, wall.palette, self.light, self.elevation)
        middle = buffer.floor - self.focus * tall * fit * self.zoom * oversampling
        framed = layer.transform(
            (self.width, self.height),
            Image.Transform.PERSPECTIVE,
            self._camera(buffer.axis, middle, oversampling),
            Image.Resampling.BICUBIC,
        )
        floor = self.height * (0.5 + self.shift[1]) + self.focus * tall * fit * self.zoom
        return framed, floor

    def _camera(self, axis: float, middle: float, oversampling: float) -> tuple[float, ...]:
        """Return Pillow's eight coefficients from the picture to the vessel's layer."""
        turn = np.deg2rad(self.roll)
        centre_x = self.width * (0.5 + self.shift[0])
        centre_y = self.height * (0.5 + self.shift[1])
        to_origin = np.array([[1, 0, -centre_x], [0, 1, -centre_y], [0, 0, 1]])
        tilt = np.array(
            [
                [np.cos(turn), np.sin(turn), 0],
                [-np.sin(turn), np.cos(turn), 0],
                [0, self.keystone / self.height, 1],
            ]
        )
        to_layer = np.array([[oversampling, 0, axis], [0, oversampling, middle], [0, 0, 1]])
        matrix = to_layer @ tilt @ to_origin
        return tuple(float(value) for value in (matrix / matrix[2, 2]).ravel()[:8])

    def _develop(self, picture: Image.Image, rng: np.random.Generator) -> Image.Image:
        """Add dust, blur, grain and the loss of colour."""
        if self.dust > 0:
            spots = np.clip(rng.normal(235, 30 * self.dust, (40, 32)), 0, 255).astype(np.uint8)
            veil = Image.fromarray(spots).resize(picture.size, Image.Resampling.BICUBIC)
            picture = ImageChops.multiply(picture, Image.merge("RGB", (veil, veil, veil)))
        if self.grey:
            picture = picture.convert("L")
        if self.blur > 0:
            picture = picture.filter(ImageFilter.GaussianBlur(self.blur))
        pixels = np.asarray(picture, dtype=np.int16)
        noise = rng.standard_normal(pixels.shape[:2], dtype=np.float32) * self.grain
        noise = np.rint(noise).astype(np.int16)
        noise = noise if pixels.ndim == 2 else noise[:, :, None]
        return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
