"""Why a pair has its probability, in words."""

from __future__ import annotations

import html
import string
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.evidence.explanation import explain, kind_of
from iiif_dedup.evidence.explanation_words import (
    ABOUT,
    GUESSES,
    KINDS,
    SENTENCES,
    STRENGTHS,
    WAYS,
    Kind,
    Language,
    Strength,
)
from iiif_dedup.evidence.measures import Measure
from iiif_dedup.evidence.metadata import Kind as Statement
from iiif_dedup.types import Evidence, MatchedRegion, MetadataPoint, Relation

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.8), (0.0, 0.8))
REGION = MatchedRegion(WHOLE, HALF, 94, 85.3, False)
NUMBER = MetadataPoint("inventory_number", True, "86.AE.205", "86.AE.205", "Number", "Αριθμός")
SHAPE = MetadataPoint("shape", True, "Krater {0}", "<b>Κρατήρας</b>", "Shape", "Σχήμα")
HEIGHT = MetadataPoint("dimensions", False, "44 cm", "31 cm", "Height", "Ύψος")


def evidence(
    contributions: Mapping[str, float],
    *,
    probability: float = 0.92,
    relation: Relation = Relation.SAME_OBJECT,
    measures: Mapping[str, float] | None = None,
    regions: tuple[MatchedRegion, ...] = (),
    metadata: tuple[MetadataPoint, ...] = (),
) -> Evidence:
    known = dict.fromkeys(contributions, 1.0) if measures is None else measures
    return Evidence(probability, relation, known, contributions, regions, metadata, "test")


def words(found: Evidence, language: Language = "en", **ranks: int) -> list[str]:
    return [point.text() for point in explain(found, language, ranks or None).points]


def test_what_moved_the_probability_comes_in_order_with_kinds_added_up() -> None:
    found = explain(
        evidence(
            {
                "efficientnet_lite0": -0.5,
                "efficientnet_lite0_relative": -0.3,
                "surprise": 2.5,
                "overlay": 0.5,
                "palette": 0.3,
                "phash": 0.05,
                "colour_relative": -0.1,
            }
        ),
        "en",
    )
    assert [point.kind for point in found.points] == [Kind.LOCAL, Kind.LOOK, Kind.COLOURS]
    assert [round(point.logit, 6) for point in found.points] == [3.0, -0.8, 0.2]
    assert found.points[0].odds == pytest.approx(20.09, abs=0.01)
    assert [round(point.share, 2) for point in found.points] == [0.74, 0.2, 0.05]
    assert [point.strength_name for point in found.points] == [
        "strongly for",
        "against",
        "hardly matters",
    ]
    assert found.summary == (
        "About 92 of 100 pairs with such evidence show one artefact. A guess: two pictures of one "
        "artefact. Most in favour: local features. Most against: overall look."
    )


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (1.0, "More than 99 of 100 pairs"),
        (0.9949, "About 99 of 100 pairs"),
        (0.006, "About 1 of 100 pairs"),
        (0.0, "Fewer than 1 of 100 pairs"),
    ],
)
def test_the_probability_never_sounds_certain(probability: float, expected: str) -> None:
    assert explain(evidence({}, probability=probability), "en").summary.startswith(expected)


@pytest.mark.parametrize(
    ("logit", "strength"),
    [
        (2.0, Strength.STRONGLY_FOR),
        (0.5, Strength.FOR),
        (0.49, Strength.HARDLY),
        (-0.49, Strength.HARDLY),
        (-0.5, Strength.AGAINST),
        (-2.0, Strength.STRONGLY_AGAINST),
    ],
)
def test_strength_follows_the_logit(logit: float, strength: Strength) -> None:
    (point,) = explain(evidence({"same_file": logit}), "en").points
    assert point.strength is strength


def test_local_features_are_told_with_surface_overlay_and_mirror() -> None:
    found = evidence(
        {"surprise": 3.0}, measures={"surprise": 85.3, "overlay": 0.912}, regions=(REGION,)
    )
    assert words(found) == [
        "94 local features lie on one surface that both pictures show; chance alone would give "
        "that once in 10⁸⁵ pairs. It fills 100 % of this picture and 40 % of the proposed one. "
        "Laid over each other, the pictures agree (correlation 0.91)."
    ]
    (greek,) = words(found, "el")
    assert "94 τοπικά χαρακτηριστικά" in greek
    assert "0,91" in greek
    mirrored = replace(REGION, mirrored=True, surprise=321.0)
    both = evidence(
        {"surprise": 3.0},
        measures={"surprise": 321.0, "overlay": -0.2},
        regions=(mirrored, mirrored),
    )
    (told,) = words(both)
    assert told.startswith("188 local features lie on 2 surfaces")
    assert "less than once in 10¹⁰⁰ pairs" in told
    assert "mirror image" in told
    assert "They fill 100 % of this picture and 80 %" in told
    assert "hardly agree (correlation −0.20)" in told


def test_without_a_surface_it_is_said_that_this_may_be_normal() -> None:
    (told,) = words(evidence({"surprise": -1.0}))
    assert told == (
        "No surface was found that both pictures show. Views from different sides share none."
    )


