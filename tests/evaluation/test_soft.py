from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from iiif_dedup.evaluation.soft import soft_f1, soft_f1_by_level


def test_soft_f1_worked_by_hand() -> None:
    # sTP = 0.6 + 0 + 0.5, sFP = 0.2 + 0.3, sFN = 0.4.
    found = soft_f1([0.8, 0.3, 0.5], [0.6, 0.0, 0.9])
    assert found.precision == pytest.approx(1.1 / 1.6)
    assert found.recall == pytest.approx(1.1 / 1.5)
    assert found.f1 == pytest.approx(2 * 1.1 / (1.6 + 1.5))


def test_levels_cut_the_truth() -> None:
    found = soft_f1_by_level([1.0, 1.0, 0.0], [0.9, 0.3, 0.0], [0.3, 0.9, 1.0])
    assert found[0.3].f1 == 1
    assert found[0.9] == pytest.approx((1 / 2, 1, 2 / 3))
    assert found[1.0].f1 == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_of_yes_and_no_it_is_the_usual_f1(pairs: list[tuple[bool, bool]]) -> None:
    said, true = np.array(pairs).T
    expected = precision_recall_fscore_support(true, said, average="binary", zero_division=0)
    assert soft_f1(said, true) == pytest.approx(expected[:3])


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        soft_f1([1.2], [1])
    with pytest.raises(ValueError, match="as many"):
        soft_f1([1], [1, 0])
