"""Two queries against five entries; every expected figure is counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evaluation.by_source import by_source
from iiif_dedup.evaluation.cases import Kind, pick_cases
from iiif_dedup.evaluation.gold import Agreement, Entry, Gold, GoldQueries
from iiif_dedup.evaluation.haystack import Compared, QuerySet
from iiif_dedup.evaluation.judged import Judged
from iiif_dedup.evaluation.judging import judge
from iiif_dedup.evaluation.scoring import Rows, Scores, score

INF = np.inf
DISTANCES = np.array(
    # Query 0 is row 0 and seeks 1 and 2; query 1 is row 3 and seeks 4; query 2 seeks nothing.
    [[INF, 0.1, 0.7, 0.3, 0.8], [0.9, 0.2, 0.6, INF, 0.4], [0.5, 0.6, 0.7, 0.8, INF]],
    dtype=np.float32,
)


def rows(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


QUERIES = GoldQueries(
    QuerySet("made", rows(0, 3, 4), (rows(1, 2), rows(4), rows()), rows(0, 1, 2)),
    (rows(0), rows(3), rows(4)),
    (
        Agreement(rows(1, 2), np.array([1.0, 0.75])),
        Agreement(rows(4), np.array([1.0])),
        Agreement(rows(), np.array([])),
    ),
)


def judged(*, has_rule: bool = False, probabilistic: bool = False, budget: float = 0.4) -> Judged:
    scores = Scores(DISTANCES, has_rule, probabilistic)
    return judge(scores, QUERIES, ks=(1, 2), budget=budget, seed=1)


def test_rates_are_means_over_queries_with_a_partner() -> None:
    found = judged()
    assert (found.queries, found.objects, found.unknown) == (2, 2, 1)
    estimates = {name: figure.estimate for name, figure in found.rates.items()}
    # Ranks: 1 and 3 for query 0; 2 for query 1.
    assert estimates == pytest.approx(
        {
            "first": 1 / 2,
            "map": ((1 + 2 / 3) / 2 + 1 / 2) / 2,
            "precision_at_1": 1 / 2,
            "hit_at_1": 1 / 2,
            "recall_at_1": 1 / 4,
            "map_at_1": 1 / 2,
            "map_at_1_with_query": 1,
            "precision_at_2": 1 / 2,
            "hit_at_2": 1,
            "recall_at_2": 3 / 4,
            "map_at_2": (1 / 2 + 1 / 2) / 2,
            "map_at_2_with_query": (1 + 1 / 2) / 2,
            # One stranger of three queries may pass: 0.2 does, 0.3 is one too many.
            "recall_at_budget": 1 / 3,
        }
    )
    assert found.recall_at[50] == 1


def test_pairs_are_counted_under_one_threshold() -> None:
    found = judged()
    # Strangers 0.2 0.3 0.5 0.6 0.6 0.7 0.8 0.8 0.9 against partners 0.1 0.4 0.7.
    assert found.auroc == pytest.approx((9 + 7 + 3.5) / 27)
    at = found.at_budget.at
    assert at[1:] == pytest.approx((1 / 2, 1 / 3, 2 / 5, 1 / 3))
    assert found.at_budget.recall.low <= 1 / 3 <= found.at_budget.recall.high
    assert found.at_rule is None
    assert found.against_delta == ()


def test_a_rule_decides_at_zero_and_a_probability_at_a_half() -> None:
    rule = judged(has_rule=True)
    assert rule.at_rule is not None
    assert rule.at_rule.at.recall == 0
    assert max(one.f1 for one in rule.against_delta) == pytest.approx(2 * 2 / (2 + 2 + 3))
    even = judged(probabilistic=True)
    assert even.at_rule is not None
    assert even.at_rule.at[1:] == pytest.approx((2 / 5, 2 / 3, 1 / 2, 1))


def test_soft_figures_take_probabilities_and_agreement() -> None:
    found = judged(probabilistic=True)
    hits = 0.9 + 0.3 + 0.6
    false = 0.8 + 0.7 + 0.5 + 0.4 + 0.4 + 0.3 + 0.2 + 0.2 + 0.1
    assert found.soft.precision == pytest.approx(hits / (hits + false))
    assert found.soft.recall == pytest.approx(hits / (hits + 0.1 + 0.45 + 0.4))
    assert list(found.soft_by_level) == [0.75, 1.0]
    assert found.soft_by_level[1.0].recall == pytest.approx(1.5 / 2)


def test_calibration_is_that_of_the_nearest_five() -> None:
    found = judged(probabilistic=True).calibration
    assert found is not None
    assert found.pairs == 12
    given = 1 - DISTANCES[np.isfinite(DISTANCES)]
    true = np.array([1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
    assert found.brier == pytest.approx(((given - true) ** 2).mean())
    assert found.skill == pytest.approx(1 - found.brier / (0.25 * 0.75))
    assert 0 < found.error < 1


def test_a_method_that_proposes_nothing_is_judged_too() -> None:
    nothing = Scores(np.full_like(DISTANCES, INF), has_rule=False, probabilistic=True)
    found = judge(nothing, QUERIES, ks=(1,), budget=0.1, seed=1)
    assert found.rates["recall_at_budget"].estimate == found.rates["first"].estimate == 0
    assert found.auroc == 0.5
    assert found.calibration is None
    assert pick_cases(nothing, QUERIES)[0].kind is Kind.MISSED


def test_cases_are_the_most_telling_ones() -> None:
    found = pick_cases(Scores(DISTANCES, has_rule=False, probabilistic=False), QUERIES)
    told = [(case.kind, case.query, case.found, case.rank, case.first) for case in found]
    assert told == [
        (Kind.SUREST, 0, 1, 1, None),
        (Kind.MISSED, 0, 2, 3, 1),
        (Kind.MISSED, 3, 4, 2, 1),
        (Kind.FALSE_ALERT, 3, 1, 1, None),
        (Kind.FALSE_ALERT, 0, 3, 2, None),
        (Kind.FALSE_ALERT, 4, 0, 1, None),
    ]


def test_a_false_alert_is_not_shown_from_both_sides() -> None:
    distances = np.array([[INF, 0.1], [0.1, INF]], dtype=np.float32)
    both = GoldQueries(
        QuerySet("made", rows(0, 1), (rows(), rows()), rows(0, 1)), (rows(0), rows(1)), ()
    )
    (case,) = pick_cases(Scores(distances, has_rule=False, probabilistic=False), both)
    assert (case.query, case.found) == (0, 1)


def test_pairs_of_sources() -> None:
    entries = [Entry(str(row), (), "museum" if row < 3 else "library") for row in range(5)]
    scores = Scores(DISTANCES, has_rule=False, probabilistic=False)
    found = by_source(scores, QUERIES, entries, k=2, threshold=0.4)
    assert found == (
        ("library", "library", 2, 1, 1.0, 1.0, 0.0),
        ("library", "museum", 2, 0, None, None, 0.5),
        ("museum", "library", 1, 0, None, None, 1.0),
        ("museum", "museum", 1, 2, 0.5, 0.5, 0.0),
    )
    same = [Entry(str(row), (), "museum") for row in range(5)]
    assert by_source(scores, QUERIES, same, k=2, threshold=0.4) == ()


class Given:
    name = "given"

    def __init__(self, distances: NDArray[np.float32], thresholds: list[float] | None) -> None:
        self._distances, self._thresholds = distances, thresholds

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        rule = None
        if self._thresholds is not None:
            rule = np.array(self._thresholds, np.float32)[queries]
        return Compared(self._distances[queries, :pool].copy(), rule)


def test_entries_are_as_near_as_their_nearest_pictures() -> None:
    # Pictures 0, 1 are entry A; 2 is B; 3 is C, a query that is not in the pool.
    paths = [Path(str(row)) for row in range(4)]
    entries = (Entry("A", tuple(paths[:2])), Entry("B", (paths[2],)), Entry("C", (paths[3],)))
    queries = GoldQueries(
        QuerySet("made", rows(0, 2), (rows(1), rows(0)), rows(0, 1)), (rows(0), rows()), ()
    )
    gold = Gold(entries, 2, (queries,))
    distances = np.array([[0, 9, 5], [9, 0, 2], [5, 2, 0], [4, 3, 8]], dtype=np.float32)
    pictures = Rows(gold)
    assert (pictures.pool, len(pictures.pictures)) == (3, 4)
    plain = score(Given(distances, None), queries, pictures, advance=lambda _: None)
    assert plain.distances.tolist() == [[INF, 2], [3, 8]]
    ruled = score(Given(distances, [1, 4, 0, 3]), queries, pictures, advance=lambda _: None)
    # B lies 2 within the rule of A's second picture, which accepts up to 4.
    assert ruled.distances.tolist() == [[INF, -2], [0, 5]]
    assert ruled.has_rule