def test_descriptors_are_told_by_rank_and_nearness() -> None:
    look = {"efficientnet_lite0": 0.2, "efficientnet_lite0_relative": 0.314}
    found = evidence({"efficientnet_lite0": 1.0}, measures=look)
    end = ", at 31 % of the distance that the nearest have on average."
    assert words(found, efficientnet_lite0=1) == [
        f"By overall look it is the nearest of all pictures{end}"
    ]
    assert words(found, efficientnet_lite0=3) == [
        f"By overall look it is number 3 of all pictures{end}"
    ]
    assert words(found, phash=3) == [f"By overall look it is not among the nearest pictures{end}"]
    assert words(found) == [f"By overall look it was compared with this picture{end}"]
    others = evidence(
        {"efficientnet_lite0_parts": 1.0, "block_mean": 0.9, "palette": 0.8, "clone_relative": 0.7}
    )
    told = " ".join(words(others))
    for way in ("the look of a part", "block means", "all its colours", "the clone rule"):
        assert way in told


@pytest.mark.parametrize(
    ("relative", "expected"),
    [
        (1.2, "at 120 % of the distance that"),
        (2.6, "at 3 times the distance that"),
        (1.2e8, "at more than 10 times the distance that"),
    ],
)
def test_far_ones_are_told_in_times(relative: float, expected: str) -> None:
    found = evidence({"palette": -1.0}, measures={"palette_relative": relative})
    assert expected in words(found)[0]


def test_only_what_moved_the_probability_is_told() -> None:
    found = evidence({"palette": 0.05, "colour": -0.3, "colour_parts_relative": 0.1})
    (told,) = words(found)
    assert told.startswith("By the colours of the middle")
    assert "of a part’s middle" in told
    assert "all its colours" not in told
    weak = evidence({"palette": 0.06, "colour": 0.07})
    assert len(explain(weak, "en").points[0].sentences) == 1


def test_other_descriptors_are_named() -> None:
    found = evidence({"transformers:facebook/dino_parts": 1.0, "sharpness{0}": 0.5})
    assert [point.kind for point in explain(found, "en").points] == [Kind.LOOK, Kind.OTHER]
    first, second = words(found)
    assert first.startswith("By overall look as “transformers:facebook/dino_parts” sees it")
    assert second.startswith("By “sharpness{0}” it was compared")


def test_catalogues_are_cited_and_their_words_can_be_escaped() -> None:
    found = evidence(
        {"metadata_agreement": 2.0, "metadata_contradiction": -0.7},
        metadata=(NUMBER, SHAPE, HEIGHT),
    )
    agree, contradict = explain(found, "en").points
    assert agree.text() == (
        "Both catalogues: inventory number 86.AE.205. The catalogues agree in shape: "
        "Krater {0} (Shape) / <b>Κρατήρας</b> (Σχήμα)."
    )
    assert "&lt;b&gt;Κρατήρας&lt;/b&gt;" in agree.text(html.escape)
    assert contradict.kind is Kind.CATALOGUES_CONTRADICT
    assert contradict.text() == (
        "The catalogues contradict each other in dimensions: 44 cm (Height) / 31 cm (Ύψος)."
    )
    greek = explain(found, "el").points[0].text()
    assert greek.startswith("Και οι δύο κατάλογοι δίνουν για τον αριθμό ευρετηρίου: 86.AE.205.")


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    assert words(evidence({"surprise": -0.4}, measures={})) == [
        "Of this nothing is known; it counts as it does on average."
    ]


def test_kinds_of_measures() -> None:
    assert kind_of("same_file") is Kind.SAME_FILE
    assert kind_of("covered") is Kind.LOCAL
    assert kind_of("torchvision:resnet50_parts_relative") is Kind.LOOK
    assert kind_of("colour_relative") is Kind.COLOURS
    assert kind_of("anything") is Kind.OTHER
    assert all(kind_of(measure) is not Kind.OTHER for measure in Measure)


def test_both_languages_say_everything_with_the_same_places() -> None:
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    for table in (SENTENCES, KINDS, STRENGTHS, WAYS, ABOUT, GUESSES):
        assert table["en"].keys() == table["el"].keys()
    for name, english in SENTENCES["en"].items():
        assert places(english) == places(SENTENCES["el"][name])
    assert set(KINDS["en"]) == set(Kind)
    assert set(STRENGTHS["en"]) == set(Strength)
    assert set(ABOUT["en"]) == {kind.value for kind in Statement}


@given(
    st.dictionaries(
        st.text(max_size=20) | st.sampled_from(["surprise", "phash", "metadata_agreement"]),
        st.floats(-30, 30),
        max_size=8,
    ),
    st.builds(
        MetadataPoint,
        kind=st.sampled_from(list(ABOUT["en"])),
        agrees=st.booleans(),
        anchor=st.text(max_size=20),
        candidate=st.text(max_size=20),
        anchor_label=st.text(max_size=20),
        candidate_label=st.text(max_size=20),
    ),
    st.sampled_from(["en", "el"]),
)
def test_anything_can_be_explained(
    contributions: dict[str, float], point: MetadataPoint, language: Language
) -> None:
    found = explain(evidence(contributions, metadata=(point,)), language, {})
    assert sum(each.share for each in found.points) <= 1 + 1e-9
    for each in found.points:
        assert isinstance(each.text(), str)
