"""Photographs as visitors take them, made from catalogue pictures, with exact truth.

Pictures are framed, hung on a wall, lit, photographed by a pinhole camera, and spoilt in one way
or another. The wall is flat, so one homography says where each picture is seen.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evaluation.composites import camera, captions
from iiif_dedup.evaluation.composites.frames import Hung, framed, unframed
from iiif_dedup.evaluation.composites.light import badly_lit
from iiif_dedup.evaluation.composites.textures import Levels, resized
from iiif_dedup.evaluation.composites.walls import hang, lit_from_above, wall
from iiif_dedup.types import Point

Pixels: TypeAlias = NDArray[np.uint8]

VERSION = "1"
"""Raised whenever the same seed gives another picture."""
_SIDES = (500, 901)
"""Least longer side of a composite, and one more than the greatest."""
_HUNG_SIDES = (720, 480)
"""Longer side of a picture that hangs alone, and of two on one wall."""


class Kind(StrEnum):
    """What a composite is hard by."""

    PLAIN = "plain"
    FRAMED = "framed"
    WALL = "wall"
    PAIR = "pair"
    CAPTIONED = "captioned"
    NOISE = "noise"
    LIGHT = "light"
    PERSPECTIVE = "perspective"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in a composite.

    Attributes:
        index: Of the picture among those given.
        outline: Where its corners are, from its own upper left one with the clock. Where the
            composite cuts the picture they lie outside 0 to 1; `visible` cuts them too.
    """

    index: int
    outline: tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Composite:
    """A photograph that was made, and what it shows.

    Attributes:
        pixels: RGB, H×W×3, uint8; the longer side has 500 to 900 pixels, and a caption below
            may add to the height.
        kind: What it is hard by.
        shown: The pictures in it, from the left or from above; two in a pair, else one.
    """

    pixels: Pixels
    kind: Kind
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """How pictures of one kind are hung and looked at.

    Attributes:
        framed: Chance that a picture has a frame.
        margins: Least and most wall on each side, as shares of what hangs there.
        turn: Least and most degrees aside; see `camera.look_at`.
    """

    framed: float
    margins: tuple[float, float]
    turn: tuple[float, float]


_WALL = _Way(0.6, (0.08, 0.7), (0, 20))
_WAYS: Mapping[Kind, _Way] = {
    Kind.PLAIN: _Way(0, (-0.04, 0.01), (0, 8)),
    Kind.FRAMED: _Way(1, (-0.005, 0.06), (0, 10)),
    Kind.WALL: _WALL,
    Kind.PAIR: _Way(0.6, (0.02, 0.2), (0, 15)),
    Kind.CAPTIONED: _Way(0.5, (0.02, 0.3), (0, 12)),
    Kind.NOISE: _Way(0.5, (0.0, 0.3), (0, 15)),
    Kind.LIGHT: _Way(0.5, (0.0, 0.3), (0, 15)),
    Kind.PERSPECTIVE: _Way(0.6, (0.02, 0.25), (28, 48)),
    Kind.UNKNOWN: _WALL,
}


def generator(kind: Kind, seed: int, index: int) -> np.random.Generator:
    """Return what the composite of that number draws from, whatever else is made."""
    return np.random.default_rng([seed, zlib.crc32(kind.encode()), index])


def compose(kind: Kind, pictures: Sequence[Pixels], rng: np.random.Generator) -> Composite:
    """Return a photograph of one of the pictures, or of two.

    Args:
        kind: What it is to be hard by. Of an unknown one the caller gives pictures that are not
            in its catalogue.
        pictures: RGB, H×W×3, uint8, sides of at least 32 pixels.
        rng: What everything is drawn from; the same state gives the same composite.

    Raises:
        ValueError: There are fewer pictures than the kind shows.
    """
    count = 2 if kind is Kind.PAIR else 1
    if len(pictures) < count:
        raise ValueError(f"A composite {kind} shows {count} pictures, {len(pictures)} were given.")
    way = _WAYS[kind]
    indices = rng.choice(len(pictures), count, replace=False).tolist()
    wording = int(rng.integers(3)) if kind is Kind.CAPTIONED else None
    hung = []
    for index in indices:
        picture = _at_size(pictures[index], _HUNG_SIDES[count - 1], rng)
        if wording == 0:
            picture = captions.printed_into(picture, rng)
        hung.append(framed(picture, rng) if rng.random() < way.framed else unframed(picture))
    labelled = wording == 1 or rng.random() < 0.25
    around = 0.15 + 0.6 * way.margins[1] + way.turn[1] / 200
    scene, places = _hang(hung, around, rng, labelled=labelled)
    box = _around(hung, places)
    matrix, shape = camera.look_at(
        box,
        turn=rng.uniform(*way.turn),
        margins=rng.uniform(*way.margins, 4),
        longest=int(rng.integers(*_SIDES)),
        rng=rng,
    )
    levels = camera.exposed(camera.take(scene, matrix, shape), rng)
    if wording == 2:
        levels = captions.with_bar_below(levels, rng)
    if kind is Kind.LIGHT:
        levels = badly_lit(levels, rng)
    if kind is Kind.NOISE:
        levels = _noisy(levels, rng)
    size = (levels.shape[1], levels.shape[0])
    return Composite(
        camera.filed(levels, int(rng.integers(70, 93))),
        kind,
        tuple(
            Shown(index, _outline(one, place, matrix, size))
            for index, one, place in zip(indices, hung, places, strict=True)
        ),
    )


