"""The two halves of a picture, for looking for what stands beside something else.

A visitor's photograph often holds two paintings, or a painting and much wall. A vector of the
whole is a mixture that is near to neither. So a picture that a search starts from is also looked
for by its halves; pictures of the pool keep one vector each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.process.descriptors import Descriptor

COUNT = 2
_VERSION_SUFFIX = "/halves"


def version_of_halves(version: str) -> str:
    """Return under which version of a descriptor the vectors of halves are kept."""
    return version + _VERSION_SUFFIX


def halves(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture cut in two across its longer side; one too narrow to cut, twice whole.

    Args:
        picture: RGB, H×W×3.
    """
    height, width = picture.shape[:2]
    if max(height, width) < COUNT:
        return picture, picture
    if width >= height:
        return picture[:, : width // 2], picture[:, width // 2 :]
    return picture[: height // 2], picture[height // 2 :]


def describe_halves(
    descriptor: Descriptor, pictures: Sequence[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """Return the unit vectors of both halves of each picture, N×2×D.

    Args:
        descriptor: Describes each half as a picture of its own.
        pictures: RGB, H×W×3, each of its own size; may be none at all.
    """
    parts = [part for picture in pictures for part in halves(picture)]
    return descriptor.describe(parts).reshape(len(pictures), COUNT, descriptor.dimensions)
