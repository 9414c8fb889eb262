"""A partner's canvases, rebuilt so that they are always valid Presentation 3.

Ids, dimensions and painting content stay as the partner gave them; what the specification does
not allow at its place is left out, and a missing id is filled in. A derived manifest with the
partner's canvas ids is what lets annotations on those canvases be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from iiif_dedup.publish.clean import http_uri, plain_language_map, plain_text

Node = dict[str, Any]

_MEDIA_TYPE = re.compile(r"[a-z]+/\S+")
_MAX_DEPTH = 6
"""Deepest nesting of bodies and services; a Choice of SpecificResources has three."""


def canvas(partner: Mapping[str, Any], fallback_id: str) -> Node | None:
    """Return a clean canvas with its painting pages (section 5.3); None without dimensions.

    Args:
        partner: The canvas as stored.
        fallback_id: Id for a canvas without one, and the base of ids made for its parts.
    """
    size = _size(partner)
    if not size:
        return None
    canvas_id = http_uri(partner.get("id")) or fallback_id
    node: Node = {"id": canvas_id, "type": "Canvas"}
    label = plain_language_map(partner.get("label"))
    if label:
        node["label"] = label
    pages = (
        _page(page, canvas_id, f"{fallback_id}/page/{number}")
        for number, page in enumerate(mappings(partner.get("items")))
    )
    return {**node, **size, "items": [page for page in pages if page["items"]]}


def resource(value: object, depth: int = 0) -> Node | None:
    """Return a clean content resource (section 5.7), or None where there is nothing to show.

    An image, sound or video; a `Choice` between several; or a `SpecificResource`, a part of one.
    """
    if isinstance(value, str):
        value = {"id": value, "type": "Image"}
    if not isinstance(value, Mapping) or depth > _MAX_DEPTH:
        return None
    kind = value.get("type")
    if kind == "Choice":
        options = [resource(item, depth + 1) for item in mappings(value.get("items"))]
        kept = [option for option in options if option]
        return {"type": "Choice", "items": kept} if kept else None
    if kind == "SpecificResource":
        return _specific_resource(value, depth)
    uri = http_uri(value.get("id"))
    if uri is None or kind not in {"Image", "Sound", "Video"}:
        return None
    node: Node = {"id": uri, "type": kind}
    media_type = value.get("format")
    if isinstance(media_type, str) and _MEDIA_TYPE.fullmatch(media_type):
        node["format"] = media_type
    label = plain_language_map(value.get("label"))
    if label:
        node["label"] = label
    services = [service for entry in _list(value.get("service")) if (service := _service(entry))]
    if services:
        node["service"] = services
    return {**node, **_size(value)}


def agents(value: object) -> list[Node]:
    """Return clean providers (section 3.1): id, label, homepage and logo of each."""
    found = []
    for agent in mappings(value):
        uri, label = http_uri(agent.get("id")), plain_language_map(agent.get("label"))
        if uri is None or not label:
            continue
        node: Node = {"id": uri, "type": "Agent", "label": label}
        pages = homepages(agent.get("homepage"))
        logos = [logo for entry in _list(agent.get("logo")) if (logo := resource(entry))]
        found.append(
            {**node, **({"homepage": pages} if pages else {}), **({"logo": logos} if logos else {})}
        )
    return found


def homepages(value: object) -> list[Node]:
    """Return clean homepages (section 3.3.2)."""
    found = []
    for page in mappings(value):
        uri = http_uri(page.get("id"))
        if uri is None:
            continue
        label = plain_language_map(page.get("label")) or {"none": [uri]}
        found.append({"id": uri, "type": "Text", "label": label, "format": "text/html"})
    return found


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON objects of a list."""
    yield from (item for item in _list(value) if isinstance(item, Mapping))


def _page(partner: Mapping[str, Any], canvas_id: str, fallback_id: str) -> Node:
    annotations: list[Node] = []
    for number, annotation in enumerate(mappings(partner.get("items"))):
        bodies = [body for entry in _list(annotation.get("body")) if (body := resource(entry))]
        if bodies:
            annotations.append(
                {
                    "id": http_uri(annotation.get("id")) or f"{fallback_id}/painting/{number}",
                    "type": "Annotation",
                    "motivation": "painting",
                    "body": bodies[0] if len(bodies) == 1 else bodies,
                    "target": _target(annotation.get("target"), canvas_id),
                }
            )
    return {
        "id": http_uri(partner.get("id")) or fallback_id,
        "type": "AnnotationPage",
        "items": annotations,
    }


def _target(value: object, canvas_id: str) -> str | Node:
    """Return where on the canvas something is painted; the whole canvas when it does not say."""
    if isinstance(value, str):
        return http_uri(value) or canvas_id
    if isinstance(value, Mapping) and (selector := _selector(value.get("selector"))):
        return {"type": "SpecificResource", "source": canvas_id, "selector": selector}
    return canvas_id


def _specific_resource(value: Mapping[str, Any], depth: int) -> Node | None:
    source = resource(value.get("source"), depth + 1)
    if source is None:
        return None
    node: Node = {"type": "SpecificResource", "source": source}
    selector = _selector(value.get("selector"))
    return {**node, "selector": selector} if selector else node


def _selector(value: object) -> Node | None:
    """Return the first selector of a region or a rotation, with its plain values."""
    for selector in mappings(value):
        kind = selector.get("type")
        if kind in {"FragmentSelector", "ImageApiSelector"}:
            names = ("conformsTo", "value", "region", "size", "rotation", "quality", "format")
            texts = {name: plain_text(selector.get(name)) for name in names}
            if kind == "FragmentSelector" and not texts["value"]:
                continue
            return {"type": kind, **{name: text for name, text in texts.items() if text}}
    return None


def _service(value: object) -> Node | None:
    """Return an image service in the form of its version (section 5.8), None for other services.

    Version 3 has `id` and `type`, versions 1 and 2 have `@id` and `@type`; partners mix them.
    """
    if not isinstance(value, Mapping):
        return None
    uri = http_uri(value.get("id") or value.get("@id"))
    kind = _service_type(value)
    if uri is None or kind is None:
        return None
    node: Node = (
        {"id": uri, "type": kind} if kind == "ImageService3" else {"@id": uri, "@type": kind}
    )
    profile = next((item for item in _list(value.get("profile")) if isinstance(item, str)), None)
    return {**node, **({"profile": plain_text(profile)} if profile else {}), **_size(value)}


def _service_type(value: Mapping[str, Any]) -> str | None:
    declared = value.get("type") or value.get("@type")
    if declared in {"ImageService1", "ImageService2", "ImageService3"}:
        return str(declared)
    hints = " ".join(map(str, [*_list(value.get("@context")), *_list(value.get("profile"))]))
    for version in (3, 2, 1):
        if f"api/image/{version}" in hints:
            return f"ImageService{version}"
    return "ImageService1" if "image-api" in hints else None


def _size(value: Mapping[str, Any]) -> Node:
    """Return width with height, and duration, as far as they are positive (section 3.2)."""
    width, height, duration = (value.get(name) for name in ("width", "height", "duration"))
    size: Node = {}
    if _is_length(width) and _is_length(height):
        size = {"width": width, "height": height}
    if isinstance(duration, int | float) and not isinstance(duration, bool) and duration > 0:
        size["duration"] = duration
    return size


def _is_length(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
