"""What happens to pictures on their way into a second collection, on full-size pictures.

No recipe is trained on these, and none may import them. Each takes a picture, RGB H×W×3 uint8
with sides of at least 32 pixels, and a generator for what it draws, and returns a new picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Pixels: TypeAlias = NDArray[np.uint8]
Transform: TypeAlias = Callable[[Pixels, np.random.Generator], Pixels]

_GROUND_SIDE = 128
_GROUND_LEVELS, _EDGE_LEVELS = 110, 14
"""Largest distance in RGB of ground from the border's median, and from the ground beside it."""


def crop(picture: Pixels, rng: np.random.Generator, part: float) -> Pixels:
    """Return the picture with `part` of its width and of its height cut off, wherever."""
    height, width = picture.shape[:2]
    kept_height, kept_width = round(height * (1 - part)), round(width * (1 - part))
    top = int(rng.integers(height - kept_height + 1))
    left = int(rng.integers(width - kept_width + 1))
    return picture[top : top + kept_height, left : left + kept_width].copy()


def perspective(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the picture seen from aside: each corner is taken from up to 15 % further in."""
    image = Image.fromarray(picture)
    inward = rng.uniform(0, 0.15, (4, 2))
    corners = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
    sources = (corners + inward * (1 - 2 * corners)) * image.size
    targets = corners * image.size
    # Eight equations for the eight numbers of the map from target to source.
    rows, values = [], []
    for (x, y), (u, v) in zip(targets, sources, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        values += [u, v]
    numbers = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(values))
    seen = image.transform(
        image.size,
        Image.Transform.PERSPECTIVE,
        tuple(numbers.tolist()),
        Image.Resampling.BICUBIC,
    )
    return np.array(seen)


def jpeg(picture: Pixels, rng: np.random.Generator, quality: int) -> Pixels:  # noqa: ARG001
    """Return the picture as a JPEG file of that quality shows it."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return np.array(image)


def gamma(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the picture much darker or much lighter, γ 2 or 1/2."""
    power = float(rng.choice([0.5, 2.0]))
    image = Image.fromarray(picture)
    return np.array(image.point([round((level / 255) ** power * 255) for level in range(256)] * 3))


def grey(picture: Pixels, rng: np.random.Generator) -> Pixels:  # noqa: ARG001
    """Return the picture in black and white."""
    return np.array(Image.fromarray(picture).convert("L").convert("RGB"))


def mirrored(picture: Pixels, rng: np.random.Generator) -> Pixels:  # noqa: ARG001
    """Return the picture as from a slide put in the wrong way round."""
    return picture[:, ::-1].copy()


def turned(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the picture turned by 90°, either way."""
    return np.rot90(picture, int(rng.choice([1, 3]))).copy()


def passe_partout(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the picture in an off-white mount of 15 % on each side, in a dark frame."""
    mount = tuple(int(level) for level in rng.integers(225, 250) + np.array([3, 0, -8]))
    wood = tuple(int(level) for level in rng.integers(20, 90, 3))
    side = min(picture.shape[:2])
    mounted = ImageOps.expand(Image.fromarray(picture), round(0.15 * side), mount)
    return np.array(ImageOps.expand(mounted, round(0.04 * side), wood))


def caption_bar(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the picture with a white bar of 15 % of its height below, with two lines of text."""
    height, width = picture.shape[:2]
    bar = round(0.15 * height)
    page = Image.new("RGB", (width, height + bar), "white")
    page.paste(Image.fromarray(picture))
    pen = ImageDraw.Draw(page)
    number = int(rng.integers(1, 400))
    size = max(8, bar // 4)
    for line, text in enumerate((f"Fig. {number}. From the excavation", f"Inv. {number * 7}, h.")):
        place = (0.03 * width, height + bar * (0.15 + 0.4 * line))
        pen.text(place, text, fill="black", font_size=size)
    return np.array(page)


def strong_light(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the picture lit from one side, with the white reflection of a lamp on it."""
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    across = (xs - 0.5) * np.cos(angle) + (ys - 0.5) * np.sin(angle)
    light = 1 + 1.1 * across
    centre, radius = rng.uniform(0.2, 0.8, 2), rng.uniform(0.08, 0.15)
    far = np.hypot(xs - centre[0], ys - centre[1]) / radius
    lamp = 220 * np.exp(-(far**2))
    lit = picture * light[..., np.newaxis] + lamp[..., np.newaxis]
    return np.asarray(lit.clip(0, 255), dtype=np.uint8)


def other_background(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the thing shown on another ground.

    What hangs together with the border without an edge between is ground. Where there is no
    such ground, or nothing else, the whole picture is shown smaller on the other one.
    """
    height, width = picture.shape[:2]
    cloth = _cloth(height, width, rng)
    ground = _ground(picture)
    if not 0.1 <= ground.mean() <= 0.9:
        small = Image.fromarray(picture).resize((round(0.7 * width), round(0.7 * height)))
        page = Image.fromarray(cloth)
        page.paste(small, (round(0.15 * width), round(0.15 * height)))
        return np.array(page)
    mask = Image.fromarray(np.where(ground, 255, 0).astype(np.uint8)).resize((width, height))
    return np.array(Image.composite(Image.fromarray(cloth), Image.fromarray(picture), mask))


def _ground(picture: Pixels) -> NDArray[np.bool_]:
    """Return which parts of the picture, shrunk to a small square, are ground."""
    small = Image.fromarray(picture).resize((_GROUND_SIDE, _GROUND_SIDE), Image.Resampling.BOX)
    levels = np.asarray(small).astype(np.float64)
    border = np.ones(levels.shape[:2], dtype=np.bool_)
    border[1:-1, 1:-1] = False
    alike = np.linalg.norm(levels - np.median(levels[border], axis=0), axis=2) < _GROUND_LEVELS
    # Ground may grow darker little by little, as behind a vase, but not at an edge.
    rows = np.linalg.norm(np.diff(levels, axis=0), axis=2) < _EDGE_LEVELS
    columns = np.linalg.norm(np.diff(levels, axis=1), axis=2) < _EDGE_LEVELS
    ground = np.logical_and(alike, border)
    before = 0
    while (size := int(ground.sum())) > before:
        before = size
        ground[1:] |= ground[:-1] & rows & alike[1:]
        ground[:-1] |= ground[1:] & rows & alike[:-1]
        ground[:, 1:] |= ground[:, :-1] & columns & alike[:, 1:]
        ground[:, :-1] |= ground[:, 1:] & columns & alike[:, :-1]
    smooth = Image.fromarray(np.where(ground, 255, 0).astype(np.uint8))
    return np.asarray(smooth.filter(ImageFilter.MedianFilter(5))) > 0


def _cloth(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Return an uneven ground of one colour with soft folds."""
    folds = Image.fromarray(rng.integers(0, 256, (6, 6), dtype=np.uint8))
    soft = folds.resize((width, height), Image.Resampling.BICUBIC)
    soft = soft.filter(ImageFilter.GaussianBlur(max(1, min(height, width) // 40)))
    colour = rng.uniform(40, 215, 3)
    levels = colour + (np.asarray(soft, dtype=np.float64)[..., np.newaxis] - 128) * 0.25
    return (levels + rng.normal(0, 3, (height, width, 1))).clip(0, 255).astype(np.uint8)


TRANSFORMS: Mapping[str, Transform] = {
    "crop_10": partial(crop, part=0.1),
    "crop_20": partial(crop, part=0.2),
    "crop_40": partial(crop, part=0.4),
    "perspective": perspective,
    "jpeg_20": partial(jpeg, quality=20),
    "gamma": gamma,
    "grey": grey,
    "mirrored": mirrored,
    "turned_90": turned,
    "passe_partout": passe_partout,
    "caption_bar": caption_bar,
    "strong_light": strong_light,
    "background": other_background,
}
"""By the name of its row in tables."""
VERSION = "1"
"""Raised when any of them changes."""
