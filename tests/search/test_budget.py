from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.search.budget import Background, BudgetStatus, BudgetTable, Scale, pooled


def _table(anchors: int = 100, size: int = 1000, seed: int = 1) -> BudgetTable:
    rng = np.random.default_rng(seed)
    return pooled(
        ((rng.normal(1, 0.1, size).astype(np.float32), 0.5) for _ in range(anchors)),
        Background.RAW,
    )


@pytest.mark.parametrize("budget", [0.05, 0.1, 1.0, 4.0])
def test_a_budget_within_what_was_seen_holds_on_other_anchors(budget: float) -> None:
    score, status = _table().threshold(budget, 1000)
    assert status is BudgetStatus.MET
    rng = np.random.default_rng(9)
    alerts = [(rng.normal(1, 0.1, 1000) <= 0.5 + score).sum() for _ in range(2000)]
    assert np.mean(alerts) == pytest.approx(budget, rel=0.7)


def test_on_its_own_anchors_a_budget_is_never_passed() -> None:
    table = _table()
    for budget in (0.01, 0.1, 1.0, 3.0):
        score, _ = table.threshold(budget, 1000)
        assert sum(found <= score for found in table.scores) <= budget * 100


def test_beyond_the_observed_tail_it_says_so() -> None:
    table = _table()
    rare, status = table.threshold(0.001, 1000)
    assert status is BudgetStatus.EXTRAPOLATED
    assert rare < table.scores[0]
    many, status = table.threshold(50, 1000)
    assert status is BudgetStatus.EXTRAPOLATED
    assert many > table.scores[-1]


def test_a_larger_pool_makes_the_threshold_stricter() -> None:
    table = _table()
    assert table.threshold(1.0, 5000)[0] < table.threshold(1.0, 1000)[0]


def test_without_anchors_nothing_is_promised() -> None:
    empty = pooled([], Background.RAW)
    assert empty.threshold(0.1, 10) == (0.0, BudgetStatus.UNCALIBRATED)
    with pytest.raises(ValueError, match="positive"):
        empty.threshold(0, 10)


@given(st.sampled_from(list(Background)), st.floats(0.001, 100), st.integers(1, 10**6))
def test_every_budget_has_a_finite_threshold(
    background: Background, budget: float, size: int
) -> None:
    rng = np.random.default_rng(2)
    table = pooled(((rng.random(30).astype(np.float32), 0.2) for _ in range(4)), background)
    score, _ = table.threshold(budget, size)
    assert np.isfinite(score)


@pytest.mark.parametrize("background", list(Background))
def test_scores_and_norms_are_inverse(background: Background) -> None:
    norms = np.random.default_rng(1).random(200).astype(np.float32)
    scale = Scale.of(norms, 0.3, background)
    assert [scale.norm(float(score)) for score in scale.scores(norms)] == pytest.approx(
        norms.tolist(), abs=1e-5
    )


def test_a_table_survives_json() -> None:
    table = _table()
    assert BudgetTable.from_json(json.loads(json.dumps(table.to_json()))) == table
