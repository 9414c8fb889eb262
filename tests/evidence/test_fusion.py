from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.errors import EvidenceError
from iiif_dedup.evidence.fitting import Examples, fit, with_threshold
from iiif_dedup.evidence.fusion import Curve, Fusion, read_fusion, shipped_fusion
from iiif_dedup.evidence.measures import Measure, direction
from iiif_dedup.evidence.weighing import weigh
from iiif_dedup.types import MetadataPoint, Relation


@pytest.fixture(scope="module")
def examples() -> Examples:
    rng = np.random.default_rng(1)
    same = rng.random(4000) < 0.2
    surprise = np.where(same, rng.gamma(8, 6, 4000), rng.gamma(1, 1, 4000))
    colour = np.where(same, rng.normal(0.4, 0.2, 4000), rng.normal(0.7, 0.2, 4000))
    measures = [
        {"surprise": float(one), "colour": float(other)}
        for one, other in zip(surprise, colour, strict=True)
    ]
    return Examples(measures, same, np.ones(4000))


def test_what_is_fitted_is_calibrated_and_stored_as_it_is(examples: Examples) -> None:
    fusion = fit(examples, version="t", data="made")
    again = read_fusion(fusion.model_dump_json())
    assert again == fusion == fit(examples, version="t", data="made")
    given = np.array([again.probability(one) for one in examples.measures])
    for low in (0.0, 0.2, 0.5, 0.8):
        chosen = (given >= low) & (given < low + 0.2)
        if chosen.sum() > 100:
            assert abs(given[chosen].mean() - examples.same[chosen].mean()) < 0.1
    assert again.probability({"surprise": 80, "colour": 0.2}) > 0.95
    assert again.probability({"surprise": 0, "colour": 0.9}) < 0.05
    # What is not known says nothing, and less known is less sure.
    alone = again.probability({"surprise": 80})
    assert again.probability({}) < alone <= again.probability({"surprise": 80, "colour": 0.1})


def test_too_few_pairs_are_not_fitted(examples: Examples) -> None:
    few = Examples(examples.measures[:60], examples.same[:60], examples.weights[:60])
    with pytest.raises(EvidenceError, match="at least 50"):
        fit(few, version="t", data="few")


@given(st.sampled_from(sorted(shipped_fusion().curves)), st.floats(-10, 1e4), st.floats(0, 1e4))
def test_more_of_a_measure_never_speaks_the_other_way(name: str, value: float, more: float) -> None:
    fusion = shipped_fusion()
    less, greater = (fusion.probability({name: each}) for each in (value, value + more))
    if direction(name) > 0:
        assert greater >= less - 1e-9
    else:
        assert greater <= less + 1e-9


def test_contributions_sum_to_the_logit() -> None:
    fusion = shipped_fusion()
    measures = {"surprise": 50.0, "efficientnet_lite0": 0.1}
    logit = fusion.intercept + sum(fusion.contributions(measures).values())
    assert fusion.probability(measures) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_words_alone_carry_no_pair_over_the_line() -> None:
    fusion = shipped_fusion()
    strangers = {"efficientnet_lite0": 0.9, "colour": 0.5, "palette": 0.4, "surprise": 0.0}
    assert fusion.probability({**strangers, Measure.METADATA_AGREEMENT: 10.0}) < 0.5


def test_the_threshold_lets_as_many_strangers_pass_as_the_budget_says() -> None:
    plain = Fusion(version="t", data="t", intercept=0.0, curves={"a": Curve(at=(0,), adds=(0,))})
    assert plain.threshold(0.1) == 0.5
    fusion = with_threshold(plain, [0.9, 0.2, 0.8, 0.7, 0.1], 20)
    strangers = np.array(fusion.strangers)
    for budget, passing in ((0.04, 0), (0.05, 1), (0.1, 2), (0.2, 4)):
        assert (strangers >= fusion.threshold(budget)).sum() == passing
    assert fusion.threshold(5) == 0.1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", json.dumps({"version": 1}), '{"curves": {"a": {"at": "x"}}}']
)
def test_what_is_no_fusion_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="no fusion"):
        read_fusion(text)


def test_the_guess_follows_the_evidence() -> None:
    sure = Fusion(version="t", data="t", intercept=3.0, curves={})
    unsure = Fusion(version="t", data="t", intercept=-3.0, curves={})
    over = {"overlay": 0.9, "covered_both": 0.8}
    assert weigh(over, None, (), sure).relation is Relation.SAME_IMAGE
    assert weigh({"overlay": 0.3, "covered_both": 0.8}, None, (), sure).relation is (
        Relation.SAME_OBJECT
    )
    assert weigh(over, None, (), unsure).relation is Relation.SIMILAR
    assert weigh({"same_file": 1.0}, None, (), unsure).relation is Relation.SAME_IMAGE


def test_metadata_is_weighed_and_kept() -> None:
    point = MetadataPoint("inventory_number", True, "86.AE.205", "86.AE.205", "Inv.", "Accession")
    fusion = shipped_fusion()
    found = weigh({"surprise": 3.0}, None, (point,), fusion)
    assert found.metadata == (point,)
    assert found.measures[Measure.METADATA_AGREEMENT] > 0
    assert found.probability > weigh({"surprise": 3.0}, None, (), fusion).probability
