"""Real catalogues: what all have in common raises no pair, a record meets itself."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from iiif_dedup.evidence.metadata import Described, compare_metadata, metadata_measures
from iiif_dedup.types import Json


def _records(folder: Path) -> list[Described]:
    found = []
    for entry in json.loads((folder / "records.json").read_text(encoding="utf-8")):
        facets: list[Json] = [
            {"label": {"en": [name.replace("_", " ")]}, "value": {"none": [str(value)]}}
            for name, value in entry["metadata"].items()
        ]
        found.append(Described({"none": (entry["title"],)}, facets, entry["collection"]))
    return found


@pytest.mark.parametrize("name", ["attic_cva10", "ambers"])
def test_other_objects_are_not_raised(shared: Path, name: str) -> None:
    for one, other in combinations(_records(shared / "data" / name), 2):
        measures = metadata_measures(compare_metadata(one, other))
        assert measures["metadata_agreement"] < 2
        assert measures["metadata_contradiction"] >= 1


@pytest.mark.parametrize("name", ["attic_cva10", "ambers"])
def test_one_object_in_two_collections_is_raised(shared: Path, name: str) -> None:
    for one in _records(shared / "data" / name):
        elsewhere = Described(one.titles, one.facets, "Somewhere else")
        measures = metadata_measures(compare_metadata(one, elsewhere))
        assert measures["metadata_agreement"] > 7
        assert measures["metadata_contradiction"] == 0
