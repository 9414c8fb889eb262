"""Pictures that show what local features found: the matches, one laid over the other, what differs.

All are RGB and have no words and no legend in them, so that they serve in any language.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evidence.local import LocalEvidence, Shared
from iiif_dedup.types import Point

QUALITY = 88
"""Of the JPEG files."""
SIDE = 560
"""Most pixels of each side of each of the two pictures."""
LINES, DOTS = 40, 120
"""Most lines of one surface, and most dots in each picture: more would hide what they are on."""

_MOST_ENLARGED = 4.0
_GAP, _MARGIN = 24, 6
"""Pixels between the two pictures, and around them, where outlines go."""
_BACKGROUND = 255
_COLOURS = ((255, 176, 0), (86, 180, 233), (0, 200, 140), (220, 80, 160))
"""Of surfaces, the most surprising first; told apart by colour-blind people, too."""
_DARK = (20, 20, 20)
_FRACTION = 4
"""Bits of a pixel's fraction in which places are handed to OpenCV."""

Picture = NDArray[np.uint8]


def matches_picture(anchor: Picture, candidate: Picture, local: LocalEvidence | None) -> Picture:
    """Return both pictures side by side, with their shared surfaces and the features on them.

    Every surface has a colour: its outline in both pictures, dots at features, and lines between
    features that correspond, as many as can be seen apart. Without a shared surface the pictures
    stand side by side.

    Args:
        anchor: RGB, H×W×3; on the left.
        candidate: RGB, of any size of its own; on the right.
        local: Of the two.
    """
    left, right = _fitted(anchor), _fitted(candidate)
    height = max(left.shape[0], right.shape[0]) + 2 * _MARGIN
    width = left.shape[1] + _GAP + right.shape[1] + 2 * _MARGIN
    canvas = np.full((height, width, 3), _BACKGROUND, np.uint8)
    places = []
    for picture, x in ((left, _MARGIN), (right, width - _MARGIN - right.shape[1])):
        y = (height - picture.shape[0]) // 2
        canvas[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
        places.append(np.array([x, y, picture.shape[1], picture.shape[0]], dtype=np.float64))
    # The most surprising one last, on top of the others.
    for shared, colour in reversed(
        list(zip(local.shared if local else (), _COLOURS, strict=False))
    ):
        _draw(canvas, shared, places, colour)
    return canvas


def as_jpeg(picture: Picture) -> bytes:
    """Return a picture as a JPEG file, the same for the same picture."""
    body = io.BytesIO()
    Image.fromarray(picture).save(body, "JPEG", quality=QUALITY)
    return body.getvalue()


def _fitted(picture: Picture) -> Picture:
    """Return a picture as large as fits; tiny ones are enlarged fourfold at most."""
    height, width = picture.shape[:2]
    share = min(SIDE / max(height, width), _MOST_ENLARGED)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    how = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def _draw(
    canvas: Picture,
    shared: Shared,
    places: list[NDArray[np.float64]],
    colour: tuple[int, int, int],
) -> None:
    outlines = [_laid(shared.region.anchor, places[0]), _laid(shared.region.candidate, places[1])]
    ours = _laid(shared.anchor / np.array(shared.sizes[0]), places[0])
    theirs = _laid(shared.candidate / np.array(shared.sizes[1]), places[1])
    chosen = _spread(ours, DOTS)
    lines = canvas.copy()
    for index in chosen[:LINES]:
        cv2.line(lines, ours[index], theirs[index], colour, 1, cv2.LINE_AA, _FRACTION)
    cv2.addWeighted(lines, 0.75, canvas, 0.25, 0, dst=canvas)
    for width, of_line in ((5, _DARK), (2, colour)):
        cv2.polylines(canvas, outlines, True, of_line, width, cv2.LINE_AA, _FRACTION)
    for point in np.concatenate([ours[chosen], theirs[chosen]]):
        for radius, of_dot in ((3, _DARK), (2, colour)):
            cv2.circle(canvas, point, radius << _FRACTION, of_dot, -1, cv2.LINE_AA, _FRACTION)


def _laid(
    shares: tuple[Point, ...] | NDArray[np.float64], place: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return where shares of a picture lie on the canvas, as OpenCV's fixed-point numbers."""
    found = np.asarray(shares, dtype=np.float64).reshape(-1, 2) * place[2:] + place[:2]
    return np.asarray(np.rint(found * 2**_FRACTION), dtype=np.int32)


def _spread(points: NDArray[np.int32], most: int) -> list[int]:
    """Return which points to take so that they lie far apart: each the farthest from the others."""
    if not len(points):
        return []
    chosen = [0]
    distances = np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < min(most, len(points)):
        chosen.append(int(distances.argmax()))
        distances = np.minimum(distances, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen
