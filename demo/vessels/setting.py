"""What surrounds a vessel: background card or cloth, cast shadow, scale bar and colour card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from demo.vessels.frame import enlarge

Floats = NDArray[np.float32]

BACKGROUNDS: Final[Mapping[str, tuple[int, int, int]]] = {
    "grey": (150, 152, 154),
    "white": (236, 235, 232),
    "black": (14, 14, 16),
    "cloth": (66, 58, 60),
    "beige": (196, 182, 158),
    "blue": (98, 116, 140),
}
"""sRGB of each background at full light."""

_COARSE: Final = 8


def draw_backdrop(
    kind: str,
    tone: float,
    vessel: Floats,
    *,
    floor: float,
    lamp_right: float | None,
    rng: np.random.Generator,
) -> Floats:
    """Return the set without the vessel, sRGB 0-255, shape (3, h, w).

    Args:
        kind: Key of `BACKGROUNDS`: a card that bends into the floor, or folded cloth.
        tone: Its brightness, about 0.8-1.2.
        vessel: How much of each pixel the vessel covers, 0-255, shape (h, w).
        floor: Row on which the vessel stands.
        lamp_right: How far the lamp stands to the right, for the cast shadow; None for no shadow.
        rng: Gives glow and folds.
    """
    height, width = vessel.shape
    h, w = height // _COARSE + 1, width // _COARSE + 1
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    x, y = x / w - 0.5, y / h
    glow_x, glow_y = rng.uniform(-0.25, 0.25), rng.uniform(0.2, 0.5)
    light = 1.12 - 0.5 * ((x - glow_x) ** 2 + (y - glow_y) ** 2)
    light *= 1 + 0.1 * np.tanh((y - floor / height + 0.06) * 14)
    if kind == "cloth":
        for _ in range(7):
            angle, pitch, phase = rng.uniform(0, np.pi), rng.uniform(2, 7), rng.uniform(0, 6)
            wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * pitch * 4 + phase)
            light *= 1 + 0.05 * np.sign(wave) * np.abs(wave) ** 0.6
    light *= tone
    if lamp_right is not None:
        light *= 1 - _shadow(vessel[::_COARSE, ::_COARSE], floor / _COARSE, lamp_right, (w, h))
    fine = enlarge(light.astype(np.float32), width, height)
    return np.stack([np.minimum(fine * np.float32(tone), 255) for tone in BACKGROUNDS[kind]])


def _shadow(vessel: Floats, floor: float, lamp_right: float, size: tuple[int, int]) -> Floats:
    """Return the share of light that the vessel keeps from the set, shape (h, w), coarse."""
    silhouette = Image.new("L", size)
    silhouette.paste(Image.fromarray(vessel.astype(np.uint8)))
    # A point of the shadow lying `d` in front of the foot comes from 3 d above it, sheared.
    shear = lamp_right * 2.4
    lying = silhouette.transform(
        size,
        Image.Transform.AFFINE,
        (1, -shear, shear * floor, 0, 4.0, -3.0 * floor),
        Image.Resampling.BILINEAR,
    )
    lying = lying.filter(ImageFilter.GaussianBlur(2.5)).point(lambda value: value * 0.4)
    box = silhouette.getbbox() or (0, 0, *size)
    middle, reach = (box[0] + box[2]) / 2, (box[2] - box[0]) * 0.26
    contact = Image.new("L", size)
    ImageDraw.Draw(contact).ellipse(
        [middle - reach, floor - 2.2, middle + reach, floor + 2.6], fill=170
    )
    contact = contact.filter(ImageFilter.GaussianBlur(1.6))
    return np.asarray(ImageChops.lighter(lying, contact), dtype=np.float32) / np.float32(255)


def draw_props(backdrop: Floats, floor: float, rng: np.random.Generator) -> Floats:
    """Return the set with a scale bar, and often a colour card, before the vessel."""
    picture = Image.fromarray(np.moveaxis(backdrop, 0, 2).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    unit = round(picture.width * 0.035)
    left = round(picture.width * rng.uniform(0.05, 0.12))
    top = round(min(floor + picture.height * 0.045, picture.height - 1.6 * unit))
    for k in range(5):
        shade = (18, 18, 18) if k % 2 == 0 else (238, 238, 238)
        box = [left + k * unit, top, left + (k + 1) * unit - 1, top + round(unit * 0.4)]
        draw.rectangle(box, fill=shade, outline=(18, 18, 18))
    if rng.random() < 0.6:
        colours = [(190, 40, 45), (230, 200, 40), (50, 140, 70), (40, 80, 160), (240, 240, 240),
                   (128, 128, 128), (16, 16, 16)]  # fmt: skip
        right = round(picture.width * 0.94)
        for k, colour in enumerate(colours):
            x = right - (len(colours) - k) * round(unit * 0.75)
            draw.rectangle([x, top - 4, x + round(unit * 0.75), top + unit // 2], fill=colour)
    return np.moveaxis(np.asarray(picture, dtype=np.float32), 2, 0)
