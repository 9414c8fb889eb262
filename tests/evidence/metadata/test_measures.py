from __future__ import annotations

import pytest

from iiif_dedup.evidence.metadata import Described, compare_metadata, metadata_measures
from iiif_dedup.evidence.metadata.measures import MOST_SUMMED, weight
from iiif_dedup.types import Json, MetadataPoint


def _point(kind: str, words: str, label: str, *, agrees: bool = True) -> MetadataPoint:
    return MetadataPoint(kind, agrees, words, words, label, label)


def test_nothing_compared_is_nothing_measured() -> None:
    assert metadata_measures(()) == {}


def test_weights_follow_how_rare_an_agreement_is() -> None:
    rising = [
        _point("material", "clay", "Material"),
        _point("place", "Athenian", "Fabric"),
        _point("technique", "Red-figure", "Technique"),
        _point("shape", "Krater, Column-", "Shape"),
        _point("place", "Abdera", "Findspot"),
        _point("attribution", "Myson", "Attribution"),
        _point("publication", "Corpus of Vases 1, fig. 3", "Publication"),
        _point("inventory_number", "86.AE.205", "Accession number"),
    ]
    weights = [weight(point) for point in rising]
    assert weights == sorted(weights)
    assert weights[0] < 0.1
    assert weights[-1] > 3


def test_common_words_together_weigh_less_than_one_number() -> None:
    common = metadata_measures(
        [
            _point("material", "pottery", "Material"),
            _point("place", "Greece", "Place"),
            _point("technique", "Red-figure", "Technique"),
            _point("shape", "Krater, Column-", "Shape"),
            _point("date", "-480", "Date"),
        ]
    )
    number = metadata_measures([_point("inventory_number", "86.AE.205", "Accession number")])
    assert common["metadata_agreement"] < 2 < number["metadata_agreement"]


def test_only_dimensions_add_up_and_to_a_limit() -> None:
    height = _point("dimensions", "Height: 130 mm", "Dimensions")
    assert metadata_measures([height, height])["metadata_agreement"] == 2 * weight(height)
    assert metadata_measures([height] * 4)["metadata_agreement"] == MOST_SUMMED
    place = _point("place", "Abdera", "Findspot")
    assert metadata_measures([place, place])["metadata_agreement"] == weight(place)


def test_contradictions_count_once_a_kind_and_leave_agreements_alone() -> None:
    shape = _point("shape", "krater", "Shape", agrees=False)
    place = _point("place", "Abdera", "Findspot")
    measures = metadata_measures([shape, place])
    assert metadata_measures([shape, shape, place]) == measures
    assert measures["metadata_contradiction"] > 0
    assert measures["metadata_agreement"] == weight(place)


def test_a_point_weighs_the_same_wherever_its_unit_or_role_stands() -> None:
    facets: list[Json] = [
        {"label": {"en": ["Height (cm)"]}, "value": {"none": ["41.9"]}},
        {"label": {"en": ["Dimensions"]}, "value": {"none": ["W. 34.5, Diam. 20.4 cm"]}},
        {"label": {"en": ["Negative number"]}, "value": {"none": ["NEG-2001"]}},
        {"label": {"el": ["Πίνακας"]}, "value": {"none": ["524, 1–2"]}},
    ]
    one = Described({}, facets, "Museum")
    points = compare_metadata(one, one)
    assert len(points) == 5
    assert all(weight(point) > 0 for point in points)


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        metadata_measures([_point("colour", "red", "Colour")])
