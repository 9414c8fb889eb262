from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.evaluation.alerts import Distances, recall_at_budget, strangers_to_keep
from iiif_dedup.evaluation.metrics import cluster_weights


def _distances(pairs: list[tuple[int, int]]) -> Distances:
    values, clusters = zip(*pairs, strict=True) if pairs else ((), ())
    return Distances(np.array(values, dtype=np.float32), np.array(clusters, dtype=np.int64))


def test_one_threshold_for_all_queries() -> None:
    relevant = _distances([(1, 0), (3, 0), (5, 1), (9, 1)])
    strangers = _distances([(2, 0), (4, 1), (5, 0), (8, 1)])
    queries, once = np.array([5, 5]), np.ones((1, 2), dtype=np.int32)

    def recall(budget: float) -> float:
        return float(recall_at_budget(relevant, strangers, queries, once, budget=budget)[0])

    assert recall(0.0) == 1 / 4  # the stranger at 2 is too many
    assert recall(0.1) == 2 / 4  # that one is allowed, the one at 4 is not
    assert recall(0.2) == 2 / 4  # the pair at 5 is as far as the third stranger
    assert recall(0.3) == 3 / 4
    assert recall(0.4) == 1


PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=40)


@given(PAIRS, PAIRS, st.sampled_from([0.0, 0.1, 0.3, 1.0]), st.integers(0, 99))
def test_a_resample_counts_every_pair_as_often_as_its_cluster_is_drawn(
    near: list[tuple[int, int]], far: list[tuple[int, int]], budget: float, seed: int
) -> None:
    queries = np.array([1, 2, 3, 4])
    weights = cluster_weights(4, seed=seed, resamples=5)
    found = recall_at_budget(_distances(near), _distances(far), queries, weights, budget=budget)
    for recall, drawn in zip(found, weights, strict=True):
        relevant = [value for value, cluster in near for _ in range(drawn[cluster])]
        strangers = [value for value, cluster in far for _ in range(drawn[cluster])]
        allowed = budget * float(drawn @ queries) + 1e-9
        levels = [t for t in range(11) if sum(s < t for s in strangers) <= allowed]
        if relevant:
            assert recall == pytest.approx(np.mean([value < max(levels) for value in relevant]))
        else:
            assert np.isnan(recall)


def test_more_than_the_budget_is_kept_of_each_query() -> None:
    assert strangers_to_keep(30, 0.1) == 8
