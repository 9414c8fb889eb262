"""The tile: what a picture shows, small, as the encoders' input (the paper's section 4.2).

The same object photographed twice lies on another part of another ground, and on a page of
drawings the white paper is most of what a small picture shows. So a plain ground is cut off, and
a line drawing is turned into light lines on black: then paper weighs nothing, and what a turned
or shifted view lets in from outside, which is black, looks like its ground.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.types import TILE_SHAPE

PREPROCESSING = "tile32/2"
"""Name of what `decode` and `tile` do together; stored with every tile, raised when it changes."""

_LOOK_SIDE = 128
"""Pixels of the reduced picture on which ground and content are told apart."""
_TOLERANCE = 24
"""Levels of any channel by which the ground may differ from a plane."""
_PLAIN = 0.8
"""Part of the rim that must lie on one plane for it to be a ground."""
_LEAST_CONTENT = 0.02
"""Part of a row that must differ from the ground for the row to be content; so for columns."""
_LEAST_SIDE = 0.1
"""Least part of a side that is left by a crop; less is dust on an empty page."""
_PAPER = 200
"""Least level of the ground of a drawing."""
_GREY = 20
"""Most levels by which the channels of a drawing's ink differ on average."""
_INK = 0.6
"""Most of a drawing's pixels that may differ from its ground."""


def tile(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture's content, sides not in proportion, averaged over areas to 32×32.

    Args:
        pixels: RGB, H×W×3.

    Returns:
        RGB, 32×32×3, contiguous.
    """
    return content(pixels, TILE_SHAPE[0])


def content(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return what `tile` does, side×side×3.

    Args:
        pixels: RGB, H×W×3.
        side: Pixels.
    """
    picture = Image.fromarray(pixels)
    size = (min(picture.width, _LOOK_SIDE), min(picture.height, _LOOK_SIDE))
    look = np.asarray(picture.resize(size, Image.Resampling.BOX))
    ground = _ground(look)
    if ground is None:
        return _shrunk(picture, (0, 0, picture.width, picture.height), side)
    differs = np.abs(look - ground).max(axis=2) > _TOLERANCE
    across, down = _extent(differs, axis=0), _extent(differs, axis=1)
    box = (
        across[0] * picture.width,
        down[0] * picture.height,
        across[1] * picture.width,
        down[1] * picture.height,
    )
    small = _shrunk(picture, box, side)
    return _light_on_black(small) if _is_drawing(look, ground, differs) else small


def _shrunk(
    picture: Image.Image, box: tuple[float, float, float, float], side: int
) -> NDArray[np.uint8]:
    return np.array(picture.resize((side, side), Image.Resampling.BOX, box=box))


def _ground(look: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Return the plain ground as if nothing stood on it, H×W×3; None where the rim is not plain.

    Backdrops are darker on one side, so the ground is a plane through the rim's levels.
    """
    height, width = look.shape[:2]
    down, across = np.indices((height, width)).reshape(2, -1)
    rim = (down == 0) | (down == height - 1) | (across == 0) | (across == width - 1)
    terms = np.stack([np.ones(height * width), down, across], axis=1)
    levels = look.reshape(-1, 3).astype(np.float64)
    plane = terms @ np.linalg.lstsq(terms[rim], levels[rim], rcond=None)[0]
    plain = np.abs(levels - plane).max(axis=1)[rim] <= _TOLERANCE
    return plane.reshape(look.shape) if plain.mean() >= _PLAIN else None


def _extent(differs: NDArray[np.bool_], axis: int) -> tuple[float, float]:
    """Return where content begins and ends along an axis, in parts of the side."""
    side = differs.shape[1 - axis]
    lines = np.flatnonzero(differs.mean(axis=axis) >= _LEAST_CONTENT)
    if not len(lines) or (lines[-1] + 1 - lines[0]) / side < _LEAST_SIDE:
        return 0.0, 1.0
    return lines[0] / side, (lines[-1] + 1) / side


def _is_drawing(
    look: NDArray[np.uint8], ground: NDArray[np.float64], differs: NDArray[np.bool_]
) -> bool:
    """Tell whether a picture is ink on paper: light ground, no colour, not much ink."""
    if ground.min() < _PAPER or not 0 < differs.mean() <= _INK:
        return False
    ink = look[differs].astype(np.int16)
    return bool((ink.max(axis=1) - ink.min(axis=1)).mean() <= _GREY)


def _light_on_black(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a drawing with light lines on black, stretched to all levels.

    Lines thinner than a pixel of the tile are averaged to a faint grey.
    """
    levels = 255 - small.astype(np.float32)
    least, most = levels.min(), levels.max()
    if most - least < 1:
        return small
    stretched: NDArray[np.uint8] = ((levels - least) * (255 / (most - least))).round().astype("u1")
    return stretched
