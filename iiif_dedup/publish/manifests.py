"""Our manifest of a record: the partner's canvases, with references to our annotation pages.

Presentation 3, sections 3 and 5.2. The canvas ids are the partner's, so that the annotations
are about the partner's own canvases; the manifest's id is ours, since it is another document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iiif_dedup.publish import presentation
from iiif_dedup.publish.clean import (
    best_text,
    http_uri,
    plain_language_map,
    plain_text,
    rich_language_map,
    rights_uri,
)
from iiif_dedup.publish.presentation import Node, mappings
from iiif_dedup.publish.urls import Urls
from iiif_dedup.types import ImageView, RecordView

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
UNKNOWN_SIDE = 1000
"""Width and height of our own canvas as long as nobody knows the picture's; only their ratio
matters (Presentation 3, section 5.3)."""


def canvas_of(image: ImageView, record_id: str, urls: Urls) -> str:
    """Return the id of the canvas that shows a picture: the partner's, else ours."""
    return http_uri(image.canvas_id) or urls.canvas(record_id, image.position)


def first_positions(record: RecordView, urls: Urls) -> dict[str, int]:
    """Return canvas id → position of its first picture, which is the page's number in URLs."""
    positions: dict[str, int] = {}
    for image in record.images:
        positions.setdefault(canvas_of(image, record.id, urls), image.position)
    return positions


def manifest(record: RecordView, urls: Urls, language: str | None = None) -> Node:
    """Return the Presentation 3 manifest of a record with its images.

    Args:
        record: The record, with manifest and images.
        urls: Where the service is reached.
        language: Of the annotations that it refers to; None for the service's own.
    """
    partner = record.manifest or {}
    label = plain_language_map(partner.get("label")) or plain_language_map(record.titles)
    node: Node = {
        "@context": CONTEXT,
        "id": urls.manifest(record.id, language),
        "type": "Manifest",
        "label": label or {"none": [plain_text(record.identifier) or record.id]},
        "metadata": _metadata(record, partner),
        "summary": rich_language_map(partner.get("summary")),
        "requiredStatement": next(iter(_pairs([partner.get("requiredStatement")])), None),
        "rights": rights_uri(partner.get("rights")) or rights_uri(record.rights),
        "provider": presentation.agents(partner.get("provider")) or _provider(record, urls),
        "homepage": presentation.homepages(partner.get("homepage")) or _homepage(record),
        "seeAlso": _see_also(record, urls),
        "items": _items(record, urls, language),
    }
    return {name: value for name, value in node.items() if value or name == "items"}


def _items(record: RecordView, urls: Urls, language: str | None) -> list[Node]:
    positions = first_positions(record, urls)
    canvases = []
    for number, partner in enumerate(mappings((record.manifest or {}).get("items"))):
        canvas = presentation.canvas(partner, f"{urls.manifest(record.id)}/canvas/{number}")
        if canvas is not None:
            canvases.append(canvas)
    known = {canvas["id"] for canvas in canvases}
    own = [
        _own_canvas(image, record.id, urls)
        for image in record.images
        if canvas_of(image, record.id, urls) not in known
    ]
    for canvas in [*canvases, *own]:
        if canvas["id"] in positions:
            page = urls.page(record.id, positions[canvas["id"]], language)
            canvas["annotations"] = [_page_reference(page)]
    return [*canvases, *own]


def _page_reference(page_id: str) -> Node:
    """Return a reference to an annotation page.

    Only id, type and label: a page with `items: []` would be taken as complete by viewers.
    """
    label = {"en": ["Suggested duplicates"], "el": ["Προτεινόμενα διπλότυπα"]}
    return {"id": page_id, "type": "AnnotationPage", "label": label}


def _own_canvas(image: ImageView, record_id: str, urls: Urls) -> Node:
    canvas_id = canvas_of(image, record_id, urls)
    width = image.canvas_width or image.width or image.pixel_width
    height = image.canvas_height or image.height or image.pixel_height
    if not (width and height):
        width = height = UNKNOWN_SIDE
    shown = urls.picture(image)
    is_theirs = shown == image.url
    media_type = image.format or "image/jpeg" if is_theirs else "image/jpeg"
    declared: Node = {"id": shown, "type": "Image", "format": media_type}
    if is_theirs and image.width and image.height:
        declared |= {"width": image.width, "height": image.height}
    if image.service_id:
        declared["service"] = [
            {
                "id": image.service_id,
                "type": f"ImageService{image.service_version or 2}",
                "profile": f"level{image.service_level or 0}",
            }
        ]
    partner = {
        "id": canvas_id,
        "width": width,
        "height": height,
        "items": [{"items": [{"body": declared, "target": canvas_id}]}],
    }
    canvas = presentation.canvas(partner, urls.canvas(record_id, image.position))
    if canvas is None:
        raise ValueError(f"a canvas of {width} × {height} was refused")
    return canvas


def _metadata(record: RecordView, partner: Mapping[str, Any]) -> list[Node]:
    pairs = _pairs(partner.get("metadata")) or _pairs(record.facets)
    statement = partner.get("rights") or record.rights
    if statement and not rights_uri(statement):
        # Not a URI that `rights` may hold; the statement must not be lost for all that.
        rights = {"en": ["Rights"], "el": ["Δικαιώματα"]}
        pairs.append({"label": rights, "value": {"none": [plain_text(statement)]}})
    return pairs


def _pairs(value: object) -> list[Node]:
    pairs = []
    for pair in mappings(value):
        label, text = plain_language_map(pair.get("label")), rich_language_map(pair.get("value"))
        if text:
            pairs.append({"label": label or {"none": [""]}, "value": text})
    return pairs


def _provider(record: RecordView, urls: Urls) -> Sequence[Node]:
    name = plain_text(record.provider)
    if not name:
        return []
    return [{"id": urls.source(record.source_key), "type": "Agent", "label": {"none": [name]}}]


def _homepage(record: RecordView) -> Sequence[Node]:
    title = best_text(record.titles, "en") or record.identifier
    return presentation.homepages([{"id": record.landing_page, "label": {"none": [title]}}])


def _see_also(record: RecordView, urls: Urls) -> list[Node]:
    links: list[Node] = [
        {"id": urls.record(record.id), "type": "Dataset", "format": "application/json"}
    ]
    partner = http_uri(record.manifest_url)
    if partner:
        links.append({"id": partner, "type": "Manifest", "format": "application/ld+json"})
    return links
