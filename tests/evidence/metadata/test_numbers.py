"""Inventory numbers and references."""

from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.inventory import INVENTORY
from iiif_dedup.evidence.metadata.references import REFERENCES
from iiif_dedup.evidence.metadata.ways import Verdict


def _verdict(ours: str, theirs: str) -> Verdict:
    one, other = INVENTORY.read(ours, "")[0], INVENTORY.read(theirs, "")[0]
    assert INVENTORY.relate(one, other) == INVENTORY.relate(other, one)
    return INVENTORY.relate(one, other).verdict


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("86.AE.205", "Malibu 86.ae.205"),
        ("ΔΜΒ 1001", "DMB 1001"),
        ("E 489", "London, British Museum E 489"),
        ("GR 1867,0508.1133", "gr 1867.508.1133"),
        ("Αρ. ευρ. Π 123", "Inv. no. P 123"),
    ],
)
def test_one_number_in_two_hands(ours: str, theirs: str) -> None:
    ours_read, theirs_read = INVENTORY.read(ours, ""), INVENTORY.read(theirs, "")
    verdicts = {INVENTORY.relate(a, b).verdict for a in ours_read for b in theirs_read}
    assert Verdict.SAME in verdicts


def test_lists_of_numbers_are_read() -> None:
    read = INVENTORY.read("77.AE.11, 86.AE.587, and 98.AE.82.1", "")
    assert [number.words for number in read] == ["77.AE.11", "86.AE.587", "98.AE.82.1"]


def test_short_numbers_and_links_are_none() -> None:
    for words in ("9", "A1", "Athens", "https://example.org/12345"):
        assert INVENTORY.read(words, "") == []


def test_parts_series_and_other_numbers() -> None:
    assert _verdict("86.AE.211", "86.AE.211.1") is Verdict.COMPATIBLE
    assert _verdict("86.AE.205", "86.AE.206") is Verdict.OPPOSED
    assert _verdict("86.AE.205", "P 1234") is Verdict.UNRELATED


@pytest.mark.parametrize(
    ("words", "role", "reference"),
    [
        ("BAPD 352514", "", ("bapd", "352514")),
        ("Beazley 352514", "", ("bapd", "352514")),
        ("Beazley Archive no. 352514", "", ("bapd", "352514")),
        ("352514", "bapd", ("bapd", "352514")),
        ("Beazley, ARV², p. 240, no. 42", "", ("arv", "240", "42")),
        ("ABV 123.4", "", ("abv", "123", "4")),
        ("Paralipomena 345, 12", "", ("para", "345", "12")),
        ("CAVI 4567", "", ("cavi", "4567")),
        ("342", "bareiss", ("bareiss", "342")),
        (
            "http://www.getty.edu/art/collection/objects/11968/",
            "link",
            ("link", "getty.edu", "/art/collection/objects/11968", ""),
        ),
    ],
)
def test_references_are_read(words: str, role: str, reference: tuple[str, ...]) -> None:
    [read] = REFERENCES.read(words, role)
    assert (read.corpus, *read.number) == reference


def test_corpus_vasorum_and_richter() -> None:
    for ours, theirs in (
        ("CVA Malibu 10, pl. 524, 1-2", "Corpus Vasorum Antiquorum: Malibu 10, pls. 524"),
        ("Richter and Hall 1936, no. 34", "(Richter and Hall 1936, no. 34)"),
    ):
        [a], [b] = REFERENCES.read(ours, ""), REFERENCES.read(theirs, "")
        assert REFERENCES.relate(a, b).verdict is Verdict.SAME


def test_the_archive_gives_each_vase_one_number_and_lists_may_give_several() -> None:
    archive = [REFERENCES.read(words, "")[0] for words in ("BAPD 352514", "BAPD 202326")]
    assert REFERENCES.relate(*archive).verdict is Verdict.OPPOSED
    lists = [REFERENCES.read(words, "")[0] for words in ("ARV2 240.42", "ARV2 1639.7")]
    assert REFERENCES.relate(*lists).verdict is Verdict.UNRELATED


def test_a_number_and_a_page_of_the_archive_are_not_compared() -> None:
    number = REFERENCES.read("BAPD 352514", "")[0]
    address = "http://www.beazley.ox.ac.uk/record/79981DC1-6C46-4A91-8CBF-AA7016BCAE93"
    [page] = REFERENCES.read(address, "bapd")
    assert REFERENCES.relate(number, page).verdict is Verdict.UNRELATED
    assert REFERENCES.relate(page, page).verdict is Verdict.SAME


def test_numbers_of_an_unknown_corpus_mean_something_at_their_provider_alone() -> None:
    [read] = REFERENCES.read("NEG-2001", "=negative")
    assert read.local
