"""Shapes that the recorded documents do not show, each as small as it can be."""

import json
from typing import Any

import pytest

from harvesters import presentation3
from harvesters.presentation3 import Member, parse_collection, parse_manifest
from harvesters.values import MAX_TITLE
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import ImageRef, Record, RecordFailure

URL = "https://partner.example/iiif/1/manifest"
CONTEXT = "http://iiif.io/api/presentation/3/context.json"
IMAGE = {"type": "Image", "id": "https://partner.example/1.jpg", "format": "image/jpeg"}
SERVICE_3 = {"id": "https://i.example/1/", "type": "ImageService3", "profile": "level2"}


def manifest(**properties: Any) -> dict[str, Any]:
    return {"@context": CONTEXT, "id": URL, "type": "Manifest", "items": [], **properties}


def painted(*bodies: Any) -> dict[str, Any]:
    canvas = "https://partner.example/canvas/1"
    annotations = [
        {"type": "Annotation", "motivation": "painting", "body": body, "target": canvas}
        for body in bodies
    ]
    page = {"type": "AnnotationPage", "items": annotations}
    return {"id": canvas, "type": "Canvas", "width": 20, "height": 10, "items": [page]}


def images(*bodies: Any, **properties: Any) -> tuple[ImageRef, ...]:
    return parse_manifest(manifest(items=[painted(*bodies)], **properties), URL).images


def image(*bodies: Any, **properties: Any) -> ImageRef:
    (only,) = images(*bodies, **properties)
    return only


def served(service: Any, **properties: Any) -> ImageRef:
    return image({**IMAGE, "service": service}, **properties)


def refusal(document: object) -> Reason:
    with pytest.raises(HarvestError) as caught:
        parse_manifest(document, URL)
    return caught.value.reason


def test_a_plain_image_carries_all_that_is_declared() -> None:
    assert image({**IMAGE, "width": 2000, "height": 1000.0, "service": [SERVICE_3]}) == ImageRef(
        position=0,
        url="https://partner.example/1.jpg",
        service_id="https://i.example/1",
        service_version=3,
        service_level=2,
        width=2000,
        height=1000,
        canvas_id="https://partner.example/canvas/1",
        canvas_width=20,
        canvas_height=10,
        format="image/jpeg",
    )


@pytest.mark.parametrize(
    ("service", "version", "level"),
    [
        (SERVICE_3, 3, 2),
        ({"@id": "https://i.example/1", "@type": "ImageService2", "profile": "level0"}, 2, 0),
        (
            {
                "@context": "http://iiif.io/api/image/2/context.json",
                "@id": "https://i.example/1",
                "profile": ["http://iiif.io/api/image/2/level1.json", {"maxWidth": 1000}],
            },
            2,
            1,
        ),
        # Europeana calls every service ImageService3; the profile comes from the server.
        ({**SERVICE_3, "profile": "http://iiif.io/api/image/2/level2.json"}, 2, 2),
        ({**SERVICE_3, "profile": "level3"}, 3, None),
        ({**SERVICE_3, "id": "https://i.example/1/info.json"}, 3, 2),
        ({"id": "https://i.example/1", "type": "ImageService3"}, 3, None),
        ({"@id": "https://i.example/1", "@type": "ImageService1"}, 1, None),
    ],
)
def test_a_service_tells_version_and_level(service: Any, version: int, level: int | None) -> None:
    for shape in (service, [service]):
        ref = served(shape)
        assert (ref.service_id, ref.service_version) == ("https://i.example/1", version)
        assert ref.service_level == level


@pytest.mark.parametrize(
    "service",
    [
        None,
        "https://i.example/1",
        {"id": "https://i.example/1"},
        {"id": "ftp://i.example/1", "type": "ImageService3"},
        {"id": "https://i.example/login", "type": "AuthCookieService1"},
        {"@id": "https://i.example/1", "profile": "http://iiif.io/api/auth/1/login"},
    ],
)
def test_what_is_no_usable_service_leaves_the_url(service: Any) -> None:
    ref = served(service)
    assert (ref.url, ref.service_id, ref.service_version) == (IMAGE["id"], None, None)


def test_the_newest_of_several_services_is_taken() -> None:
    older = {"@id": "https://i.example/v2", "@type": "ImageService2", "profile": "level1"}
    assert served([older, SERVICE_3]).service_version == 3
    assert served([SERVICE_3, older]).service_version == 3


def test_a_service_can_be_defined_at_the_top() -> None:
    reference = {"id": SERVICE_3["id"], "type": "ImageService3"}
    assert served([reference], services=[SERVICE_3]).service_level == 2
    assert served(SERVICE_3["id"], services=[SERVICE_3]).service_version == 3


