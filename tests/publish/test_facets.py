from __future__ import annotations

from typing import Any

from iiif_dedup.publish.facets import in_common
from iiif_dedup.types import RecordView
from tests.publish.examples import record_view


def with_facets(*facets: tuple[dict[str, Any], dict[str, Any]]) -> RecordView:
    return record_view(facets=tuple({"label": label, "value": value} for label, value in facets))


def test_a_facet_in_common_is_told_in_the_others_words() -> None:
    ours = with_facets(
        ({"en": ["Technique"], "el": ["Τεχνική"]}, {"en": ["Red-figure", "Attic"]}),
        ({"en": ["Date"]}, {"none": ["480 BC"]}),
    )
    theirs = with_facets(
        ({"el": ["ΤΕΧΝΙΚΉ"]}, {"en": ["<b>attic</b>", "Black-figure"], "el": ["Αττικό"]}),
        ({"en": ["Date"]}, {"none": ["470 BC"]}),
        ({"en": ["Height"]}, {"none": ["480 BC"]}),
    )
    assert in_common(ours, theirs) == [{"label": {"el": ["ΤΕΧΝΙΚΉ"]}, "value": {"en": ["attic"]}}]


def test_what_says_nothing_is_not_in_common() -> None:
    empty = with_facets(({"en": ["Note"]}, {"en": [""]}), ({}, {"en": ["x"]}))
    assert in_common(empty, empty) == []
    odd = record_view(facets=("Date", {"label": "Date", "value": 3}, {"label": None}))
    assert in_common(odd, odd) == []
