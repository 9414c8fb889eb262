from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iiif_dedup.evaluation.comparing import mcnemar, paired_t


def test_mcnemar_worked_by_hand() -> None:
    # 5 against 1: 2 · (1 + 6) / 64.
    first = [1] * 5 + [0] + [1] * 4
    second = [0] * 5 + [1] + [1] * 4
    assert list(mcnemar(first, second)) == pytest.approx([5, 1, 14 / 64])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_mcnemar_is_a_binomial_test(trials: list[tuple[bool, bool]]) -> None:
    first, second = np.array(trials).T
    found = mcnemar(first, second)
    differing = found.only_first + found.only_second
    expected = stats.binomtest(found.only_first, differing, 0.5).pvalue if differing else 1.0
    assert found.p == pytest.approx(expected)


def test_paired_t_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random(20), rng.random(20)
    expected = stats.ttest_rel(first, second)
    found = paired_t(first, second)
    assert (found.t, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.difference == pytest.approx((first - second).mean())


def test_differences_that_do_not_vary() -> None:
    assert paired_t([1, 2], [1, 2]) == (0, 0, 1)
    assert paired_t([1, 2], [2, 3]) == (-1, -math.inf, 0)


def test_trials_that_are_not_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="the same 2 or more trials"):
        paired_t([1], [1])
    with pytest.raises(ValueError, match="the same 1 or more trials"):
        mcnemar([1, 0], [1])
