"""Photographs taken again, made from photographs: pairs to choose descriptors by.

These are for choosing only. What judges a search is in `iiif_dedup.evaluation`, and made
otherwise.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Change: TypeAlias = Callable[[Image.Image, Image.Image, np.random.Generator], Image.Image]
"""Takes the picture, another picture, and the random numbers."""


def rephotograph(
    picture: NDArray[np.uint8], other: NDArray[np.uint8], kind: str, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return the picture as another photographer might have taken, kept and published it.

    Args:
        picture: RGB, H×W×3.
        other: Another picture; where there is something behind, it is made of this.
        kind: Key of `KINDS`.
        rng: Source of all random numbers.
    """
    changed = KINDS[kind](Image.fromarray(picture), Image.fromarray(other), rng)
    return np.asarray(_published(_lit(changed, rng), rng))


def _as_it_is(image: Image.Image, other: Image.Image, rng: np.random.Generator) -> Image.Image:  # noqa: ARG001  A `Change`.
    return _tilted(image, rng, 0.04)


def _cropped(image: Image.Image, other: Image.Image, rng: np.random.Generator) -> Image.Image:  # noqa: ARG001  A `Change`.
    """Keep 60 to 90 % of the area, somewhere."""
    share = np.sqrt(rng.uniform(0.6, 0.9))
    width, height = (max(8, round(side * share)) for side in image.size)
    left = int(rng.integers(image.width - width + 1))
    top = int(rng.integers(image.height - height + 1))
    return _tilted(image.crop((left, top, left + width, top + height)), rng, 0.04)


def _detail(image: Image.Image, other: Image.Image, rng: np.random.Generator) -> Image.Image:  # noqa: ARG001  A `Change`.
    """Keep a quarter to a half of the area about the middle."""
    share = np.sqrt(rng.uniform(0.25, 0.5))
    width, height = (max(8, round(side * share)) for side in image.size)
    left = round((image.width - width) * rng.uniform(0.25, 0.75))
    top = round((image.height - height) * rng.uniform(0.25, 0.75))
    return image.crop((left, top, left + width, top + height))


def _hung(image: Image.Image, other: Image.Image, rng: np.random.Generator) -> Image.Image:  # noqa: ARG001  A `Change`.
    """Hang it on a wall, in a passe-partout and a frame, and photograph it from the side."""
    side = max(image.size)
    mount = round(side * rng.uniform(0, 0.15))
    frame = round(side * rng.uniform(0.02, 0.1))
    border = mount + frame
    framed = Image.new(
        "RGB", (image.width + 2 * border, image.height + 2 * border), _colour(rng, 10, 200)
    )
    paper = int(rng.integers(200, 256))
    ImageDraw.Draw(framed).rectangle(
        (frame, frame, framed.width - frame, framed.height - frame), (paper, paper, paper - 10)
    )
    framed.paste(image, (border, border))
    room = [round(side * rng.uniform(0.02, 0.35)) for _ in range(4)]
    wall = Image.new(
        "RGB",
        (framed.width + room[0] + room[1], framed.height + room[2] + room[3]),
        _colour(rng, 90, 250),
    )
    wall = _grainy(wall, rng, 6)
    wall.paste(framed, (room[0], room[2]))
    return _tilted(wall, rng, 0.1)


def _elsewhere(image: Image.Image, other: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Leave the middle, and put it before another picture that is out of focus."""
    behind = other.resize(image.size).filter(ImageFilter.GaussianBlur(rng.uniform(2, 8)))
    mask = Image.new("L", image.size, 0)
    inset = [round(side * rng.uniform(0.02, 0.15)) for side in (*image.size, *image.size)]
    ImageDraw.Draw(mask).ellipse(
        (inset[0], inset[1], image.width - inset[2], image.height - inset[3]), 255
    )
    mask = mask.filter(ImageFilter.GaussianBlur(max(image.size) / 60))
    return _tilted(Image.composite(image, behind, mask), rng, 0.06)


def _captioned(image: Image.Image, other: Image.Image, rng: np.random.Generator) -> Image.Image:  # noqa: ARG001  A `Change`.
    """Print it with a border, a caption and a scale, in grey half of the times."""
    if rng.random() < 0.5:
        image = image.convert("L").convert("RGB")
    border = round(max(image.size) * rng.uniform(0.02, 0.12))
    foot = round(image.height * rng.uniform(0.1, 0.3))
    paper = int(rng.integers(215, 256))
    page = Image.new(
        "RGB", (image.width + 2 * border, image.height + 2 * border + foot), (paper,) * 3
    )
    page.paste(image, (border, border))
    draw = ImageDraw.Draw(page)
    top = image.height + border + foot // 4
    draw.text((border, top), "Fig. 12. Private collection", fill=(20, 20, 20))
    for step in range(0, image.width // 2, 20):
        draw.rectangle((border + step, top + foot // 2, border + step + 10, top + foot // 2 + 5), 0)
    return page


KINDS: Mapping[str, Change] = {
    "again": _as_it_is,
    "cropped": _cropped,
    "detail": _detail,
    "hung": _hung,
    "elsewhere": _elsewhere,
    "captioned": _captioned,
}
"""What is changed beside light, sharpness, size and compression."""


def _tilted(image: Image.Image, rng: np.random.Generator, most: float) -> Image.Image:
    """Move each corner inwards by up to `most` of the sides, as a camera from the side would."""
    width, height = image.size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
    inward = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    seen = corners + inward * rng.uniform(0, most, (4, 2)) * (width, height)
    rows = []
    for (x, y), (u, v) in zip(corners, seen, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    coefficients = np.linalg.solve(np.array(rows), seen.ravel())
    return image.transform(
        image.size,
        Image.Transform.PERSPECTIVE,
        tuple(coefficients.tolist()),
        Image.Resampling.BILINEAR,
    )


def _lit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Give it another lamp: gradient, gamma, white balance."""
    x, y = np.meshgrid(np.linspace(-1, 1, image.width), np.linspace(-1, 1, image.height))
    angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    gradient = 1 + slope * (np.cos(angle) * x + np.sin(angle) * y)
    values = np.asarray(image, dtype=np.float64) / 255
    values = values ** rng.uniform(0.65, 1.5) * gradient[..., None]
    values *= rng.uniform(0.85, 1.15, 3)
    return Image.fromarray((values * 255).clip(0, 255).astype(np.uint8))


def _published(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Blur, scale and compress it."""
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.2)))
    scale = rng.uniform(0.5, 1.2)
    width, height = (max(16, round(side * scale)) for side in image.size)
    body = io.BytesIO()
    image.resize((width, height)).save(body, "JPEG", quality=int(rng.integers(25, 90)))
    with Image.open(body) as again:
        return again.convert("RGB")


def _colour(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    grey = rng.uniform(low, high)
    red, green, blue = (int(np.clip(grey + rng.normal(0, 15), 0, 255)) for _ in range(3))
    return red, green, blue


def _grainy(image: Image.Image, rng: np.random.Generator, deviation: float) -> Image.Image:
    noise = rng.normal(0, deviation, (image.height, image.width, 1))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
