from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata.dimensions import DIMENSIONS
from iiif_dedup.evidence.metadata.ways import Relation, Verdict


@pytest.mark.parametrize(
    ("words", "role", "sizes"),
    [
        ("34.1 cm", "height", [("height", (341,))]),
        ("34,1 εκ.", "height", [("height", (341,))]),
        ("Height: 130 mm; width: 45 mm", "", [("height", (130,)), ("width", (45,))]),
        ("Ύψ. 23.5 εκ. Διάμ. βάσης 8.2 εκ.", "", [("height", (235,)), ("diameter base", (82,))]),
        ("H. 34,5, Dm. Mündung 20 cm", "", [("height", (345,)), ("diameter rim", (200,))]),
        ("61.5 x 50.3 cm (24 3/16 x 19 13/16 in.)", "", [("", (615, 503))]),
        ("550 × 454 mm.", "", [("", (550, 454))]),
        ("σωζόμενο ύψος 12 εκ.", "", [("height preserved", (120,))]),
        ("Diameter of suspension holes: 2.5 mm", "", [("diameter hole", (2.5,))]),
        ("Weight: 55.2 g", "", [("weight", (55.2,))]),
        ("0.345 m", "height", [("height", (345,))]),
        ("34.5", "height in cm", [("height", (345,))]),
        ("height 34.5", "", []),
        ("31 pages : illustrations ; 15 cm.", "", []),
        ("framed: 90 x 80 cm", "", []),
        ("height: 12 g", "", []),
        ("Diameter: 44–50 mm", "", []),
    ],
)
def test_measures_are_read(
    words: str, role: str, sizes: list[tuple[str, tuple[float, ...]]]
) -> None:
    read = [(size.measure, size.values) for size in DIMENSIONS.read(words, role)]
    assert [measure for measure, _ in read] == [measure for measure, _ in sizes]
    for (_, values), (_, expected) in zip(read, sizes, strict=True):
        assert values == pytest.approx(expected)


def _relation(ours: str, theirs: str) -> Relation:
    one, other = DIMENSIONS.read(ours, "")[0], DIMENSIONS.read(theirs, "")[0]
    assert DIMENSIONS.relate(one, other) == DIMENSIONS.relate(other, one)
    return DIMENSIONS.relate(one, other)


def test_units_scripts_and_rounding_do_not_matter() -> None:
    assert _relation("Height: 341 mm", "ύψος 34,1 εκ.").verdict is Verdict.SAME
    assert _relation("Height: 34 cm", "H. 343 mm").verdict is Verdict.SAME


def test_exact_agreements_weigh_more() -> None:
    exact = _relation("Height: 341 mm", "H. 34.1 cm")
    rough = _relation("Height: 34 cm", "H. 34.1 cm")
    assert exact.weight > rough.weight > 0


def test_height_and_diameter_are_not_compared() -> None:
    assert _relation("Height: 34 cm", "Diameter: 12 cm").verdict is Verdict.UNRELATED
    assert _relation("Height: 34 cm", "preserved height: 12 cm").verdict is Verdict.UNRELATED
    assert _relation("Diameter of rim: 34 cm", "Diam. base 12 cm").verdict is Verdict.UNRELATED


def test_only_a_wide_difference_contradicts() -> None:
    assert _relation("Height: 34.1 cm", "H. 35.5 cm").verdict is Verdict.COMPATIBLE
    assert _relation("Height: 34.1 cm", "H. 48 cm").verdict is Verdict.OPPOSED
    assert _relation("Depth: 4 mm", "Depth: 8 mm").verdict is Verdict.COMPATIBLE


def test_sides_without_names_agree_either_way_round_and_contradict_nothing() -> None:
    assert _relation("61.5 x 50.3 cm", "503 × 615 mm").verdict is Verdict.SAME
    assert _relation("61.5 x 50.3 cm", "90 x 80 cm").verdict is Verdict.UNRELATED
