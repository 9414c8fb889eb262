"""The parts of a picture, for looking for what stands beside something else.

A visitor's photograph often holds two paintings, or a painting and much wall. A vector of the
whole is a mixture that is near to neither. So a picture that a search starts from is also looked
for by its two halves, and by the rectangles that stand out in it; pictures of the pool keep one
vector each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.process.descriptors import Descriptor
from iiif_dedup.process.frames import MOST, cut, find_frames

MOST_PARTS = 2 + MOST
"""Two halves, and the frames that were found."""
_VERSION_SUFFIX = "/parts-1"


def version_of_parts(version: str) -> str:
    """Return under which version of a descriptor the vectors of parts are kept."""
    return version + _VERSION_SUFFIX


def parts(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the halves of a picture, then what is in each of its frames; 2 to 5 pictures.

    Args:
        picture: RGB, H×W×3.
    """
    return [*_halves(picture), *(cut(picture, box) for box in find_frames(picture))]


def describe_parts(
    descriptor: Descriptor, of_each: Sequence[Sequence[NDArray[np.uint8]]]
) -> list[NDArray[np.float32]]:
    """Return the unit vectors of the parts of each picture, N times P×D with P from 2 to 5.

    Args:
        descriptor: Describes each part as a picture of its own.
        of_each: The parts of each picture, which serve every descriptor; may be none at all.
    """
    vectors = descriptor.describe([part for some in of_each for part in some])
    ends = np.cumsum([len(some) for some in of_each], dtype=np.int64)
    return np.split(vectors, ends[:-1]) if of_each else []


def _halves(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture cut in two across its longer side; one too narrow to cut, twice whole."""
    height, width = picture.shape[:2]
    if max(height, width) < 2:
        return picture, picture
    if width >= height:
        return picture[:, : width // 2], picture[:, width // 2 :]
    return picture[: height // 2], picture[height // 2 :]
