"""Two methods on the same trials: whether their difference is more than chance (paper 004).

Neither test knows that pictures of one thing are no independent trials. So hand them one figure a
thing, and call a method better only where the paired bootstrap over things excludes zero; see
`iiif_dedup.evaluation.haystack_figures.Figure.minus`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


class McNemar(NamedTuple):
    """Trials on which two methods differ.

    Attributes:
        only_first: Right by the first method alone.
        only_second: Right by the second alone.
        p: Probability of so uneven a split, or a more uneven one, were both equally good.
    """

    only_first: int
    only_second: int
    p: float


class PairedT(NamedTuple):
    """The mean difference of two methods.

    Attributes:
        difference: First minus second.
        t: Student's t; infinite where every trial differs by the same amount other than 0.
        p: Probability of a t as far from 0, were the mean difference 0.
    """

    difference: float
    t: float
    p: float


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """Return McNemar's test in its exact, two-sided form (paper 004, section 4, item 3).

    Args:
        first_right: Whether the first method is right, a boolean a trial.
        second_right: The same of the second on the same trials.
    """
    first, second = np.asarray(first_right, np.bool_), np.asarray(second_right, np.bool_)
    _check(first.shape, second.shape, least=1)
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(second & ~first))
    trials = only_first + only_second
    tail = sum(math.comb(trials, k) for k in range(min(only_first, only_second) + 1))
    return McNemar(only_first, only_second, min(1.0, 2 * tail / 2**trials))


def paired_t(first: ArrayLike, second: ArrayLike) -> PairedT:
    """Return the two-sided paired t-test (paper 004, section 4, item 2).

    Args:
        first: A figure a trial, two trials at least.
        second: The same of the second method on the same trials.
    """
    ours, theirs = np.asarray(first, np.float64), np.asarray(second, np.float64)
    _check(ours.shape, theirs.shape, least=2)
    differences = ours - theirs
    mean = float(differences.mean())
    error = float(differences.std(ddof=1)) / math.sqrt(len(differences))
    if error == 0:
        return PairedT(mean, math.copysign(math.inf, mean) if mean else 0.0, float(mean == 0))
    t = mean / error
    return PairedT(mean, t, float(2 * special.stdtr(len(differences) - 1, -abs(t))))


def _check(first: tuple[int, ...], second: tuple[int, ...], *, least: int) -> None:
    if len(first) != 1 or first != second or first[0] < least:
        raise ValueError(f"expected the same {least} or more trials, got {first} and {second}")
