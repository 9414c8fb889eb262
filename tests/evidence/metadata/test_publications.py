from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.publications import PUBLICATIONS, WEIGHTS, Mention
from iiif_dedup.evidence.metadata.ways import Relation, Verdict


def _relation(ours: str, theirs: str) -> Relation:
    one, other = PUBLICATIONS.read(ours, "")[0], PUBLICATIONS.read(theirs, "")[0]
    assert PUBLICATIONS.relate(one, other).verdict is PUBLICATIONS.relate(other, one).verdict
    return PUBLICATIONS.relate(one, other)


def test_the_same_figure_in_greek_and_english() -> None:
    found = _relation("Corpus of Vases 1, p. 13, fig. 3", "Corpus of Vases 1, σ. 13, εικ. 3")
    assert found.verdict is Verdict.SAME
    assert found.weight == WEIGHTS["figure"]


@pytest.mark.parametrize(
    ("ours", "theirs", "weighs"),
    [
        ("Isler 1986, pl. 12, 3", "Isler 1986, πίν. 12.3", "item"),
        ("Isler, Vasen 1986, Abb. 7a", "Isler, Vasen 1986, fig. 7a", "item"),
        ("Isler, Vasen 1986, S. 40", "Isler, Vasen 1986, p. 40", "page"),
        ("Isler, Vasen 1986, Taf. 40", "Isler, Vasen 1986, pl. 40", "plate"),
        ("Isler, Vasen, 1986", "Isler, Vasen (1986), p. 4", "title"),
    ],
)
def test_what_is_named_more_exactly_weighs_more(ours: str, theirs: str, weighs: str) -> None:
    assert _relation(ours, theirs).weight == WEIGHTS[weighs]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Corpus of Vases 1, fig. 3", "Corpus of Vases 1, fig. 4"),
        ("Corpus of Vases 1, fig. 3", "Corpus of Vases 2, fig. 3"),
        ("Excavations 1960, fig. 3", "Excavations 1971, fig. 3"),
        ("Corpus of Vases 1, fig. 3", "Harbour Bulletin 1, fig. 3"),
    ],
)
def test_another_place_is_no_agreement_and_no_contradiction(ours: str, theirs: str) -> None:
    assert _relation(ours, theirs).verdict is Verdict.UNRELATED


@pytest.mark.parametrize(
    ("words", "role", "names"),
    [
        ("518–20", "plate", {"518", "519", "520"}),
        ("518, 519, 520", "plate", {"518", "519", "520"}),
        ("524, 1–2", "plate", {"524/1", "524/2"}),
        ("531–32; 533, 1–3", "plate", {"531", "532", "533/1", "533/2", "533/3"}),
        ("Fig.114", "figure", {"114"}),
        ("Ch5_Fig26", "figure", {"ch5_fig26"}),
        ("283.0", "page", {"283"}),
    ],
)
def test_places_under_a_label_of_their_own(words: str, role: str, names: set[str]) -> None:
    [read] = PUBLICATIONS.read(words, role)
    assert read.local
    assert dict(read.places) == {role: names}


def test_a_wide_range_is_not_counted_out() -> None:
    [read] = PUBLICATIONS.read("1-9999", "page")
    assert dict(read.places)["page"] == {"1", "9999"}


def test_unnamed_publications_weigh_less() -> None:
    plates: list[Mention] = PUBLICATIONS.read("524, 1", "plate")
    assert PUBLICATIONS.relate(plates[0], plates[0]).weight < WEIGHTS["item"]
