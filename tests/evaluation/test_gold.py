from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iiif_dedup.errors import EvaluationError
from iiif_dedup.evaluation.gold import Entry, Gold
from iiif_dedup.evaluation.verdicts import JudgedPair, gold_of_verdicts, read_verdicts

ENTRIES = [Entry(name, (Path(f"{name}.jpg"),)) for name in "abcdef"]
ROWS = {name: [row] for row, name in enumerate("abcdef")}


def gold_of(*pairs: tuple[str, str, str]) -> Gold:
    return gold_of_verdicts("judged", ENTRIES, ROWS, [JudgedPair(*pair) for pair in pairs])


def partners(gold: Gold) -> dict[str, str]:
    (queries,) = gold.sets
    names = [entry.name for entry in gold.entries]
    return {
        names[query]: "".join(sorted(names[row] for row in rows))
        for query, rows in zip(queries.set.queries, queries.set.relevant, strict=True)
    }


def test_matches_are_transitive_and_every_judged_entry_is_a_query() -> None:
    gold = gold_of(
        ("a", "b", "same image"), ("b", "c", "same object"), ("a", "d", "similar"),
        ("e", "f", "not related"),
    )  # fmt: skip
    assert partners(gold) == {"a": "bc", "b": "ac", "c": "ab", "d": "", "e": "", "f": ""}
    clusters = dict(zip(partners(gold), gold.sets[0].set.clusters.tolist(), strict=True))
    assert clusters["a"] == clusters["b"] == clusters["c"]
    assert len(set(clusters.values())) == 4


def test_a_no_holds_against_what_would_follow() -> None:
    gold = gold_of(
        ("a", "b", "same object"), ("b", "c", "same object"), ("a", "c", "not related")
    )  # fmt: skip
    assert partners(gold) == {"a": "b", "b": "ac", "c": "b"}


def test_the_majority_decides_and_its_share_is_kept() -> None:
    yes, no = ("a", "b", "same object"), ("b", "a", "similar")
    assert partners(gold_of(yes, yes, no)) == {"a": "b", "b": "a"}
    assert gold_of(yes, yes, no).sets[0].agreement[0].shares == pytest.approx([2 / 3])
    gold = gold_of(yes, no, ("c", "d", "same object"))
    assert partners(gold) == {"a": "", "b": "", "c": "d", "d": "c"}
    shares = sorted(float(one.shares[0]) for one in gold.sets[0].agreement)
    assert shares == [0.5, 0.5, 1, 1]


def test_parts_copies_and_doubts_count_neither_way() -> None:
    gold = gold_of(("a", "b", "same object"), ("a", "c", "part of"), ("a", "d", "cannot say"))
    (queries,) = gold.sets
    names = [entry.name for entry in gold.entries]
    ignored = {
        names[query]: "".join(sorted(names[row] for row in rows))
        for query, rows in zip(queries.set.queries, queries.ignored, strict=True)
    }
    assert ignored == {"a": "acd", "b": "b"}


def test_without_a_match_there_is_no_set() -> None:
    assert gold_of(("a", "b", "similar")).sets == ()


@pytest.mark.parametrize(
    ("pair", "said"),
    [(("a", "x", "similar"), "names nothing"), (("a", "a", "same image"), "against itself")],
)
def test_names_that_mean_no_pair_are_refused(pair: tuple[str, str, str], said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        gold_of(pair)


def test_an_identifier_of_two_sources_means_neither() -> None:
    with pytest.raises(EvaluationError, match="names 2 entries"):
        gold_of_verdicts("x", ENTRIES, {"n": [0, 1], "c": [2]}, [JudgedPair("n", "c", "similar")])


def test_what_cannot_be_read_leaves_the_gold() -> None:
    gold = gold_of(("a", "b", "same object"), ("a", "c", "same object"), ("d", "e", "same object"))
    left = gold.without({Path("a.jpg"): "is broken", Path("d.jpg"): "is broken"})
    assert partners(left) == {"b": "c", "c": "b", "e": ""}
    assert left.pool == len(left.entries) == 4
    assert left.skipped == ("a.jpg: is broken", "d.jpg: is broken")
    assert gold.without({Path(f"{name}.jpg"): "gone" for name in "abd"}).sets == ()


def test_queries_are_drawn_by_the_seed() -> None:
    gold = gold_of(("a", "b", "same object"), ("c", "d", "same object"))
    drawn = gold.drawn(3, seed=5).sets[0].set
    assert len(drawn.queries) == len(drawn.relevant) == 3
    assert np.array_equal(drawn.queries, gold.drawn(3, seed=5).sets[0].set.queries)
    assert sorted(set(drawn.clusters.tolist())) == [0, 1]
    assert partners(gold.drawn(9, seed=5)) == partners(gold)


def test_a_file_of_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.csv"
    path.write_text("\ufeffrelation,a,b,by\nsame image,π 1,b,x\nsimilar,b,c,y\n", encoding="utf-8")
    assert read_verdicts(path) == [("π 1", "b", "same image"), ("b", "c", "similar")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a;b;relation\n", "must begin with the line a,b,relation"),
        ("", "must begin with"),
        ("a,b,relation\n1,2,same\n", "line 2: expected two names and one of"),
        ("a,b,relation\n1,2\n", "line 2"),
        ('a,b,relation\n"1,2,similar\n', "is no CSV file"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "verdicts.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError, match=said):
        read_verdicts(path)


def test_bytes_and_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"a,b,relation\n\xff\xfe,2,similar\n")
    for name in ("bytes.csv", "none.csv"):
        with pytest.raises(EvaluationError, match="is no CSV file"):
            read_verdicts(tmp_path / name)
