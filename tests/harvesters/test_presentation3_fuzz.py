"""Whatever stands where in a document: a record, or a reason, and nothing that breaks a store."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvesters.presentation3 import Member, parse_collection, parse_manifest
from iiif_dedup.errors import HarvestError
from iiif_dedup.types import Json

URL = "https://partner.example/document.json"
CHOSEN = (
    "prezi3/validator-full_example.json",
    "prezi3/mirador-hamilton.json",
    "prezi3/parser-exhibition-1.json",
    "prezi3/cookbook-0489-multimedia-canvas.json",
    "prezi3/validator-multi_bodies.json",
    "prezi3/validator-collection_of_collections.json",
    "prezi2/parser-thumbnails.json",
    "prezi2/iiifapi-fixture-38.json",
    "prezi2/dbmdz-spec-collection.json",
)

KEYS = ["id", "@id", "type", "@type", "items", "body", "source", "service", "@value", "full", "on"]
texts = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["Image", "Choice", "Manifest", "painting", "//", "http://[", "urn:x", "javascript:x", "\ud800"]
)
atoms = st.none() | st.booleans() | st.integers() | st.floats() | texts
wild = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS) | texts,
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@cache
def documents(shared: Path) -> list[dict[str, Any]]:
    folder = shared / "fixtures"
    return [json.loads((folder / name).read_text(encoding="utf-8")) for name in CHOSEN]


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every value within a document."""
    keys: Any = node.keys() if isinstance(node, dict) else range(len(node))
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def check(document: Any) -> None:
    try:
        record = parse_manifest(document, URL)
        check_storable(record.manifest)
        check_storable([record.identifier, record.titles, list(record.facets), record.provider])
        for image in record.images:
            assert image.url.startswith(("http://", "https://"))
    except HarvestError as error:
        check_storable(str(error))
    try:
        for member in parse_collection(document, URL).members:
            if isinstance(member, Member):
                assert member.url.startswith(("http://", "https://"))
    except HarvestError as error:
        check_storable(str(error))


def check_storable(value: Json) -> None:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    assert "\\u0000" not in text


@given(st.data())
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_mutated_fixtures(shared: Path, data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(documents(shared)), label="document"))
    for _ in range(data.draw(st.integers(1, 4), label="changes")):
        container, key = data.draw(st.sampled_from(list(places(document))), label="place")
        change = data.draw(st.sampled_from(["replace", "wrap", "unwrap", "delete"]), label="change")
        if change == "replace":
            container[key] = data.draw(wild, label="value")
        elif change == "wrap":
            container[key] = [container[key]]
        elif change == "unwrap" and isinstance(container[key], list) and container[key]:
            container[key] = container[key][0]
        elif isinstance(container, dict):
            del container[key]
            if not document:
                break
    check(document)


@given(wild)
@settings(max_examples=300, deadline=None)
def test_wild_parts(value: Any) -> None:
    page = {"type": "AnnotationPage", "items": value}
    annotation = {"motivation": "painting", "body": value, "target": value}
    canvas = {"items": [page, {"items": [annotation, value]}], "label": value, "width": value}
    names = ("label", "metadata", "provider", "homepage", "rights", "services", "summary")
    parts = dict.fromkeys(names, value)
    check({"type": "Manifest", "items": [canvas, value], **parts})
    check({"type": "Collection", "items": [value, {"type": "Manifest", "id": value}]})
    image = {"resource": value, "on": value, "motivation": value}
    old = {"@id": value, "images": [image, value], "label": value}
    old_parts = dict.fromkeys(("label", "related", "license", "attribution", "thumbnail"), value)
    check({"@type": "sc:Manifest", "sequences": [{"canvases": [old, value]}, value], **old_parts})
    check({"@type": "sc:Manifest", "sequences": value})
    check({"@type": "sc:Collection", "manifests": value, "members": value, "first": value})
    check(value)


def test_deep_nesting_ends() -> None:
    body: Any = {"type": "Image", "id": "https://partner.example/1.jpg"}
    for _ in range(500):
        body = {"type": "Choice", "items": [[body]]}
    annotation = {"motivation": "painting", "body": body}
    check({"type": "Manifest", "items": [{"items": [{"items": [annotation]}]}]})
