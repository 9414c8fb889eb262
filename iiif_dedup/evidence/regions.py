"""Which surface two pictures share, once a transform between them is known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evidence.geometry import Size, corners, inverse, project

_GRID = 6
"""Cells a side of the overlap, over which inliers must be spread."""
_SPREAD = 0.3
"""Share of the overlap's cells with a feature near that must hold an inlier, for the whole overlap
to be the shared surface; otherwise it is what the inliers enclose."""


def shared_surface(
    transform: NDArray[np.float64], inliers: NDArray[np.float32], sizes: tuple[Size, Size]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the outline of the shared surface in the anchor and in the candidate, both K×2.

    It is where both pictures overlap when the inliers are spread over that. Otherwise, as when a
    painting hangs on two different walls, it is the quadrilateral around the inliers.

    Args:
        transform: From pixels of the anchor to those of the candidate.
        inliers: Their places in the candidate, pixels, N×2.
        sizes: Of both pictures.
    """
    overlap = _overlap(transform, *sizes)
    if spread(inliers, overlap) < _SPREAD:
        box = cv2.boxPoints(cv2.minAreaRect(inliers))
        overlap = _clipped(box.astype(np.float64), corners(sizes[1]))
    back = project(inverse(transform), overlap)
    width, height = sizes[0]
    return np.clip(back, 0, [width, height]), overlap


def spread(points: NDArray[np.float32], outline: NDArray[np.float64]) -> float:
    """Return the share of a 6×6 grid over an outline's box that holds a point, 0 to 1.

    Only cells whose middle is within the outline count.
    """
    low, high = outline.min(axis=0), outline.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    middles = low + (np.indices((_GRID, _GRID)).reshape(2, -1).T + 0.5) / _GRID * span
    contour = outline.astype(np.float32)
    within = [cv2.pointPolygonTest(contour, tuple(map(float, one)), False) >= 0 for one in middles]
    cells = np.floor((points - low) / span * _GRID).astype(int)
    cells = cells[((cells >= 0) & (cells < _GRID)).all(axis=1)]
    held = np.zeros((_GRID, _GRID), dtype=np.bool_)
    held[cells[:, 0], cells[:, 1]] = True
    inside = np.array(within).reshape(_GRID, _GRID)
    return float((held & inside).sum() / max(1, inside.sum()))


def _overlap(transform: NDArray[np.float64], anchor: Size, candidate: Size) -> NDArray[np.float64]:
    """Return where the anchor's rectangle lies in the candidate, clipped to it."""
    return _clipped(project(transform, corners(anchor)), corners(candidate))


def _clipped(polygon: NDArray[np.float64], rectangle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a convex polygon in a rectangle; the rectangle where there is none."""
    area, common = cv2.intersectConvexConvex(
        polygon.astype(np.float32), rectangle.astype(np.float32)
    )
    if area <= 0 or common is None or len(common) < 3:
        return rectangle
    return common.reshape(-1, 2).astype(np.float64)
