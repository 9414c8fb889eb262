"""Precision, recall and F1 where neither truth nor answer is a plain yes or no (paper 003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiif_dedup.evaluation.metrics import OperatingPoint


def soft_f1(predicted: ArrayLike, agreed: ArrayLike) -> OperatingPoint:
    """Return soft precision, recall and F1 (paper 003, section 3, equations 6 to 12).

    What both say is a hit: sTP = Σ min(R, G). What the answer says beyond the truth is a false
    alarm: sFP = Σ max(R − G, 0). What it falls short is a miss: sFN = Σ max(G − R, 0). With values
    of 0 and 1 alone these are the usual figures. 0 where nothing is predicted or agreed on.

    Args:
        predicted: R, of each pair how far the method holds it for a match, 0 to 1.
        agreed: G, of each pair which share of the judges do, 0 to 1.
    """
    said, true = _shares(predicted, "predicted"), _shares(agreed, "agreed")
    if said.shape != true.shape:
        raise ValueError(f"expected as many predicted as agreed, got {said.shape} and {true.shape}")
    hits = float(np.minimum(said, true).sum())
    if hits == 0:
        return OperatingPoint(0.0, 0.0, 0.0)
    precision = hits / (hits + float(np.maximum(said - true, 0).sum()))
    recall = hits / (hits + float(np.maximum(true - said, 0).sum()))
    return OperatingPoint(precision, recall, 2 * precision * recall / (precision + recall))


def soft_f1_by_level(
    predicted: ArrayLike, agreed: ArrayLike, levels: Sequence[float]
) -> Mapping[float, OperatingPoint]:
    """Return the same with the truth cut at each level of agreement (paper 003, figure 7).

    A pair is a match at a level when at least that share of the judges agree on it. The paper
    draws the figure and gives no formula; this is our reading.

    Args:
        predicted: As for `soft_f1`.
        agreed: As for `soft_f1`.
        levels: Each in (0, 1].
    """
    shares = _shares(agreed, "agreed")
    return {level: soft_f1(predicted, shares >= level - 1e-9) for level in levels}


def _shares(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} must lie between 0 and 1, got {array.min()} to {array.max()}")
    return array
