from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.tables import rows
from iiif_dedup.evidence.metadata.terms import term_way
from iiif_dedup.evidence.metadata.ways import Verdict
from iiif_dedup.evidence.metadata.words import roots

SHAPES, TECHNIQUES = term_way(Kind.SHAPE), term_way(Kind.TECHNIQUE)


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("Krater, Column-", "column_krater"),
        ("Krater (column)", "column_krater"),
        ("κιονωτού κρατήρα", "column_krater"),
        ("ΚΙΟΝΩΤΟΙ ΚΡΑΤΗΡΕΣ", "column_krater"),
        ("Kolonettenkrater", "column_krater"),
        ("Cup (kylix)", "kylix"),
        ("κύλικες", "kylix"),
        ("amphorae", "amphora"),
        ("αμφορέας", "amphora"),
        ("δακτύλιος", "ring"),
        ("Attic red-figure lekythoi", "lekythos"),
    ],
)
def test_shapes_by_any_name(words: str, shape: str) -> None:
    assert [term.concept.name for term in SHAPES.read(words, "")] == [shape]


@pytest.mark.parametrize(
    "words", ["Arrival, Processing", "Nachricht von dem Orden", "", "x " * 300]
)
def test_other_words_are_no_shapes(words: str) -> None:
    assert SHAPES.read(words, "") == []


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ("column-krater", "Κιονωτός κρατήρας", Verdict.SAME),
        ("krater", "Κιονωτός κρατήρας", Verdict.SAME),
        ("vessel", "hydria", Verdict.SAME),
        ("column-krater", "volute-krater", Verdict.OPPOSED),
        ("amphora", "κρατήρας", Verdict.OPPOSED),
        ("bowl", "plate", Verdict.UNRELATED),
        ("fragment", "hydria", Verdict.UNRELATED),
    ],
)
def test_how_shapes_stand_to_each_other(ours: str, theirs: str, verdict: Verdict) -> None:
    [one], [other] = SHAPES.read(ours, ""), SHAPES.read(theirs, "")
    assert SHAPES.relate(one, other) == SHAPES.relate(other, one)
    assert SHAPES.relate(one, other).verdict is verdict


def test_the_less_exactly_named_shape_gives_the_weight() -> None:
    [column], [krater] = SHAPES.read("column-krater", ""), SHAPES.read("krater", "")
    assert SHAPES.relate(column, krater).weight == krater.concept.weight < column.concept.weight


def test_techniques_by_any_name() -> None:
    [english], [greek] = TECHNIQUES.read("Attic (RF)", ""), TECHNIQUES.read("ερυθρόμορφου", "")
    [other] = TECHNIQUES.read("μελανόμορφη", "")
    assert TECHNIQUES.relate(english, greek).verdict is Verdict.SAME
    assert TECHNIQUES.relate(english, other).verdict is Verdict.OPPOSED


def test_every_entry_of_the_glossary_is_sound() -> None:
    entries = rows("terms.tsv", columns=6)
    names = {name for name, *_ in entries}
    assert len(names) == len(entries)
    for name, kind, broader, weight, excludes, terms in entries:
        assert Kind(kind)
        assert not broader or broader in names
        assert 0 < float(weight) <= 1
        assert excludes in {"", "x"}
        assert all(roots(term) for term in terms.split("|")), name


def test_no_term_means_two_things_of_one_kind() -> None:
    meanings: dict[tuple[str, frozenset[str]], set[str]] = {}
    for name, kind, *_, terms in rows("terms.tsv", columns=6):
        for term in terms.split("|"):
            meanings.setdefault((kind, frozenset(roots(term))), set()).add(name)
    assert not [found for found in meanings.items() if len(found[1]) > 1]
