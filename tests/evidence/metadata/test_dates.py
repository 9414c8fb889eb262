from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.date_words import spans
from iiif_dedup.evidence.metadata.dates import DATES
from iiif_dedup.evidence.metadata.ways import Relation, Verdict


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("-490 to -480", (-490, -480)),
        ("-480", (-480, -480)),
        ("600–550 B.C.", (-600, -550)),
        ("480-70 BC", (-480, -470)),
        ("100-50 BC", (-100, -50)),
        ("480-470", (-480, -470)),
        ("ca. 490 BCE", (-502, -478)),
        ("Umm an-Nar / Hili 8 période III (2700-2000 av. J.-C.)", (-2700, -2000)),
        ("Wadi Suq (2000-1600 a.C.)", (-2000, -1600)),
        ("5th century BC", (-500, -401)),
        ("early 5th c. BC", (-500, -468)),
        ("mid-5th c. BC", (-467, -435)),
        ("late 5th–early 4th c. BC", (-434, -368)),
        ("second half of the 5th century B.C.", (-450, -401)),
        ("5ος αιώνας π.Χ.", (-500, -401)),
        ("αρχές 5ου αι. π.Χ.", (-500, -468)),
        ("τέλη 6ου αι. π.Χ.", (-534, -501)),
        ("τέλη 6ου - αρχές 5ου αι. π.Χ.", (-534, -468)),
        ("β΄ τέταρτο 5ου αι. π.Χ.", (-475, -451)),
        ("6ος-5ος αι. π.Χ.", (-600, -401)),
        ("480-470 π.Χ.", (-480, -470)),
        ("2ος αι. μ.Χ.", (101, 200)),
        ("2. Hälfte 5. Jh. v. Chr.", (-450, -401)),
        ("1.-2. Jh. n. Chr.", (1, 200)),
        ("Ve s. av. J.-C.", (-500, -401)),
        ("XVIIe siècle", (1601, 1700)),
        ("V sec. a.C.", (-500, -401)),
        ("siglo V a.C.", (-500, -401)),
        ("50 BC - AD 20", (-50, 20)),
        ("1849-50.", (1849, 1850)),
        ("[1787]", (1787, 1787)),
        ("1883-02-15", (1883, 1883)),
        ("17th century", (1601, 1700)),
    ],
)
def test_years_are_read(words: str, years: tuple[int, int]) -> None:
    assert [tuple(span) for _, span in spans(words)] == [years]


@pytest.mark.parametrize(
    "words",
    ["Modern", "5th century", "480", "before 1838", "Survey Site 6", "Masafi-5", "Phase 12", ""],
)
def test_what_may_be_either_is_not_read(words: str) -> None:
    assert spans(words) == []


def _relation(ours: str, theirs: str) -> Relation:
    one, other = DATES.read(ours, "")[0], DATES.read(theirs, "")[0]
    assert DATES.relate(one, other) == DATES.relate(other, one)
    return DATES.relate(one, other)


def test_narrow_agreements_weigh_more_than_wide_ones() -> None:
    narrow = _relation("480-470 BC", "τέλη 480 π.Χ.")
    wide = _relation("5th century BC", "5ος αι. π.Χ.")
    assert narrow.verdict is wide.verdict is Verdict.SAME
    assert narrow.weight > wide.weight > 0


def test_millennia_agree_about_nothing() -> None:
    assert _relation("2700-2000 BC", "2700-2000 π.Χ.").verdict is Verdict.COMPATIBLE


def test_only_a_gap_wider_than_scholars_differ_contradicts() -> None:
    assert _relation("500-490 BC", "450-440 BC").verdict is Verdict.COMPATIBLE
    assert _relation("500-490 BC", "430-420 BC").verdict is Verdict.OPPOSED
    assert _relation("1600", "1620").verdict is Verdict.OPPOSED


def test_the_date_of_a_photograph_contradicts_none_of_its_object() -> None:
    assert _relation("5th century BC", "1994").verdict is Verdict.COMPATIBLE
    assert _relation("1889", "1926").verdict is Verdict.OPPOSED