def test_a_body_without_url_is_fetched_whole_from_its_service() -> None:
    assert image({"type": "Image", "service": SERVICE_3}).url == (
        "https://i.example/1/full/max/0/default.jpg"
    )


@pytest.mark.parametrize(
    "body",
    [
        IMAGE["id"],
        {"id": IMAGE["id"]},
        {"type": "SpecificResource", "source": IMAGE["id"]},
        {"type": "SpecificResource", "source": IMAGE},
        [IMAGE],
        {"type": "Choice", "items": [IMAGE, {**IMAGE, "id": "https://partner.example/x-ray.jpg"}]},
        {"type": "Choice", "items": [{"type": "Video", "id": "https://partner.example/v"}, IMAGE]},
        {"type": "Composite", "items": [IMAGE]},
        {"type": "dctypes:Image", "@id": "/1.jpg"},
        {"format": "image/jpeg", "id": "../../1.jpg"},
    ],
)
def test_shapes_of_one_image(body: Any) -> None:
    assert image(body).url == IMAGE["id"]


def test_a_specific_resource_may_carry_the_service_of_its_source() -> None:
    body = {"type": "SpecificResource", "source": IMAGE["id"], "service": [SERVICE_3]}
    assert image(body).service_id == "https://i.example/1"


@pytest.mark.parametrize(
    "body",
    [
        None,
        7,
        {},
        {"type": "Image"},
        {"type": "Image", "id": "data:image/png;base64,AA=="},
        {"type": "Image", "id": "https://user:secret@partner.example/1.jpg"},
        {"type": "Image", "id": "http://[broken/1.jpg"},
        {"type": "Sound", "id": "https://partner.example/1.mp3"},
        {"type": "TextualBody", "value": "<b>text</b>"},
        {"type": "Choice", "items": []},
        "https://partner.example/page.html",
    ],
)
def test_bodies_that_are_no_image_one_could_fetch(body: Any) -> None:
    assert images(body) == ()


def test_images_of_a_composition_keep_their_order() -> None:
    refs = images(IMAGE, [IMAGE, IMAGE], {"type": "Choice", "items": [IMAGE, IMAGE]})
    assert [ref.position for ref in refs] == [0, 1, 2, 3]


def test_a_canvas_without_id_takes_the_target_of_its_painting() -> None:
    canvas = painted(IMAGE)
    canvas["items"][0]["items"][0]["target"] = {
        "source": {"id": f"{canvas.pop('id')}#xywh=1,1,2,2"}
    }
    record = parse_manifest(manifest(items=[canvas]), URL)
    assert record.images[0].canvas_id == "https://partner.example/canvas/1"


def described() -> Record:
    return parse_manifest(
        manifest(
            label={"en": ["Lekythos\x00 "], "el": "Λήκυθος", "not a tag!": ["x"], "fr": [None, ""]},
            metadata=[
                {"label": {"en": ["Date"]}, "value": {"en": ["c. 470 BC"]}},
                {"label": "Shape", "value": ["lekythos", {"@value": "λήκυθος", "@language": "el"}]},
                {"label": {"en": ["Empty"]}, "value": {}},
                "not a pair",
            ],
            rights="http://creativecommons.org/publicdomain/zero/1.0/",
            requiredStatement={"label": {"en": ["By"]}, "value": {"en": ["<b>Museum</b>"]}},
            provider=[{"id": "https://m.example", "label": {"el": ["Μουσείο"], "en": ["Museum"]}}],
            homepage=[{"id": "javascript:alert(1)"}, {"id": "/objects/1", "type": "Text"}],
            summary="A small vessel.",
            seeAlso=[{"id": "https://m.example/1.xml"}],
            structures=[{"type": "Range"}],
        ),
        URL,
    )


def test_descriptions_are_cleaned() -> None:
    record = described()
    assert record.titles == {"en": ("Lekythos",), "el": ("Λήκυθος",), "none": ("x",)}
    assert [facet["value"] for facet in record.facets] == [
        {"en": ("c. 470 BC",)},
        {"none": ("lekythos",), "el": ("λήκυθος",)},
    ]
    assert record.rights == "http://creativecommons.org/publicdomain/zero/1.0/"
    assert record.provider == "Museum"
    assert record.landing_page == "https://partner.example/objects/1"


def test_published_parts_hold_what_the_contract_names_and_no_more() -> None:
    parts = described().manifest
    assert parts is not None
    assert set(parts) == {
        "label",
        "metadata",
        "summary",
        "requiredStatement",
        "rights",
        "provider",
        "homepage",
        "items",
    }
    assert parts["summary"] == {"none": ("A small vessel.",)}
    assert "javascript" not in json.dumps(parts)


