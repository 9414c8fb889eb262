"""How well two pictures agree once one is laid over the other.

Matched features say that a surface is shared; they do not see where it was painted differently.
Two versions of one composition match in many places and disagree in others.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evidence.geometry import Size, inverse
from iiif_dedup.evidence.local import Shared

SIDE = 256
"""Pixels of the longer side of the anchor in which the two are compared."""
_CELLS = 16
"""Cells on the longer side; each is compared with its counterpart alone, so that light that falls
from one side changes nothing."""
_TEXTURE = 4.0
"""Levels by which a cell must deviate in one of the two to say anything."""
_LEAST_CELLS = 4


def overlay_agreement(
    anchor: NDArray[np.uint8], candidate: NDArray[np.uint8], shared: Shared
) -> float | None:
    """Return how the pixels of a shared surface correlate, −1 to 1; None where nothing is textured.

    It is the mean, over the surface's cells, of the correlation of the two pictures' lightness.

    Args:
        anchor: RGB, H×W×3.
        candidate: RGB, H×W×3.
        shared: What they share.
    """
    ours, theirs, mask = aligned(anchor, candidate, shared, SIDE)
    one, other = _grey(ours), _grey(theirs)
    step = SIDE // _CELLS
    found = []
    for top in range(0, mask.shape[0] - step + 1, step):
        for left in range(0, mask.shape[1] - step + 1, step):
            cell = slice(top, top + step), slice(left, left + step)
            if mask[cell].all():
                value = _correlation(one[cell], other[cell])
                found += [] if value is None else [value]
    return float(np.mean(found)) if len(found) >= _LEAST_CELLS else None


def aligned(
    anchor: NDArray[np.uint8], candidate: NDArray[np.uint8], shared: Shared, side: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Return the anchor, the candidate laid over it, and where both show the shared surface.

    Args:
        anchor: RGB, H×W×3.
        candidate: RGB, H×W×3.
        shared: What they share.
        side: Pixels of the longer side of what is returned.

    Returns:
        Two pictures h×w×3 and a mask h×w.
    """
    height, width = anchor.shape[:2]
    share = side / max(height, width)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    ours = np.asarray(cv2.resize(anchor, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    outline = np.array(shared.region.anchor, dtype=np.float64) * size
    theirs = _shrunk(candidate, shared, cv2.contourArea(outline.astype(np.float32)))
    # The transform speaks of pixels of the features' pictures: scale to these, and from these.
    whole = (
        _scaling(shared.sizes[0], size)
        @ inverse(shared.transform)
        @ _scaling((theirs.shape[1], theirs.shape[0]), shared.sizes[1])
    )
    laid = np.asarray(cv2.warpPerspective(theirs, whole, size), dtype=np.uint8)
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 1)
    return ours, laid, mask.astype(np.bool_)


def _shrunk(candidate: NDArray[np.uint8], shared: Shared, area: float) -> NDArray[np.uint8]:
    """Return a picture no larger than what is to be seen of it, since warping skips pixels."""
    height, width = candidate.shape[:2]
    outline = np.array(shared.region.candidate, dtype=np.float64) * (width, height)
    share = math.sqrt(area / max(1.0, cv2.contourArea(outline.astype(np.float32))))
    if share >= 1:
        return candidate
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(candidate, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _scaling(before: Size, after: Size) -> NDArray[np.float64]:
    return np.diag([after[0] / before[0], after[1] / before[1], 1.0])


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (5, 5), 0), dtype=np.float32)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """Return Pearson's correlation of two cells, None where neither has a texture."""
    deviations = float(one.std()), float(other.std())
    if max(deviations) < _TEXTURE:
        return None
    product = float(((one - one.mean()) * (other - other.mean())).mean())
    return product / max(deviations[0] * deviations[1], 1e-6)
