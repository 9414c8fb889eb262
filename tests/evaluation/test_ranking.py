from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from iiif_dedup.evaluation.ranking import (
    average_precision,
    hit_at,
    partner_ranks,
    precision_at,
    recall_at,
)

RANKS = np.array([2.0, 5.0, np.inf])


def test_ranks_count_what_is_nearer_and_ties_by_their_place() -> None:
    distances = np.array([0.5, 0.1, 0.5, np.inf, 0.2, 0.5], dtype=np.float32)
    assert partner_ranks(distances, np.array([2, 3, 4])).tolist() == [2, 4, np.inf]


def test_figures_of_a_ranking_worked_by_hand() -> None:
    # Partners at 2 and 5, a third one not proposed.
    assert [precision_at(RANKS, k) for k in (1, 2, 5)] == [0, 1 / 2, 2 / 5]
    assert [hit_at(RANKS, k) for k in (1, 2, 5)] == [0, 1, 1]
    assert [recall_at(RANKS, k) for k in (1, 2, 5)] == [0, 1 / 3, 2 / 3]
    assert average_precision(RANKS) == pytest.approx((1 / 2 + 2 / 5) / 3)
    assert average_precision(RANKS, 2) == pytest.approx((1 / 2) / 2)
    # With the query first: 1 of 1, 2 of 3, 3 of 6; at 4, two of the four asked for.
    assert average_precision(RANKS, with_query=True) == pytest.approx((1 + 2 / 3 + 3 / 6) / 4)
    assert average_precision(RANKS, 4, with_query=True) == pytest.approx((1 + 2 / 3) / 4)


def test_counting_the_query_gives_something_for_nothing() -> None:
    nothing = np.array([np.inf] * 3)
    assert average_precision(nothing, 4) == 0
    assert average_precision(nothing, 4, with_query=True) == 1 / 4


@settings(max_examples=25, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_average_precision_is_that_of_scikit_learn(relevant: list[bool]) -> None:
    distances = np.arange(len(relevant), dtype=np.float32)
    ranks = partner_ranks(distances, np.flatnonzero(relevant))
    expected = average_precision_score(relevant, -distances)
    assert average_precision(ranks) == pytest.approx(expected)
