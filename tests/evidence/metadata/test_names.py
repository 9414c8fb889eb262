"""Places and attributions."""

from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.names import NAME_WEIGHT, name_way
from iiif_dedup.evidence.metadata.ways import Verdict

PLACES, MAKERS = name_way(Kind.PLACE), name_way(Kind.ATTRIBUTION)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Μαρώνεια, νεκροταφείο", "Maroneia, cemetery"),
        ("Αττική", "Athenian"),
        ("Ηιόνα", "Eion"),
        ("Found near Abdera", "Άβδηρα (ανασκαφή)"),
    ],
)
def test_one_place_in_two_tongues(ours: str, theirs: str) -> None:
    pairs = [(a, b) for a in PLACES.read(ours, "") for b in PLACES.read(theirs, "")]
    assert {PLACES.relate(a, b).verdict for a, b in pairs} == {Verdict.SAME}


def test_findspot_and_place_of_origin_are_not_mixed() -> None:
    [found], [made] = PLACES.read("Abdera", "findspot"), PLACES.read("Abdera", "origin")
    [anywhere] = PLACES.read("Abdera", "")
    assert PLACES.relate(found, made).verdict is Verdict.UNRELATED
    assert PLACES.relate(found, anywhere).verdict is Verdict.SAME


def test_other_places_never_contradict() -> None:
    [abdera], [thasos] = PLACES.read("Abdera", "findspot"), PLACES.read("Thasos", "findspot")
    assert PLACES.relate(abdera, thasos).verdict is Verdict.UNRELATED


def test_countries_weigh_little_and_context_nothing() -> None:
    [greece] = PLACES.read("Greece", "")
    [abdera] = PLACES.read("Abdera", "")
    assert greece.weight < NAME_WEIGHT[Kind.PLACE] / 10 < abdera.weight
    assert PLACES.read("cemetery, νεκροταφείο", "") == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Eucharides Painter, Near the", "Ζωγράφος του Ευχαρίδη"),
        ("Myson", "Μύσων"),
        ("London E 489, Painter of", "Painter of London E 489"),
        ("Euthymides; Kleophrades Painter", "attributed to the Kleophrades Painter"),
        ("Homer, Winslow", "Winslow Homer (1836–1910)"),
        ("Vincent van Gogh, Dutch, 1853 - 1890", "Gogh, Vincent van"),
    ],
)
def test_one_maker_in_two_hands(ours: str, theirs: str) -> None:
    pairs = [(a, b) for a in MAKERS.read(ours, "") for b in MAKERS.read(theirs, "")]
    assert Verdict.SAME in {MAKERS.relate(a, b).verdict for a, b in pairs}


def test_other_painters_do_not_agree() -> None:
    [one], [other] = MAKERS.read("Harrow Painter", ""), MAKERS.read("Geras Painter", "")
    assert MAKERS.relate(one, other).verdict is Verdict.UNRELATED


@pytest.mark.parametrize(
    "words",
    ["Unattributed", "Άγνωστος", "Attic", "Wellcome Library", "License: not cleared", "x" * 500],
)
def test_what_names_no_maker(words: str) -> None:
    assert MAKERS.read(words, "") == []
