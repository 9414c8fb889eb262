from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from iiif_dedup.evaluation.curves import Pooled


def pooled(partners: list[float], strangers: list[float], queries: int) -> Pooled:
    return Pooled(
        np.sort(np.array(partners, np.float32)), np.sort(np.array(strangers, np.float32)), queries
    )


FOUR = pooled([-0.2, 0.1, 0.3, np.inf], [0.2, 0.25, 0.5, 0.6, np.inf], 2)


def test_a_threshold_worked_by_hand() -> None:
    assert FOUR.at(0.25) == (0.25, 1 / 2, 1 / 2, 1 / 2, 1)
    nothing = FOUR.at(-1)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.false_alerts) == (1, 0, 0, 0)
    everything = FOUR.at(np.inf)
    assert (everything.recall, everything.false_alerts) == (3 / 4, 2)


def test_the_budget_lets_no_stranger_too_many_pass() -> None:
    assert FOUR.at_budget(0.5)[1:] == pytest.approx((2 / 3, 1 / 2, 4 / 7, 1 / 2))
    assert FOUR.at_budget(0.4)[1:] == pytest.approx((1, 1 / 2, 2 / 3, 0))
    assert FOUR.at_budget(100).recall == 3 / 4


def test_delta_moves_the_threshold() -> None:
    found = FOUR.against_delta([-0.5, -0.1, 0.0, 0.3])
    assert [one.recall for one in found] == [0, 1 / 4, 1 / 4, 3 / 4]
    assert [one.f1 for one in found] == pytest.approx([0, 2 / 5, 2 / 5, 2 * 0.6 * 0.75 / 1.35])


def test_curves_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    partners, strangers = rng.normal(0, 1, 40), rng.normal(1, 1, 150)
    curves = pooled(partners.tolist(), strangers.tolist(), 10)
    truth = [1] * 40 + [0] * 150
    scores = -np.concatenate([partners, strangers]).astype(np.float32)
    rates = zip(*roc_curve(truth, scores, drop_intermediate=False)[:2], strict=True)
    assert set(curves.roc()) == {(float(x), float(y)) for x, y in rates}
    precision, recall, _ = precision_recall_curve(truth, scores)
    expected = set(zip(precision.tolist(), recall.tolist(), strict=True))
    assert {(one.precision, one.recall) for one in curves.precision_recall()} <= expected


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    values = np.arange(5000, dtype=np.float32)
    curve = Pooled(values, values + 5000, 10).precision_recall()
    assert len(curve) == 400
    assert (curve[0].recall, curve[-1].recall) == (1 / 5000, 1)
