"""Whole evaluations of drawn pictures, by methods that are quick."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.errors import EvaluationError
from iiif_dedup.evaluation import Evaluation, Plan, evaluate, evaluating, read_folder, write_report
from iiif_dedup.evaluation.bag_of_words import BagOfWordsDescriber, learn_vocabulary, weighted
from iiif_dedup.evaluation.contenders import Contender, Subject, get_contender, names
from iiif_dedup.evaluation.features import Describer
from iiif_dedup.evaluation.haystack import Compared
from iiif_dedup.evaluation.report.page import page
from iiif_dedup.evaluation.report.plots import Axis, Line, plot
from iiif_dedup.process.decode import decode
from tests.evaluation.drawn import draw, draw_catalogue, draw_groups


def told(evaluation: Evaluation, name: str, figure: str = "first") -> dict[str, float]:
    (result,) = (one for one in evaluation.sets if one.name == name)
    return {method: one.rates[figure].estimate for method, one in result.methods.items()}


@dataclass
class Oracle:
    """Gives the pictures of one thing a probability of 0.9, others 0.1."""

    name: str
    things: list[str]

    def compare(self, queries: NDArray[np.int64], pool: int) -> Compared:
        things = np.array(self.things)
        same = things[queries, np.newaxis] == things[:pool]
        return Compared(np.where(same, 0.1, 0.9).astype(np.float32), probabilistic=True)


class OracleContender:
    def describers(self, subject: Subject) -> Sequence[Describer]:
        return []

    def method(self, subject: Subject, known: Mapping[str, NDArray[Any]]) -> Oracle:
        return Oracle("oracle", [path.name.split("-")[0] for path in subject.paths])


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Contender:
        return OracleContender() if name == "oracle" else get_contender(name)

    monkeypatch.setattr(evaluating, "get_contender", find)


def test_a_folder_of_sets_by_several_methods(tmp_path: Path) -> None:
    draw_groups(tmp_path / "data/groups", 5, 3)
    draw_catalogue(tmp_path / "data/paintings")
    steps: dict[str, tuple[int, int]] = {}

    def tell(step: str, done: int, total: int) -> None:
        steps[step] = done, total

    plan = Plan(("phash", "hsv", "bag_of_words", "collection"), ks=(1, 2))
    found = evaluate(read_folder(tmp_path / "data"), tmp_path / "cache", plan, progress=tell)
    assert [one.name for one in found.sets] == ["groups", "museum_framed_unknown"]
    for name in ("phash", "hsv", "collection"):
        assert told(found, "groups")[name] == 1
    paintings = found.sets[1].methods["hsv"]
    assert (paintings.queries, paintings.unknown) == (2, 1)
    assert found.pool == 5 * 3 + 5
    assert steps["Pictures"] == (23, 23)
    assert steps["Queries"] == (4 * (15 + 3), 4 * (15 + 3))
    assert found.sets[0].methods["collection"].at_rule is not None
    assert set(found.sets[0].comparisons) == {"hsv", "bag_of_words", "collection"}
    again = evaluate(read_folder(tmp_path / "data"), tmp_path / "cache", plan)
    assert told(again, "groups", "map") == told(found, "groups", "map")


def test_one_set_alone_and_a_picture_that_cannot_be_read(tmp_path: Path) -> None:
    draw_groups(tmp_path / "groups", 3, 2)
    (tmp_path / "groups/images/0-0.png").write_bytes(b"no picture")
    found = evaluate(read_folder(tmp_path / "groups"), tmp_path / "cache", Plan(("phash",)))
    assert found.pool == 5
    assert found.sets[0].methods["phash"].queries == 4
    assert "0-0.png" in found.skipped[0]


def test_verdicts_on_a_folder_of_sources(tmp_path: Path) -> None:
    for source, view in (("athens", 0), ("berlin", 1)):
        for thing in range(4):
            draw(tmp_path / f"data/{source}/{thing}.png", thing, view)
    verdicts = tmp_path / "verdicts.csv"
    lines = ["athens/0.png,berlin/0.png,same object", "athens/1.png,berlin/1.png,same image",
             "athens/2.png,berlin/3.png,not related"]  # fmt: skip
    verdicts.write_text("a,b,relation\n" + "\n".join(lines))
    gold = read_folder(tmp_path / "data", verdicts)
    found = evaluate(gold, tmp_path / "cache", Plan(("hsv",), ks=(1,)))
    (result,) = found.sets
    assert result.methods["hsv"].rates["first"].estimate == 1
    pairs = {(one.query_source, one.found_source): one for one in result.sources["hsv"]}
    across = pairs["athens", "berlin"]
    assert (across.queries, across.pairs, across.recall_at_k) == (3, 2, 1)
    assert "athens" in page(found, "Two museums")


@pytest.mark.usefixtures("oracle")
def test_a_method_with_probabilities_is_calibrated_and_reported(tmp_path: Path) -> None:
    draw_groups(tmp_path / "groups", 4, 3)
    plan = Plan(("hsv", "oracle"), ks=(1,))
    found = evaluate(read_folder(tmp_path / "groups"), tmp_path / "cache", plan)
    judged = found.sets[0].methods["oracle"]
    assert judged.calibration is not None
    assert judged.calibration.error == pytest.approx(0.1)
    assert judged.at_rule is not None
    assert judged.at_rule.at.f1 == 1
    path = write_report(found, tmp_path / "report", "Vases & <b>kraters</b>")
    text = path.read_text(encoding="utf-8")
    assert "Expected calibration error: oracle 0.10" in text
    assert "probability ≥ ½" in text
    results = json.loads((tmp_path / "report/evaluation.json").read_text(encoding="utf-8"))
    methods = results["sets"]["groups"]["methods"]
    assert methods["oracle"]["calibration"]["skill"] > 0.9
    assert methods["hsv"]["rates"]["first"]["estimate"] == 1
    assert results["sets"]["groups"]["cases"][0]["query"].startswith("groups/images/")


class Outline(HTMLParser):
    """What a reader's machine sees: headings, pictures and their texts, tags left open."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.alternatives: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img" or (tag == "svg" and ("role", "img") in attrs):
            given = dict(attrs)
            self.alternatives.append(given.get("alt") or given.get("aria-label") or "")
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass


