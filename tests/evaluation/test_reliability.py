from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from iiif_dedup.evaluation.reliability import (
    brier_score,
    brier_skill,
    expected_calibration_error,
    reliability,
)

PREDICTED = [0.1, 0.1, 0.3, 0.3, 0.8, 0.8, 0.9, 0.9]
TRUE = [0, 0, 0, 1, 1, 0, 1, 1]


def test_bins_of_equal_mass_worked_by_hand() -> None:
    low, high = reliability(PREDICTED, TRUE, bins=2)
    assert [low.predicted, low.observed.estimate, low.pairs] == pytest.approx([0.2, 1 / 4, 4])
    assert [high.predicted, high.observed.estimate, high.pairs] == pytest.approx([0.85, 3 / 4, 4])
    assert low.observed.low < 1 / 4 < low.observed.high
    assert expected_calibration_error([low, high]) == pytest.approx((0.05 + 0.10) / 2)


def test_brier_worked_by_hand() -> None:
    expected = (2 * 0.01 + 0.09 + 0.49 + 0.04 + 0.64 + 2 * 0.01) / 8
    assert brier_score(PREDICTED, TRUE) == pytest.approx(expected)
    assert brier_score(PREDICTED, TRUE) == pytest.approx(brier_score_loss(TRUE, PREDICTED))
    assert brier_skill(PREDICTED, TRUE) == pytest.approx(1 - expected / 0.25)
    assert brier_skill([0.5] * 4, [0, 1, 0, 1]) == 0
    assert brier_skill([0.5], [1]) is None


def test_bins_are_those_of_scikit_learn_where_no_two_are_equal() -> None:
    rng = np.random.default_rng(1)
    given = rng.random(500)
    true = rng.random(500) < given**2
    observed, predicted = calibration_curve(true, given, n_bins=10, strategy="quantile")
    bins = reliability(given, true, bins=10)
    assert [one.pairs for one in bins] == [50] * 10
    assert [one.predicted for one in bins] == pytest.approx(predicted, abs=0.01)
    assert [one.observed.estimate for one in bins] == pytest.approx(observed, abs=0.03)


def test_equal_probabilities_stay_together() -> None:
    bins = reliability([0.0] * 95 + [0.9] * 5, [0] * 95 + [1] * 5, bins=10)
    assert [(one.predicted, one.pairs) for one in bins] == [(0, 95), (pytest.approx(0.9), 5)]


def test_fewer_pairs_than_bins() -> None:
    assert [one.pairs for one in reliability([0.2, 0.7, 0.7], [0, 1, 0], bins=10)] == [1, 2]


def test_calibrated_predictions_have_a_small_error() -> None:
    rng = np.random.default_rng(2)
    given = rng.random(20_000)
    bins = reliability(given, rng.random(20_000) < given)
    assert expected_calibration_error(bins) < 0.015


@pytest.mark.parametrize(("given", "true"), [([], []), ([0.5], [1, 0]), ([1.5], [1])])
def test_what_is_no_probability_is_refused(given: list[float], true: list[int]) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        brier_score(given, true)
