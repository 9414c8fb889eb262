from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.words import (
    MAX_TEXT,
    fold,
    plain,
    plain_lines,
    root,
    roots,
    stem,
    stems,
)


@pytest.mark.parametrize(
    ("greek", "latin"),
    [
        ("Άβδηρα", "Abdera"),
        ("Κομοτηνή", "Komotini"),
        ("Θεσσαλονίκη", "Thessaloniki"),
        ("Καβάλα", "Kavala"),
        ("Αίγινα", "Aegina"),
        ("Χίος", "Chios"),
        ("ΑΜΦΙΠΟΛΗ", "Amphipolis"),
        ("Ευχαρίδης", "Eucharides"),
        ("Πολύγνωτος", "Polygnotos"),
    ],
)
def test_a_name_meets_its_transliteration(greek: str, latin: str) -> None:
    assert stem(fold(greek)) == stem(fold(latin))


@pytest.mark.parametrize(
    ("one", "other"), [("Abdera", "Aenos"), ("Thasos", "Tharros"), ("Geras", "Myson")]
)
def test_unlike_names_keep_apart(one: str, other: str) -> None:
    assert stem(fold(one)) != stem(fold(other))


def test_roots_leave_out_endings_and_keep_the_script() -> None:
    forms = ["κρατήρας", "ΚΡΑΤΗΡΑ", "κρατήρες", "κρατήρων"]
    assert {root(fold(form)) for form in forms} == {"κρατηρ"}
    assert roots("Attic lekythoi") == ["attic", "lekyth"]
    assert root("den") != root("dinos")


def test_markup_control_and_direction_characters_leave_a_text() -> None:
    assert plain("<p>Red\u202e-figure&nbsp;<b>krater</b>\x00</p>") == "Red-figure krater"
    assert plain("&amp;lt;script&amp;gt;x") == "x"
    assert plain(" a \u200b b ") == "a b"
    assert plain(12) == "12"
    assert plain(None) == plain(True) == plain(["a"]) == ""


def test_lines_stay_apart() -> None:
    assert plain_lines("one<br/>two\r\n three\n\n") == ("one", "two", "three")


def test_dashes_superscripts_and_sigmas_fold() -> None:
    assert fold("ARV² 5th–4th ΑΙΩΝΑΣ αιώνας") == "arv2 5th-4th αιωνασ αιωνασ"


def test_long_texts_are_cut() -> None:
    assert len(plain("x" * 10 * MAX_TEXT)) == MAX_TEXT
    assert len(stems("a b " * MAX_TEXT)) == 60
