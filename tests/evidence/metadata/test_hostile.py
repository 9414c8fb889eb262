"""Whatever partners write, the comparison answers, within limits and alike from both sides."""

from __future__ import annotations

import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from iiif_dedup.evidence.metadata import Described, compare_metadata, metadata_measures
from iiif_dedup.evidence.metadata.compare import MAX_AGREEMENTS, MAX_FACTS
from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.words import MAX_CITED, plain
from iiif_dedup.types import Json, MetadataPoint

LABELS = (
    "Date", "Dimensions", "Height (cm)", "Publication", "Reference", "Bapd", "Inventory number",
    "Findspot", "Ζωγράφος", "Shape", "Technique", "Figure", "Plates", "Link", "Identifier",
    "Medium", "Production: place", "Dor id",
)  # fmt: skip
WORDS = (
    "5th c. BC", "αρχές 5ου αι. π.Χ.", "-480", "34.1 cm", "86.AE.205", "86.AE.206", "Abdera",
    "Άβδηρα", "Myson", "Krater, Column-", "υδρία", "RF", "BF", "fig. 3a", "pl. 12, 3", "p. 1-99",
    "CVA Malibu 10, pl. 5", "BAPD 352514", "clay", "<b>", "&lt;", "\u202e", "\x00", "ﷺ", "½",
    "1" * 40,
)  # fmt: skip
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
junk: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("en", "el")), inner)
    ),
    max_leaves=6,
)
values = st.one_of(texts.map(lambda text: {"none": [text]}), junk)
facets = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"label": st.sampled_from(LABELS).map(lambda text: {"en": [text]}), "value": values}
        ),
        st.fixed_dictionaries({"label": junk, "value": junk}),
        junk,
    ),
    max_size=8,
)
records = st.builds(
    Described,
    titles=st.dictionaries(st.sampled_from(("en", "el")), junk),
    facets=facets,
    provider=st.sampled_from((None, "Museum", "Other")),
)


def _turned(point: MetadataPoint) -> MetadataPoint:
    return replace(
        point,
        anchor=point.candidate,
        candidate=point.anchor,
        anchor_label=point.candidate_label,
        candidate_label=point.anchor_label,
    )


@settings(max_examples=120, deadline=None)
@given(records, records)
def test_both_sides_see_the_same(one: Described, other: Described) -> None:
    points, back = compare_metadata(one, other), compare_metadata(other, one)
    assert metadata_measures(points) == metadata_measures(map(_turned, back))
    assert [(p.kind, p.agrees) for p in points] == [(p.kind, p.agrees) for p in back]


@settings(max_examples=80, deadline=None)
@given(records)
def test_no_record_contradicts_itself_where_it_says_one_thing_of_a_kind(one: Described) -> None:
    facets = [facet for facet in one.facets if isinstance(facet, dict)]
    for facet in facets:
        alone = Described({}, [facet], one.provider)
        assert all(point.agrees for point in compare_metadata(alone, alone))


@settings(max_examples=80, deadline=None)
@given(records, records)
def test_points_cite_clean_words_within_limits(one: Described, other: Described) -> None:
    points = compare_metadata(one, other)
    assert len(points) <= len(Kind) * (MAX_AGREEMENTS + MAX_FACTS)
    for point in points:
        assert 0 < len(point.anchor) <= MAX_CITED
        assert plain(point.anchor) == point.anchor.strip() or "<" in point.anchor
        assert Kind(point.kind)


@settings(max_examples=80, deadline=None)
@given(records, records)
def test_measures_are_none_or_both_and_never_negative(one: Described, other: Described) -> None:
    points = compare_metadata(one, other)
    measures = metadata_measures(points)
    assert bool(measures) == bool(points)
    assert all(0 <= value < 25 for value in measures.values())
    assert set(measures) in (set(), {"metadata_agreement", "metadata_contradiction"})


def test_thousands_of_facets_of_huge_texts_cost_little() -> None:
    nasty = [
        "1" * 10_000, "1 " * 5_000, "1-" * 5_000, "5th " * 5_000, "(1" * 5_000, "<a " * 5_000,
        "1,2;" * 5_000, "cva x 1 " * 2_000, "&amp;lt;" * 2_000, "ﷺ" * 5_000, "c. " * 5_000,
        "p. 1-1," * 2_000, "richter " * 2_000, "first half of the " * 1_000, "ά" * 5_000,
        "http://a/1" * 1_000, "circa " * 2_000, "\u0301" * 10_000, "2 1/2 x " * 2_000,
    ]  # fmt: skip
    pairs: list[Json] = [
        {"label": {"en": [label]}, "value": {"none": nasty, "el": nasty}} for label in LABELS
    ]
    flood = Described({"en": nasty}, pairs * 200, "Museum")
    compare_metadata(flood, flood)  # loads the tables
    start = time.process_time()
    compare_metadata(flood, Described(flood.titles, pairs[::-1] * 200, "Other"))
    assert time.process_time() - start < 2
