"""LIDO 1.0 and 1.1: museum objects, their events, and the pictures in `resourceWrap`.

One `lidoWrap` may hold several `lido`. `resourceRepresentation/@type` is a free string or a URI
of the LIDO terminology: lido00464 is the provided image, lido00451 the preview of one.
"""

from __future__ import annotations

import re

from harvesters.oai.formats.draft import (
    Draft,
    children,
    language_of,
    local_name,
    looks_like_manifest,
    text_of,
)
from harvesters.oai.xml import Element

_PREVIEW = re.compile(r"thumb|preview|lido00451|small", re.IGNORECASE)
_MANIFEST = re.compile(r"manifest", re.IGNORECASE)
_OTHER = re.compile(r"audio|video|text|3d|lido0046[5-9]|lido00482|placeholder", re.IGNORECASE)
_IDENTIFICATION = ("descriptiveMetadata", "objectIdentificationWrap")
_FACETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Object type", ("objectClassificationWrap", "objectWorkTypeWrap", "objectWorkType", "term")),
    (
        "Classification",
        ("objectClassificationWrap", "classificationWrap", "classification", "term"),
    ),
    ("Inventory number", ("objectIdentificationWrap", "repositoryWrap", "repositorySet", "workID")),
    (
        "Description",
        (
            "objectIdentificationWrap",
            "objectDescriptionWrap",
            "objectDescriptionSet",
            "descriptiveNoteValue",
        ),
    ),
    (
        "Measurements",
        (
            "objectIdentificationWrap",
            "objectMeasurementsWrap",
            "objectMeasurementsSet",
            "displayObjectMeasurements",
        ),
    ),
    (
        "Subject",
        ("objectRelationWrap", "subjectWrap", "subjectSet", "subject", "subjectConcept", "term"),
    ),
)
_EVENT_FACETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("date", ("eventDate", "displayDate")),
    ("place", ("eventPlace", "place", "namePlaceSet", "appellationValue")),
    ("place", ("eventPlace", "displayPlace")),
    (
        "actor",
        ("eventActor", "actorInRole", "actor", "nameActorSet", "appellationValue"),
    ),
    ("culture", ("culture", "term")),
    ("material and technique", ("eventMaterialsTech", "displayMaterialsTech")),
    (
        "material and technique",
        ("eventMaterialsTech", "materialsTech", "termMaterialsTech", "term"),
    ),
)


def objects(root: Element) -> list[Element]:
    """Return the `lido` elements of a `lidoWrap`, or the root when it is one."""
    return [root] if local_name(root) == "lido" else children(root, "lido")


def record_id(lido: Element) -> str:
    """Return the first `lidoRecID`, "" when there is none."""
    return next((text_of(element) for element in children(lido, "lidoRecID")), "")


def read(lido: Element, draft: Draft) -> None:
    """Put what one `lido` element says into the draft."""
    _titles(lido, draft)
    for label, path in _FACETS:
        for element in children(lido, "descriptiveMetadata", *path):
            draft.facet(label, text_of(element), language_of(element))
    for event in children(lido, "descriptiveMetadata", "eventWrap", "eventSet", "event"):
        _event(event, draft)
    holder = (*_IDENTIFICATION, "repositoryWrap", "repositorySet", "repositoryName")
    source = ("administrativeMetadata", "recordWrap", "recordSource")
    for body in (*children(lido, *holder), *children(lido, *source)):
        for name in children(body, "legalBodyName", "appellationValue"):
            draft.provider = draft.provider or text_of(name) or None
    info = ("administrativeMetadata", "recordWrap", "recordInfoSet", "recordInfoLink")
    for element in children(lido, *info):
        draft.page(text_of(element))
    for resource in _in_order(
        children(lido, "administrativeMetadata", "resourceWrap", "resourceSet")
    ):
        _resource(resource, draft)
    work = ("administrativeMetadata", "rightsWorkWrap", "rightsWorkSet", "rightsType")
    for tag in ("conceptID", "term"):
        for element in children(lido, *work, tag):
            draft.right(text_of(element))


def _titles(lido: Element, draft: Draft) -> None:
    """Add the preferred titles of each set, all where none is preferred."""
    for title_set in children(lido, *_IDENTIFICATION, "titleWrap", "titleSet"):
        values = children(title_set, "appellationValue")
        preferred = [value for value in values if "preferred" in _attribute(value, "pref")]
        for value in preferred or values:
            draft.title(text_of(value), language_of(value))


def _event(event: Element, draft: Draft) -> None:
    kinds = children(event, "eventType", "term")
    english = [kind for kind in kinds if (language_of(kind) or "").startswith("en")]
    kind = next((text_of(term) for term in [*english, *kinds]), "") or "Event"
    for label, path in _EVENT_FACETS:
        for element in children(event, *path):
            draft.facet(f"{kind}: {label}", text_of(element), language_of(element))


def _resource(resource: Element, draft: Draft) -> None:
    for representation in children(resource, "resourceRepresentation"):
        kind = _attribute(representation, "type")
        for link in children(representation, "linkResource"):
            url = text_of(link)
            if _MANIFEST.search(kind) or looks_like_manifest(url):
                draft.manifest(url)
            elif _PREVIEW.search(kind):
                draft.preview(url)
            elif not _OTHER.search(kind):
                media_type = _attribute(link, "formatResource") or None
                draft.picture(url, media_type, trusted=media_type is None)
    for name in ("conceptID", "term"):
        for element in children(resource, "rightsResource", "rightsType", name):
            draft.right(text_of(element))


def _in_order(resources: list[Element]) -> list[Element]:
    """Return the resources by `sortorder`, those without it behind, as they stand."""

    def place(resource: Element) -> int:
        text = _attribute(resource, "sortorder").strip()
        return int(text) if text.isdecimal() and len(text) < 10 else 10**9

    return sorted(resources, key=place)


def _attribute(element: Element, name: str) -> str:
    """Return an attribute by its local name, "" when there is none."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""
