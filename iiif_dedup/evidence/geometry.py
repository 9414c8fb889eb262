"""One transform that explains many matches at once, and how surprising that is.

A bare count of inliers ranks well and decides badly: among many matches some always agree. So a
transform is judged a contrario (Desolneux, Moisan and Morel, 2000; for transforms Moisan and
Stival, 2004): how many such agreements would matches that lie anywhere give by chance alone?
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

_REPROJECTION = 4.0
"""Pixels within which MAGSAC's homography takes a match for an inlier; and 1.5 times that for a
similarity, which follows no perspective. The surprise finds its own tolerance."""
_ITERATIONS = 2000
_CONFIDENCE = 0.999
_HALF_A_PIXEL = 0.25
"""Square of the error below which nothing is surprising any more."""
_LARGEST_STRETCH = 3.0
"""Of opposite sides to each other, and of the picture's proportions."""
_LARGEST_SCALE = 1000.0
"""Of areas."""
_HOMOGRAPHY, _SIMILARITY = 4, 2
"""Matches that determine each."""
_LOG_FACTORIALS = np.concatenate([[0.0], np.cumsum(np.log10(np.arange(1, 10_000)))])
"""Of every number of matches that there can be."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Matches that one transform explains.

    Attributes:
        transform: float64 3×3, from pixels of the anchor to those of the candidate.
        inliers: bool, M; which of the matches.
        surprise: −log₁₀ of the expected number of such agreements by chance, > 0.
    """

    transform: NDArray[np.float64]
    inliers: NDArray[np.bool_]
    surprise: float


Size = tuple[int, int]
"""Width and height, pixels."""


def best_agreement(
    anchor: NDArray[np.float32], candidate: NDArray[np.float32], sizes: tuple[Size, Size]
) -> Agreement | None:
    """Return the most surprising of a homography and a similarity, None when neither surprises.

    The same matches give the same answer.

    Args:
        anchor: Places of the matches in the anchor, pixels, M×2.
        candidate: The same in the candidate.
        sizes: Of both pictures.
    """
    found = []
    if len(anchor) >= _HOMOGRAPHY:
        transform = _homography(anchor, candidate)
        if transform is not None and is_plausible(transform, *sizes):
            found.append(_judge(transform, anchor, candidate, sizes, _HOMOGRAPHY))
    if len(anchor) > _SIMILARITY:
        transform = _similarity(anchor, candidate)
        if transform is not None and is_plausible(transform, *sizes):
            found.append(_judge(transform, anchor, candidate, sizes, _SIMILARITY))
    best = max(found, key=lambda each: each.surprise, default=None)
    return best if best is not None and best.surprise > 0 else None


def _homography(
    anchor: NDArray[np.float32], candidate: NDArray[np.float32]
) -> NDArray[np.float64] | None:
    found, _ = cv2.findHomography(
        anchor,
        candidate,
        cv2.USAC_MAGSAC,
        _REPROJECTION,
        maxIters=_ITERATIONS,
        confidence=_CONFIDENCE,
    )
    return None if found is None else np.asarray(found, dtype=np.float64)


def _similarity(
    anchor: NDArray[np.float32], candidate: NDArray[np.float32]
) -> NDArray[np.float64] | None:
    found: MatLike | None  # which OpenCV's own types forget to say
    found, _ = cv2.estimateAffinePartial2D(
        anchor,
        candidate,
        method=cv2.RANSAC,
        ransacReprojThreshold=1.5 * _REPROJECTION,
        maxIters=_ITERATIONS,
        confidence=_CONFIDENCE,
    )
    return None if found is None else np.vstack([found, [0.0, 0.0, 1.0]])


def is_plausible(transform: NDArray[np.float64], anchor: Size, candidate: Size) -> bool:
    """Tell whether a camera could have seen the anchor's rectangle so.

    Its image must be a convex quadrilateral with no corner behind the camera, the same way round,
    neither vanishing nor stretched.
    """
    if not np.isfinite(transform).all() or abs(np.linalg.det(transform)) < 1e-9:
        return False
    width, height = anchor
    rectangle = corners(anchor)
    depths = np.column_stack([rectangle, np.ones(4)]) @ transform[2]
    if (depths * depths[0] <= 0).any():
        return False
    quadrilateral = project(transform, rectangle)
    sides = np.roll(quadrilateral, -1, axis=0) - quadrilateral
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    if (turns <= 0).any():
        return False
    area = abs(cv2.contourArea(quadrilateral.astype(np.float32))) / (candidate[0] * candidate[1])
    if not 1 / _LARGEST_SCALE < area < _LARGEST_SCALE:
        return False
    top, right, bottom, left = np.linalg.norm(sides, axis=1)
    stretches = (top / bottom, left / right, (top + bottom) / (left + right) / (width / height))
    return all(1 / _LARGEST_STRETCH < stretch < _LARGEST_STRETCH for stretch in stretches)


def corners(size: Size) -> NDArray[np.float64]:
    """Return the corners of a picture, clockwise from the upper left, 4×2."""
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)


def project(transform: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a transform takes points, N×2."""
    projected = np.column_stack([points, np.ones(len(points))]) @ transform.T
    return np.asarray(projected[:, :2] / projected[:, 2:], dtype=np.float64)


def inverse(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the transform back."""
    return np.asarray(np.linalg.inv(transform), dtype=np.float64)


def _judge(
    transform: NDArray[np.float64],
    anchor: NDArray[np.float32],
    candidate: NDArray[np.float32],
    sizes: tuple[Size, Size],
    sample: int,
) -> Agreement:
    chances = np.maximum(
        _chances(transform, anchor, candidate, sizes[1]),
        _chances(inverse(transform), candidate, anchor, sizes[0]),
    )
    surprise, tolerance = _surprise(chances, sample)
    return Agreement(transform, chances <= tolerance, surprise)


def _chances(
    transform: NDArray[np.float64],
    points: NDArray[np.float32],
    others: NDArray[np.float32],
    size: Size,
) -> NDArray[np.float64]:
    """Return for each match how likely a point anywhere in a picture is as near, 0 to 1."""
    missed = project(transform, points.astype(np.float64)) - others
    squares = np.maximum((missed**2).sum(axis=1), _HALF_A_PIXEL)
    return np.asarray(np.minimum(np.pi * squares / (size[0] * size[1]), 1.0))


def _surprise(chances: NDArray[np.float64], sample: int) -> tuple[float, float]:
    """Return −log₁₀ of the least expected number of false agreements, and its tolerance.

    For the k best of n matches it is (n − s)·C(n, k)·C(k, s)·α_k^(k − s): Moisan and Stival,
    2004, equation 11, with s matches in a sample and α_k the chance of the worst of the k.
    """
    count = len(chances)
    alphas = np.sort(chances)[sample:]
    sizes = np.arange(sample + 1, count + 1)
    if not len(sizes):
        return 0.0, 0.0
    expected = (
        np.log10(count - sample)
        + _log_choose(count, sizes)
        + _log_choose(sizes, sample)
        + (sizes - sample) * np.log10(alphas)
    )
    best = int(np.argmin(expected))
    return float(-expected[best]), float(alphas[best])


def _log_choose(
    above: int | NDArray[np.int64], below: int | NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return log₁₀ of binomial coefficients."""
    return np.asarray(
        _LOG_FACTORIALS[above] - _LOG_FACTORIALS[below] - _LOG_FACTORIALS[above - below]
    )
