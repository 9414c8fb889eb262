"""Pairs of local features that are each other's nearest, and clearly so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATIO = 0.8
"""The nearest must be nearer than this share of the second nearest (Lowe, 2004, section 7.1)."""
_NEVER = -2.0
"""Below every product of unit vectors."""
_ROUNDING = 1e-4
"""Squared distances below which two features are equally near."""


def mutual_matches(
    anchor: NDArray[np.float32], candidate: NDArray[np.float32], ratio: float = RATIO
) -> NDArray[np.intp]:
    """Return pairs that are nearest to each other, by the ratio test seen from both sides.

    Args:
        anchor: Unit vectors, N×128.
        candidate: Unit vectors, M×128.
        ratio: Of the ratio test, 0 to 1.

    Returns:
        K×2, rows of the two, in the order of the anchor's.
    """
    if min(len(anchor), len(candidate)) < 2:
        return np.empty((0, 2), dtype=np.intp)
    products = anchor @ candidate.T
    rows = np.arange(len(anchor))
    nearest = products.argmax(axis=1)
    best = products[rows, nearest]
    products[rows, nearest] = _NEVER
    clear = _distance(best) < ratio * _distance(products.max(axis=1))
    products[rows, nearest] = best
    mutual = products.argmax(axis=0)[nearest] == rows
    rows = rows[clear & mutual]
    columns = nearest[rows]
    others = products[:, columns]
    others[rows, np.arange(len(rows))] = _NEVER
    if len(rows):
        clear = _distance(best[rows]) < ratio * _distance(others.max(axis=0))
        rows, columns = rows[clear], columns[clear]
    return np.stack([rows, columns], axis=1)


def matching_ratio(matches: int, anchor: int, candidate: int) -> float:
    """Return the SIFT matching ratio 2·M / (K_A + K_B), 0 to 1; paper 003, equation 5.

    Args:
        matches: Bidirectional matches M.
        anchor: Keypoints of the anchor, K_A.
        candidate: Keypoints of the candidate, K_B.
    """
    keypoints = anchor + candidate
    return 2 * matches / keypoints if keypoints else 0.0


def _distance(products: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Euclidean distances of unit vectors with these products."""
    return np.sqrt(np.maximum(2 - 2 * products, _ROUNDING))
