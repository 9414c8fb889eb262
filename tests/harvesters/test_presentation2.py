"""Version 2 shapes, each as small as it can be, as the parser of version 3 reads them."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from harvesters.presentation2 import upgraded
from harvesters.presentation3 import Member, document_kind, parse_collection, parse_manifest
from iiif_dedup.publish import presentation
from iiif_dedup.types import ImageRef, Record, RecordFailure

URL = "https://partner.example/iiif/1/manifest"
CONTEXT = "http://iiif.io/api/presentation/2/context.json"
CANVAS = "https://partner.example/canvas/1"
IMAGE = {"@id": "https://partner.example/1.jpg", "@type": "dctypes:Image", "format": "image/jpeg"}
SERVICE = {
    "@context": "http://iiif.io/api/image/2/context.json",
    "@id": "https://i.example/1",
    "profile": ["http://iiif.io/api/image/2/level1.json", {"maxWidth": 900}],
}


def painted(resource: Any, **annotation: Any) -> dict[str, Any]:
    image = {"@type": "oa:Annotation", "motivation": "sc:painting", "on": CANVAS}
    return {
        "@id": CANVAS,
        "@type": "sc:Canvas",
        "label": "p. 1",
        "width": 20,
        "height": 10,
        "images": [{**image, "resource": resource, **annotation}],
    }


def read(*canvases: Any, **properties: Any) -> Record:
    sequence = {"@type": "sc:Sequence", "canvases": list(canvases)}
    manifest = {"@context": CONTEXT, "@id": URL, "@type": "sc:Manifest", "sequences": [sequence]}
    return parse_manifest({**manifest, **properties}, URL)


def images(resource: Any, **annotation: Any) -> tuple[ImageRef, ...]:
    return read(painted(resource, **annotation)).images


def urls(resource: Any) -> list[str]:
    return [image.url.removeprefix("https://partner.example/") for image in images(resource)]


def test_what_is_not_version_2_stays_as_it_is() -> None:
    others: list[Any] = [{"type": "Manifest", "@type": "sc:Manifest"}, {}, [], None, {"@id": "x"}]
    for document in others:
        assert upgraded(document) is document


def test_a_manifest_tells_what_version_3_tells() -> None:
    record = read(
        painted({**IMAGE, "width": 200, "height": "100", "service": SERVICE}),
        label=[{"@value": "Vase", "@language": "en"}, {"@value": "Αγγείο", "@language": "el"}],
        metadata=[{"label": "Shape", "value": ["krater", {"@value": "κρατήρας"}]}],
        description="Fragment",
        attribution="The Museum",
        license=["http://creativecommons.org/publicdomain/mark/1.0/"],
        related=[
            {"@id": "https://partner.example/film.mpg", "format": "video/mpeg"},
            {"@id": "https://partner.example/1.html", "format": "text/html"},
        ],
        viewingHint="paged",
        thumbnail="https://partner.example/small.jpg",
    )
    assert record.titles == {"en": ("Vase",), "el": ("Αγγείο",)}
    assert record.facets == (
        {"label": {"none": ("Shape",)}, "value": {"none": ("krater", "κρατήρας")}},
    )
    assert record.rights == "http://creativecommons.org/publicdomain/mark/1.0/"
    assert record.landing_page == "https://partner.example/1.html"
    assert record.images == (
        ImageRef(
            position=0,
            url=IMAGE["@id"],
            service_id="https://i.example/1",
            service_version=2,
            service_level=1,
            width=200,
            height=100,
            canvas_id=CANVAS,
            canvas_width=20,
            canvas_height=10,
            format="image/jpeg",
        ),
    )
    assert record.manifest is not None
    parts = json.loads(json.dumps(record.manifest))
    assert parts["summary"] == {"none": ["Fragment"]}
    assert parts["requiredStatement"]["value"] == {"none": ["The Museum"]}
    assert parts["behavior"] == ["paged"]
    assert parts["thumbnail"] == [{"id": "https://partner.example/small.jpg", "type": "Image"}]
    body = parts["items"][0]["items"][0]["items"][0]["body"]
    assert body["service"][0]["@type"] == "ImageService2"
    assert body["service"][0]["profile"] == "http://iiif.io/api/image/2/level1.json"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (IMAGE, ["1.jpg"]),
        ("https://partner.example/1.jpg", ["1.jpg"]),
        ("rdf:nil", []),
        (None, []),
        ([IMAGE, {**IMAGE, "@id": "2.jpg"}], ["1.jpg", "iiif/1/2.jpg"]),
        ({"@type": "oa:Choice", "default": IMAGE, "item": ["rdf:nil", "2.jpg"]}, ["1.jpg"]),
        ({"@type": "oa:Choice", "default": "rdf:nil", "item": [IMAGE]}, ["1.jpg"]),
        ({"@type": "oa:SpecificResource", "full": IMAGE, "selector": {"region": "1"}}, ["1.jpg"]),
        ({"@type": "cnt:ContentAsText", "chars": "Text"}, []),
        ({"@type": "dctypes:MovingImage", "@id": "https://partner.example/1.mp4"}, []),
        ({"@type": "dctypes:Image", "service": SERVICE},
         ["https://i.example/1/full/full/0/default.jpg"]),
    ],
)  # fmt: skip
def test_shapes_of_painted_resources(resource: Any, expected: list[str]) -> None:
    assert urls(resource) == expected


@pytest.mark.parametrize(
    "on",
    [
        CANVAS,
        [CANVAS],
        CANVAS + "#xywh=1,2,3,4",
        {"@id": CANVAS},
        {"@type": "oa:SpecificResource", "full": CANVAS},
        {
            "@type": "oa:SpecificResource",
            "full": {"@id": CANVAS},
            "selector": {"@type": "oa:FragmentSelector", "value": "xywh=1,2,3,4"},
        },
        None,
    ],
)
def test_shapes_of_targets(on: Any) -> None:
    canvas = painted(IMAGE, on=on)
    if on is not None:
        del canvas["@id"]
    assert read(canvas).images[0].canvas_id == CANVAS


def test_a_selector_keeps_its_place() -> None:
    choice = {"@type": "oa:Choice", "default": {"@type": "oa:FragmentSelector", "value": "xywh=1"}}
    record = read(painted(IMAGE, on={"full": CANVAS, "selector": choice}))
    assert record.manifest is not None
    target = json.loads(json.dumps(record.manifest))["items"][0]["items"][0]["items"][0]["target"]
    assert target["selector"] == {"type": "FragmentSelector", "value": "xywh=1"}


@pytest.mark.parametrize(
    ("login", "restricted"),
    [
        ({"profile": "http://iiif.io/api/auth/1/login"}, True),
        ([{"profile": "http://iiif.io/api/auth/0/clickthrough"}], True),
        ({"@type": "AuthCookieService1"}, True),
        ({"profile": "http://iiif.io/api/annex/services/physdim"}, False),
    ],
)
def test_a_service_that_asks_to_log_in_restricts_the_picture(login: Any, restricted: bool) -> None:
    (image,) = images({**IMAGE, "service": {**SERVICE, "service": login}})
    assert image.service_version == 2
    assert image.restricted is restricted


@pytest.mark.parametrize("member", ["canvases", "sequences"])
def test_canvases_that_come_again_are_read_once(member: str) -> None:
    canvas = painted(IMAGE)
    if member == "canvases":
        assert len(read(canvas, canvas).images) == 1
    else:
        again = {"@type": "sc:Sequence", "canvases": [canvas]}
        assert len(read(sequences=[again, again, {"@id": "elsewhere"}]).images) == 1


def members(**properties: Any) -> list[tuple[str, str] | str]:
    page = parse_collection({"@type": "sc:Collection", "@id": URL, **properties}, URL)
    return [
        member.reason.value
        if isinstance(member, RecordFailure)
        else (member.kind, member.url.removeprefix("https://partner.example/"))
        for member in page.members
    ]


A, B = ("https://partner.example/a", "https://partner.example/b")


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"manifests": [A]}, [("Manifest", "a")]),
        ({"collections": [{"@id": A}], "manifests": [{"@id": B}]},
         [("Collection", "a"), ("Manifest", "b")]),
        ({"members": [{"@id": A, "@type": "sc:Manifest"}], "manifests": [{"@id": A}, {"@id": B}]},
         [("Manifest", "a"), ("Manifest", "b")]),
        ({"first": A}, [("Collection", "a")]),
        ({"first": {"@id": A, "@type": "sc:Collection"}}, [("Collection", "a")]),
        ({"first": A, "manifests": [B], "total": 1}, [("Manifest", "b")]),
        ({"first": A, "manifests": [B], "total": 2}, [("Manifest", "b"), ("Collection", "a")]),
        ({"next": A, "manifests": [B], "total": 1}, [("Manifest", "b"), ("Collection", "a")]),
        ({"members": [{"@id": A, "@type": "sc:Canvas"}]}, ["not_a_manifest"]),
        ({"members": [7, None, "x"]}, ["not_a_manifest"] * 3),
        ({"manifests": ["", 7]}, ["bad_url", "bad_url"]),
        ({"manifests": []}, []),
    ],
)  # fmt: skip
def test_members_of_collections(properties: Any, expected: list[Any]) -> None:
    assert members(**properties) == expected


def test_embedded_members_are_read_where_they_stand() -> None:
    inner = {"@id": A, "@type": "sc:Collection", "members": [{"@id": B, "@type": "sc:Manifest"}]}
    page = parse_collection({"@type": "sc:Collection", "@id": URL, "collections": [inner]}, URL)
    (member,) = page.members
    assert isinstance(member, Member)
    assert member.document is not None
    assert document_kind(member.document) == "Collection"
    (held,) = parse_collection(member.document, member.url).members
    assert held == Member(B, "Manifest")


def test_what_is_published_of_version_2_is_valid_version_3(shared: Path) -> None:
    schema = shared / "interop" / "iiif_presentation_3" / "iiif_3_0.json"
    validator = Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))
    canvases = 0
    for path in sorted((shared / "fixtures" / "prezi2").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("@type") != "sc:Manifest":
            continue
        parts = json.loads(json.dumps(parse_manifest(document, URL).manifest))
        items = [
            presentation.canvas(canvas, f"{URL}/{number}")
            for number, canvas in enumerate(parts["items"][:20])
        ]
        context = "http://iiif.io/api/presentation/3/context.json"
        named = {"@context": context, "id": URL, "type": "Manifest", "label": {"none": ["x"]}}
        ours = {**named, "items": items}
        assert not [error.message for error in validator.iter_errors(ours)], path.name
        canvases += len(items)
    assert canvases > 300
