"""The protocol on made-up distances; every expected figure is counted by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evaluation.datasets import LabelledPicture, PictureSet
from iiif_dedup.evaluation.haystack import Compared, Findings, Haystack, build_haystack, find
from iiif_dedup.evaluation.haystack_figures import figures


@dataclass
class Given:
    """A method with given distances between all pictures."""

    name: str
    distances: NDArray[np.float32]
    threshold: float | None = None
    proposes_all: bool = False

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        thresholds = None
        if self.threshold is not None:
            thresholds = np.full(len(queries), self.threshold, dtype=np.float32)
        return Compared(self.distances[queries, :pool], thresholds, self.proposes_all)


def _set(name: str, things: int, views: int) -> PictureSet:
    return PictureSet(
        name,
        tuple(
            LabelledPicture(Path(f"{name}/{thing}-{view}"), (f"{name}/{thing}",))
            for thing in range(things)
            for view in range(views)
        ),
    )


def _oracle(haystack: Haystack) -> NDArray[np.float32]:
    things = [set(picture.objects) for picture in haystack.pictures]
    return np.array([[float(not (a & b)) for b in things] for a in things], dtype=np.float32)


def _find(haystack: Haystack, *methods: Given) -> dict[str, Findings]:
    (queries,) = haystack.query_sets
    return find(queries, haystack.pool, methods, advance=lambda _: None)


def test_queries_are_pictures_with_a_partner_and_photographs() -> None:
    paintings = PictureSet(
        "paintings",
        _set("paintings", 3, 1).catalogue,
        {
            "visitors": (
                LabelledPicture(Path("v/0"), ("paintings/2", "paintings/0")),
                LabelledPicture(Path("v/1"), ()),
            )
        },
    )
    single = LabelledPicture(Path("single"), ("things/9",))
    things = _set("things", 2, 2)
    things = PictureSet("things", (*things.catalogue, single))
    haystack = build_haystack([paintings, things], [LabelledPicture(Path("d"), ())], seed=3)

    assert haystack.pool == 3 + 5 + 1
    assert len(haystack.pictures) == haystack.pool + 2
    of_things, visitors = haystack.query_sets
    assert (of_things.name, visitors.name) == ("things", "visitors")
    assert len(of_things.queries) == 4
    for query, relevant in zip(of_things.queries, of_things.relevant, strict=True):
        assert query not in relevant
        names = {haystack.pictures[row].objects for row in (query, *relevant)}
        assert len(relevant) == 1
        assert len(names) == 1
    assert [len(each) for each in visitors.relevant] == [2, 0]
    assert sorted(of_things.clusters.tolist()) == [0, 0, 1, 1]
    assert visitors.clusters.tolist() == [0, 1]


def test_a_perfect_oracle_finds_all() -> None:
    haystack = build_haystack([_set("things", 6, 3)], seed=1)
    oracle = Given("oracle", _oracle(haystack), threshold=0.5)
    found = _find(haystack, oracle)
    result = figures(haystack.query_sets[0], found["oracle"])
    assert {rate.estimate for rate in result.rates.values()} == {1.0}
    assert result.rates["first"].interval() == pytest.approx((1, 0.5, 1))
    assert (result.n, result.objects, result.unknown) == (18, 6, 0)
    assert result.false_alerts == pytest.approx((0, 0, 0.5))


def test_a_random_method_finds_what_chance_gives() -> None:
    distractors = [LabelledPicture(Path(f"d{number}"), ()) for number in range(480)]
    haystack = build_haystack([_set("things", 10, 2)], distractors, seed=1)
    size = len(haystack.pictures)
    recalls, firsts = [], []
    for seed in range(20):
        random = np.random.default_rng(seed).random((size, size)).astype(np.float32)
        found = _find(haystack, Given("random", random))
        result = figures(haystack.query_sets[0], found["random"])
        recalls.append(result.rates["recall_at_50"].estimate)
        firsts.append(result.rates["first"].estimate)
    assert np.mean(recalls) == pytest.approx(50 / 499, abs=0.04)
    assert np.mean(firsts) == pytest.approx(1 / 499, abs=0.01)


def test_figures_by_hand() -> None:
    """Ten queries, a stranger nearer than the partner in two of them, one of these by far."""
    haystack = build_haystack([_set("things", 5, 2)], seed=1)
    distances = _oracle(haystack) * 5 + 4  # partners at 4, strangers at 9
    (queries,) = haystack.query_sets
    cheated = queries.queries[:2]
    for query, distance in zip(cheated, (1, 3), strict=True):
        stranger = next(r for r in range(10) if r not in (*queries.relevant[query], query))
        distances[query, stranger] = distance
    found = _find(haystack, Given("given", distances, threshold=4))
    result = figures(queries, found["given"])
    assert result.rates["first"].estimate == pytest.approx(0.8)
    assert result.rates["recall_at_50"].estimate == 1
    # One stranger in ten queries may pass: all up to the second one, at 3, which is before 4.
    assert result.rates["recall_at_0.1"].estimate == 0
    assert result.rates["recall_at_tau"].estimate == 1
    assert result.false_alerts is not None
    assert result.false_alerts.estimate == pytest.approx(0.2)
    assert result.proposed == 9


def test_a_photograph_of_nothing_known_counts_for_false_alerts_alone() -> None:
    photographs = {
        "visitors": (
            *(LabelledPicture(Path(f"v/{n}"), (f"things/{n}",)) for n in range(9)),
            LabelledPicture(Path("v/9"), ()),
        )
    }
    things = PictureSet("things", _set("things", 9, 1).catalogue, photographs)
    haystack = build_haystack([things], seed=1)
    distances = _oracle(haystack) * 5 + 4
    distances[haystack.pool + 9, :2] = (1, 2)
    found = _find(haystack, Given("given", distances, threshold=4.5))
    result = figures(haystack.query_sets[0], found["given"])
    assert (result.n, result.unknown) == (9, 1)
    assert result.rates["first"].estimate == 1
    assert result.rates["recall_at_0.1"].estimate == 0
    assert result.false_alerts is not None
    assert result.false_alerts.estimate == pytest.approx(0.2)


def test_differences_are_paired() -> None:
    haystack = build_haystack([_set("things", 8, 2)], seed=1)
    oracle = _oracle(haystack)
    found = _find(haystack, Given("good", oracle), Given("bad", 1 - oracle))
    queries = haystack.query_sets[0]
    good, bad = (figures(queries, found[name]) for name in ("good", "bad"))
    assert good.rates["first"].minus(bad.rates["first"]) == (1, 1, 1)
    assert good.rates["first"].minus(good.rates["first"]) == (0, 0, 0)


def test_a_method_may_propose_more_than_the_nearest_fifty() -> None:
    distractors = [LabelledPicture(Path(f"d{number}"), ()) for number in range(200)]
    haystack = build_haystack([_set("things", 4, 2)], distractors, seed=1)
    distances = _oracle(haystack) * -1 + 1  # partners are farthest
    distances[distances == 0] = np.random.default_rng(1).random(int((distances == 0).sum()))
    distances[:, 100:][distances[:, 100:] < 1] = np.inf
    few, all_of_them = Given("few", distances), Given("all", distances, proposes_all=True)
    found = _find(haystack, few, all_of_them)
    recall = {
        name: figures(haystack.query_sets[0], each).rates["recall_at_50"].estimate
        for name, each in found.items()
    }
    assert recall == {"few": 0, "all": 1}


def test_without_a_partner_there_is_no_query_set() -> None:
    photographs = {"visitors": (LabelledPicture(Path("v"), ()),)}
    unknown = PictureSet("unknown", _set("unknown", 3, 1).catalogue, photographs)
    assert build_haystack([unknown, _set("single", 3, 1)]).query_sets == ()