def visible(outline: Sequence[Point]) -> tuple[Point, ...]:
    """Return the corners of what a photograph shows of an outline; none where it shows nothing."""
    photograph = camera.rectangle(0, 0, 1, 1).astype(np.float32)
    _, corners = cv2.intersectConvexConvex(np.array(outline, dtype=np.float32), photograph)
    if corners is None or len(corners) < 3:
        return ()
    return tuple((float(x), float(y)) for x, y in corners.reshape(-1, 2).clip(0, 1))


def _at_size(picture: Pixels, longest: int, rng: np.random.Generator) -> Levels:
    scale = longest * rng.uniform(0.75, 1.0) / max(picture.shape[:2])
    height, width = (max(16, round(side * scale)) for side in picture.shape[:2])
    return resized(picture.astype(np.float32), (height, width)).clip(0, 255)


def _hang(
    hung: Sequence[Hung], around: float, rng: np.random.Generator, *, labelled: bool
) -> tuple[Levels, list[tuple[int, int]]]:
    """Return a lit wall with the pictures, and the column and row where each begins.

    The wall goes on by `around` lengths of what hangs there, and is mirrored beyond.
    """
    sizes = np.array([(one.pixels.shape[1], one.pixels.shape[0]) for one in hung])
    gap = round(sizes.max() * (rng.uniform(0.08, 0.5) + 0.2 * labelled))
    axis = int(rng.random() < 0.25)
    extent = sizes.max(axis=0)
    extent[axis] = sizes[:, axis].sum() + gap * (len(hung) - 1)
    margin = round(around * extent.max())
    places, reached = [], margin
    for size in sizes:
        place = np.array([margin, margin])
        place[axis] = reached
        place[1 - axis] += (extent[1 - axis] - size[1 - axis]) * rng.uniform(0.3, 0.7)
        places.append((int(place[0]), int(place[1])))
        reached += size[axis] + gap
    width, height = (extent + 2 * margin).tolist()
    scene = wall((height, width), rng)
    for one, (left, top) in zip(hung, places, strict=True):
        hang(scene, one, left, top, rng)
        if labelled:
            _label(scene, one, left, top, rng)
    scene *= lit_from_above((height, width), rng)[..., np.newaxis]
    return scene, places


def _label(scene: Levels, one: Hung, left: int, top: int, rng: np.random.Generator) -> None:
    """Put a label on the wall, to the right of a picture's lower end."""
    height, width = one.pixels.shape[:2]
    paper = captions.card(round(max(height, width) * rng.uniform(0.06, 0.1)), rng)
    x = left + width + round(0.04 * width)
    y = top + round(height * rng.uniform(0.5, 0.85))
    room = scene[y : y + paper.shape[0], x : x + paper.shape[1]]
    room[:] = paper[: room.shape[0], : room.shape[1]]


def _around(hung: Sequence[Hung], places: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    starts = np.array(places, dtype=np.float64)
    ends = starts + [(one.pixels.shape[1], one.pixels.shape[0]) for one in hung]
    return np.concatenate([starts.min(axis=0), ends.max(axis=0)])


def _noisy(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph with the grain of a dark room, dead pixels, or both."""
    which = rng.integers(3)
    if which != 1:
        levels = camera.sensor_noise(levels, rng, rng.uniform(10, 28))
    if which != 0:
        levels = camera.impulse_noise(levels, rng, rng.uniform(0.01, 0.08))
    return levels


def _outline(
    one: Hung, place: tuple[int, int], matrix: camera.Matrix, size: tuple[int, int]
) -> tuple[Point, Point, Point, Point]:
    left, top = place[0] + one.left, place[1] + one.top
    corners = camera.rectangle(left, top, left + one.width, top + one.height)
    a, b, c, d = camera.project(matrix, corners) / size
    return _point(a), _point(b), _point(c), _point(d)


def _point(place: NDArray[np.float64]) -> Point:
    return float(place[0]), float(place[1])
