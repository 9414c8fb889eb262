"""What surrounds a vessel: background card or cloth, cast shadow, scale bar and colour card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

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


def draw_background(
    kind: str, tone: float, size: tuple[int, int], floor: float, rng: np.random.Generator
) -> Image.Image:
    """Return an empty set, mode RGB: a card that bends into the floor, or folded cloth."""
    width, height = size
    w, h = width // _COARSE + 1, height // _COARSE + 1
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    x, y = x / w - 0.5, y / h
    glow_x, glow_y = rng.uniform(-0.25, 0.25), rng.uniform(0.2, 0.5)
    light = 1.12 - 0.5 * ((x - glow_x) ** 2 + (y - glow_y) ** 2)
    horizon = floor / height - 0.06
    light *= 1 + 0.1 * np.tanh((y - horizon) * 14)
    if kind == "cloth":
        for _ in range(7):
            angle, pitch, phase = rng.uniform(0, np.pi), rng.uniform(2, 7), rng.uniform(0, 6)
            wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * pitch * 4 + phase)
            light *= 1 + 0.05 * np.sign(wave) * np.abs(wave) ** 0.6
    card = np.array(BACKGROUNDS[kind], np.float32)
    pixels = np.clip(card * (light * tone)[:, :, None], 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


def draw_shadow(
    picture: Image.Image, silhouette: Image.Image, floor: float, lamp_right: float
) -> None:
    """Darken the floor beside and under the vessel, in place."""
    size = (picture.width // _COARSE, picture.height // _COARSE)
    small = silhouette.resize(size, Image.Resampling.BOX)
    ground = floor / _COARSE
    # A point of the shadow `d` below the ground line comes from 3 d above it, sheared.
    shear = lamp_right * 1.1
    lying = small.transform(
        size,
        Image.Transform.AFFINE,
        (1, -shear * 2.2, shear * 2.2 * ground, 0, 4.0, -3.0 * ground),
        Image.Resampling.BILINEAR,
    )
    lying = lying.filter(ImageFilter.GaussianBlur(2.5)).point(lambda value: value * 0.4)
    box = small.getbbox() or (0, 0, *size)
    contact = Image.new("L", size)
    middle, reach = (box[0] + box[2]) / 2, (box[2] - box[0]) * 0.26
    ImageDraw.Draw(contact).ellipse(
        [middle - reach, ground - 2.2, middle + reach, ground + 2.6], fill=150
    )
    contact = contact.filter(ImageFilter.GaussianBlur(1.6))
    for mask in (lying, contact):
        full = mask.resize(picture.size, Image.Resampling.BICUBIC)
        picture.paste((8, 7, 8), (0, 0), full)


def draw_props(picture: Image.Image, floor: float, rng: np.random.Generator) -> None:
    """Lay a scale bar, and often a colour card, at the lower edge, in place."""
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