def test_the_report_is_whole_and_can_be_read_aloud(tmp_path: Path) -> None:
    draw_groups(tmp_path / "groups", 4, 3)
    plan = Plan(("phash", "hsv"), ks=(1,))
    found = evaluate(read_folder(tmp_path / "groups"), tmp_path / "cache", plan)
    text = page(found, "Vases & <b>kraters</b>")
    assert "<h1>Vases &amp; &lt;b&gt;kraters&lt;/b&gt;</h1>" in text
    assert not re.search(r'(src|href)="(?!data:image/jpeg;base64,|#)', text)
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert outline.headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(outline.headings))
    assert all(outline.alternatives)
    first = re.search(r"base64,([^\"]+)", text)
    assert first is not None
    assert decode(base64.b64decode(first[1]), max_pixels=10**6).pixels.shape == (64, 64, 3)


def test_a_plot_draws_every_line_within_its_axes() -> None:
    lines = [Line(0, [(0, 0), (2, 5)], marked=True), Line(1, [(1, 1)], ranges=[(0, 1)])]
    drawn = plot('a "plot"', Axis("x", 1, 10, logarithmic=True), Axis("y"), lines, diagonal=True)
    assert 'aria-label="a &quot;plot&quot;"' in drawn
    places = [float(number) for number in re.findall(r'c[xy]="([\d.]+)"', drawn)]
    assert all(0 <= place <= 420 for place in places)
    assert drawn.count("<polyline") == 3


def test_words_are_the_same_each_time_and_rare_ones_count() -> None:
    rng = np.random.default_rng(5)
    pictures = [
        np.kron(rng.integers(0, 256, (12, 12, 3)), np.ones((12, 12, 1))).astype(np.uint8)
        for _ in range(4)
    ]
    words = learn_vocabulary(pictures, words=20, seed=3)
    assert words.shape == (20, 128)
    assert np.array_equal(words, learn_vocabulary(pictures, words=20, seed=3))
    counts = BagOfWordsDescriber(words).describe([*pictures, np.zeros((40, 40, 3), np.uint8)])
    assert counts[-1].sum() == 0
    vectors = weighted(counts, 4)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1, 0])
    assert weighted(np.array([[1, 1], [1, 0]], np.uint16), 2)[0].tolist() == [0, 1]
    blank = learn_vocabulary([np.zeros((40, 40, 3), np.uint8)])
    assert BagOfWordsDescriber(blank).describe(pictures).shape == (4, 0)


def test_a_method_that_does_not_exist_is_named() -> None:
    with pytest.raises(EvaluationError, match="Unknown method 'sift'; write one of: phash"):
        get_contender("sift")
    assert {"bag_of_words", "paper", "collection", "palette"} <= set(names())


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"methods": ()}, "different methods"),
        ({"methods": ("hsv", "hsv")}, "different methods"),
        ({"methods": ("hsv",), "reference": "phash"}, "is none of the methods"),
        ({"ks": (0,)}, "from 1"),
        ({"budget": 0.0}, "above 0"),
    ],
)
def test_a_plan_that_is_none_is_refused(plan: dict[str, object], said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        Plan(**plan)  # type: ignore[arg-type]


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="There is no folder"):
        read_folder(tmp_path / "none")
    with pytest.raises(EvaluationError, match="no picture has a partner"):
        read_folder(tmp_path)
    draw(tmp_path / "a.png", 1, 1)
    draw(tmp_path / "b.png", 2, 1)
    (tmp_path / "v.csv").write_text("a,b,relation\na.png,b.png,similar\n")
    with pytest.raises(EvaluationError, match="no pair that shows the same"):
        read_folder(tmp_path, tmp_path / "v.csv")
