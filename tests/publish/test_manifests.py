"""Our manifests are valid whatever partners wrote, and leave the partner's canvases alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvesters.presentation3 import parse_manifest
from iiif_dedup.errors import HarvestError
from iiif_dedup.publish.manifests import UNKNOWN_SIDE, first_positions, manifest
from tests.publish.examples import URLS, assert_valid, harvested_view, image_view, record_view

RECORD = "a" * 20
NAMES = st.sampled_from(
    ["id", "@id", "type", "@type", "label", "items", "width", "height", "duration", "body",
     "target", "service", "profile", "format", "selector", "source", "motivation", "value",
     "provider", "homepage", "logo", "metadata", "requiredStatement", "rights", "summary"]
)  # fmt: skip
VALUES = st.sampled_from(
    ["Canvas", "AnnotationPage", "Annotation", "Image", "Choice", "SpecificResource", "painting",
     "https://a.example/1", "javascript:x", "ImageService2", "FragmentSelector", "<b>x</b>", "",
     "image/jpeg", 0, -1, 7, 1.5, True, None]
)  # fmt: skip
JSON = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=25,
)


def harvested(shared: Path) -> list[Any]:
    found = []
    for file in sorted((shared / "fixtures").glob("*/prezi3-*")) + sorted(
        (shared / "fixtures/prezi3").iterdir()
    ):
        if file.suffix != ".json":
            continue
        url = f"https://partner.example/{file.name}"
        try:
            found.append(harvested_view(parse_manifest(json.loads(file.read_bytes()), url)))
        except (HarvestError, ValueError):
            continue
    return found


def test_every_recorded_manifest_is_published_validly(shared: Path) -> None:
    views = harvested(shared)
    assert len(views) > 60
    for view in views:
        document = manifest(view, URLS)
        assert_valid(document, shared)
        canvases = {canvas["id"]: canvas for canvas in document["items"]}
        for canvas in first_positions(view, URLS):
            page = canvases[canvas]["annotations"][0]
            assert page["type"] == "AnnotationPage"
            assert "items" not in page


@settings(max_examples=150, deadline=None)
@given(parts=st.dictionaries(NAMES, JSON, max_size=8), items=st.lists(JSON, max_size=3))
def test_no_stored_json_makes_an_invalid_manifest(
    shared: Path, parts: dict[str, Any], items: list[Any]
) -> None:
    view = record_view(manifest={**parts, "items": items}, titles={"en": [""]}, facets=[parts])
    assert_valid(manifest(view, URLS), shared)


def test_the_partners_canvas_stays_as_it_is(shared: Path) -> None:
    body = {
        "id": "https://images.example/0/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "service": [
            {"id": "https://images.example/0", "type": "ImageService3", "profile": "level2"}
        ],
        "width": 800,
        "height": 600,
    }
    canvas = {
        "id": "https://partner.example/canvas/0",
        "type": "Canvas",
        "label": {"none": ["1r"]},
        "width": 8000,
        "height": 6000,
        "items": [
            {
                "id": "https://partner.example/page/0",
                "type": "AnnotationPage",
                "items": [
                    {
                        "id": "https://partner.example/annotation/0",
                        "type": "Annotation",
                        "motivation": "painting",
                        "body": body,
                        "target": "https://partner.example/canvas/0#xywh=0,0,10,10",
                    }
                ],
            }
        ],
    }
    document = manifest(record_view(manifest={"items": [canvas]}), URLS)
    assert_valid(document, shared)
    shown = document["items"][0]
    assert shown.pop("annotations") == [
        {
            "id": f"https://dedup.example/iiif/records/{RECORD}/canvas/0/clones",
            "type": "AnnotationPage",
            "label": {"en": ["Suggested duplicates"], "el": ["Προτεινόμενα διπλότυπα"]},
        }
    ]
    assert shown == canvas


def test_a_record_without_manifest_gets_canvases_of_ours(shared: Path) -> None:
    pictures = (
        image_view(0, canvas_id=None, canvas_width=None, canvas_height=None),
        image_view(1, canvas_id=None, canvas_width=None, width=None, pixel_width=None,
                   service_id=None, format=None),
    )  # fmt: skip
    document = manifest(record_view(images=pictures), URLS, "el")
    assert_valid(document, shared)
    assert document["id"].endswith("/manifest?lang=el")
    first, second = document["items"]
    assert first["id"] == f"https://dedup.example/iiif/records/{RECORD}/canvas/0"
    assert (first["width"], first["height"]) == (800, 600)
    assert first["annotations"][0]["id"] == f"{first['id']}/clones?lang=el"
    assert (second["width"], second["height"]) == (UNKNOWN_SIDE, UNKNOWN_SIDE)


def test_what_the_partner_says_of_itself_is_kept(shared: Path) -> None:
    partner = {
        "label": {"en": ["<i>Kylix</i>"]},
        "requiredStatement": {
            "label": {"en": ["Attribution"]},
            "value": {"en": ['<a href="https://museum.example">Museum</a>']},
        },
        "rights": "https://creativecommons.org/licenses/by/4.0/",
        "provider": [
            {"id": "https://museum.example", "type": "Agent", "label": {"en": ["Museum"]}}
        ],
        "homepage": [{"id": "https://museum.example/12", "label": {"en": ["Kylix"]}}],
        "items": [],
    }
    document = manifest(
        record_view(manifest=partner, manifest_url="https://museum.example/m.json"), URLS
    )
    assert_valid(document, shared)
    assert document["label"] == {"en": ["Kylix"]}
    assert document["requiredStatement"] == partner["requiredStatement"]
    assert document["rights"] == "http://creativecommons.org/licenses/by/4.0/"
    assert document["provider"] == partner["provider"]
    assert document["homepage"][0]["id"] == "https://museum.example/12"
    assert [link["type"] for link in document["seeAlso"]] == ["Dataset", "Manifest"]


def test_rights_that_the_specification_forbids_are_not_lost(shared: Path) -> None:
    document = manifest(record_view(rights="https://museum.example/rights"), URLS)
    assert_valid(document, shared)
    assert "rights" not in document
    assert document["metadata"][-1]["value"] == {"none": ["https://museum.example/rights"]}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"id": "https://i.example/1", "type": "ImageService3", "profile": "level1"},
         {"id": "https://i.example/1", "type": "ImageService3", "profile": "level1"}),
        ({"@id": "https://i.example/1", "@type": "ImageService2", "id": "https://i.example/1"},
         {"@id": "https://i.example/1", "@type": "ImageService2"}),
        ({"@id": "https://i.example/1", "profile": ["http://iiif.io/api/image/2/level1.json", {}]},
         {"@id": "https://i.example/1", "@type": "ImageService2",
          "profile": "http://iiif.io/api/image/2/level1.json"}),
    ],
)  # fmt: skip
def test_services_take_the_form_of_their_version(
    shared: Path, written: dict[str, Any], kept: dict[str, Any]
) -> None:
    body = {"id": "https://i.example/1.jpg", "type": "Image", "service": written}
    annotation = {"motivation": "painting", "body": body}
    canvas = {"id": "https://partner.example/canvas/0", "width": 2, "height": 2,
              "items": [{"items": [annotation]}]}  # fmt: skip
    document = manifest(record_view(manifest={"items": [canvas]}), URLS)
    assert_valid(document, shared)
    painted = document["items"][0]["items"][0]["items"][0]
    assert painted["body"]["service"] == [kept]