def test_published_canvases_hold_painting_only() -> None:
    canvas = painted({**IMAGE, "annotations": [{"id": "https://x.example"}], "label": "a\x07b"})
    canvas["items"][0]["items"] += [
        {"type": "Annotation", "motivation": "commenting", "body": IMAGE},
        {
            "type": "Annotation",
            "motivation": "painting",
            "body": {"type": "TextualBody", "value": "<script>"},
        },
    ]
    canvas["annotations"] = [{"id": "https://partner.example/annotations"}]
    parts = parse_manifest(manifest(items=[canvas]), URL).manifest
    assert parts is not None
    body = {**IMAGE, "label": "ab"}
    target = "https://partner.example/canvas/1"
    assert parts["items"] == [
        {
            "type": "Canvas",
            "id": target,
            "width": 20,
            "height": 10,
            "items": [
                {
                    "type": "AnnotationPage",
                    "items": [
                        {
                            "type": "Annotation",
                            "motivation": "painting",
                            "body": body,
                            "target": target,
                        }
                    ],
                }
            ],
        }
    ]


def test_a_missing_or_relative_id_becomes_a_url() -> None:
    assert parse_manifest(manifest(id=None), URL).identifier == URL
    assert parse_manifest(manifest(id="other"), URL).identifier == (
        "https://partner.example/iiif/1/other"
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, Reason.NOT_PRESENTATION_3),
        ([], Reason.NOT_PRESENTATION_3),
        ({}, Reason.NOT_PRESENTATION_3),
        ({"@type": "sc:Manifest", "sequences": []}, Reason.INVALID_MANIFEST),
        ({"@type": "dctypes:Image", "sequences": []}, Reason.NOT_PRESENTATION_3),
        ({"type": "Canvas", "items": []}, Reason.NOT_A_MANIFEST),
        ({"type": "Collection", "items": []}, Reason.NOT_A_MANIFEST),
        ({"type": "Manifest"}, Reason.INVALID_MANIFEST),
        ({"type": "Manifest", "items": {}}, Reason.INVALID_MANIFEST),
        ({"@context": CONTEXT, "type": "Manifest", "sequences": []}, Reason.INVALID_MANIFEST),
    ],
)
def test_what_is_no_manifest_has_a_reason(document: object, reason: Reason) -> None:
    assert refusal(document) == reason


def test_a_manifest_is_known_by_its_shape_when_the_context_is_wrong() -> None:
    context = "http://iiif.io/api/presentation/2/context.json"
    assert parse_manifest(manifest(**{"@context": context}), URL).images == ()


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(manifest(items=[{}] * 10_001)) == Reason.INVALID_MANIFEST
    monkeypatch.setattr(presentation3, "MAX_IMAGES", 2)
    assert refusal(manifest(items=[painted(IMAGE, IMAGE, IMAGE)])) == Reason.INVALID_MANIFEST
    long = parse_manifest(manifest(label={"en": ["x" * 100_000]}), URL)
    assert len(long.titles["en"][0]) == MAX_TITLE


def test_members_of_a_collection_keep_their_order_and_failures() -> None:
    nested = {"id": "sub", "type": "Collection", "items": []}
    page = parse_collection(
        {
            "type": "Collection",
            "label": {"en": ["All"]},
            "items": [
                {"id": "a", "type": "Manifest"},
                nested,
                {"id": "https://partner.example/c", "type": "Canvas"},
                {"type": "Manifest"},
                "https://partner.example/bare",
                {"id": "b", "type": "Manifest", "items": []},
            ],
        },
        "https://partner.example/top",
    )
    assert page.identifier == "https://partner.example/top"
    assert page.label == {"en": ("All",)}
    kinds = [
        member.reason if isinstance(member, RecordFailure) else member.kind
        for member in page.members
    ]
    assert kinds == [
        "Manifest",
        "Collection",
        Reason.NOT_A_MANIFEST,
        Reason.BAD_URL,
        Reason.NOT_A_MANIFEST,
        "Manifest",
    ]
    first, second = page.members[:2]
    assert first == Member("https://partner.example/a", "Manifest", None)
    assert isinstance(second, Member)
    assert second.document == nested


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (manifest(), Reason.NOT_A_COLLECTION),
        ({"type": "Collection"}, Reason.INVALID_COLLECTION),
        ({"@type": "sc:Collection"}, Reason.INVALID_COLLECTION),
        ({"@type": "sc:Manifest", "sequences": []}, Reason.NOT_A_COLLECTION),
    ],
)
def test_what_is_no_collection_has_a_reason(document: object, reason: Reason) -> None:
    with pytest.raises(HarvestError) as caught:
        parse_collection(document, URL)
    assert caught.value.reason == reason
