"""Words beside and in photographs: labels on the wall, captions printed into or under a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from iiif_dedup.evaluation.composites.textures import Levels

_TITLES = (
    "Still life with jug",
    "View of the harbour",
    "Portrait of a woman",
    "Composition in grey",
    "Untitled",
    "The market at noon",
    "Landscape with trees",
    "Krater with banquet",
)
_MATERIALS = ("Oil on canvas", "Mixed media on panel", "Charcoal on paper", "Terracotta", "Gelatin")


def card(height: int, rng: np.random.Generator) -> Levels:
    """Return a label as museums put beside a work, `height` pixels high."""
    width = round(height * rng.uniform(1.1, 2.2))
    paper = tuple(rng.integers(222, 250, 3).tolist())
    image = Image.new("RGB", (width, height), paper)
    _write(image, _lines(rng, 5), "#303030", height * rng.uniform(0.08, 0.13))
    return np.asarray(image, dtype=np.float32)


def printed_into(picture: Levels, rng: np.random.Generator) -> Levels:
    """Return the picture with a bar of one line of text somewhere over it, as agencies stamp."""
    height, width = picture.shape[:2]
    bar = max(14, round(height * rng.uniform(0.07, 0.14)))
    image = Image.new("RGB", (width, bar), "#f4f4f4" if rng.random() < 0.5 else "#181818")
    light = image.getpixel((0, 0)) == (0xF4, 0xF4, 0xF4)
    _write(image, _lines(rng, 1), "#202020" if light else "#eeeeee", bar * 0.5)
    top = round((height - bar) * rng.choice([0.02, 0.5, 0.98], p=[0.3, 0.1, 0.6]))
    opacity = rng.uniform(0.55, 1.0)
    stamped = picture.copy()
    part = stamped[top : top + bar]
    part += opacity * (np.asarray(image, dtype=np.float32) - part)
    return stamped


def with_bar_below(photograph: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph on a page with one to three lines of text below it."""
    width = photograph.shape[1]
    count = int(rng.integers(1, 4))
    size = max(9, width * rng.uniform(0.02, 0.035))
    image = Image.new("RGB", (width, round(size * (1.5 * count + 1))), "white")
    _write(image, _lines(rng, count), "black", size)
    return np.vstack([photograph, np.asarray(image, dtype=np.float32)])


def _lines(rng: np.random.Generator, count: int) -> list[str]:
    number, height, width = rng.integers(10, 2000), rng.integers(20, 200), rng.integers(20, 200)
    lines = [
        f"{_TITLES[rng.integers(len(_TITLES))]}, {rng.integers(1880, 2015)}",
        f"{_MATERIALS[rng.integers(len(_MATERIALS))]}, {height} x {width} cm",
        f"Inv. no. {number}",
        "Permanent collection",
        f"Room {rng.integers(1, 30)}",
    ]
    return lines[:count]


def _write(image: Image.Image, lines: list[str], colour: str, size: float) -> None:
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for number, line in enumerate(lines):
        pen.text((0.6 * size, (0.5 + 1.5 * number) * size), line, fill=colour, font=font)
