from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.labels import announced


@pytest.mark.parametrize(
    ("label", "kind", "role"),
    [
        ("Accession number", Kind.INVENTORY_NUMBER, ""),
        ("ACCESSION_NUMBERS", Kind.INVENTORY_NUMBER, ""),
        ("Αριθμός ευρετηρίου", Kind.INVENTORY_NUMBER, ""),
        ("Bapd", Kind.REFERENCE, "bapd"),
        ("Bareiss number", Kind.REFERENCE, "bareiss"),
        ("Negative number", Kind.REFERENCE, "=negative"),
        ("Ύψος", Kind.DIMENSIONS, "height"),
        ("Height (cm)", Kind.DIMENSIONS, "height in cm"),
        ("dateCreated", Kind.DATE, ""),
        ("Χρονολόγηση", Kind.DATE, ""),
        ("Τόπος εύρεσης", Kind.PLACE, "findspot"),
        ("Fundort:", Kind.PLACE, "findspot"),
        ("Production: date", Kind.DATE, ""),
        ("Herstellung: place", Kind.PLACE, "origin"),
        ("Finding: place", Kind.PLACE, "findspot"),
        ("Artist / Maker", Kind.ATTRIBUTION, ""),
        ("Σχήμα", Kind.SHAPE, ""),
        ("Type", Kind.SHAPE, ""),
        ("Figure num", Kind.PUBLICATION, "figure"),
    ],
)
def test_labels_say_what_follows(label: str, kind: Kind, role: str) -> None:
    assert (kind, role) in [(entry.kind, entry.role) for entry in announced(label)]


@pytest.mark.parametrize(
    "label",
    ["", "Rights", "Date added", "Record Created", "Digitalisierungsdatum", "Exhibition: date",
     "Finding: date", "Language", "number", "x" * 5000, "::::"],
)  # fmt: skip
def test_other_labels_say_nothing(label: str) -> None:
    assert announced(label) == ()


def test_materials_and_technique_are_both() -> None:
    kinds = {entry.kind for entry in announced("Materials & Techniques")}
    assert kinds == {Kind.MATERIAL, Kind.TECHNIQUE}
