"""The parts of a partner's manifest that we publish again, cleaned.

A derived manifest keeps the partner's canvases and what is painted on them, so that annotations
on its canvas ids fit. Everything that a viewer would load or run beside that is left out:
`annotations`, `structures`, `rendering`, `seeAlso`, services of the manifest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from harvesters.painting import canvas_id, painting_annotations
from harvesters.values import (
    MAX_DEPTH,
    as_list,
    clean_text,
    first_url,
    http_url,
    label_value_pairs,
    language_map,
    mappings,
    node_id,
    positive_int,
    titles,
)
from iiif_dedup.types import Json

_URI_KEYS = {"id", "@id", "target", "source"}
_DROPPED_KEYS = {"annotations", "rendering"}


def published_parts(
    manifest: Mapping[str, Any], canvases: Sequence[Mapping[str, Any]], base: str
) -> dict[str, Json]:
    """Return label, metadata, rights and the like as far as they are there, and `items`.

    Texts are language maps, ids absolute. Markup in `summary`, `metadata` and
    `requiredStatement` is untouched, so whoever publishes must sanitise it.

    Args:
        manifest: The Presentation 3 manifest as parsed.
        canvases: Its canvases as parsed.
        base: URL of the manifest.
    """
    homepages = [
        node for node in mappings(manifest.get("homepage")) if http_url(node_id(node), base)
    ]
    parts: dict[str, Json] = {
        "label": titles(manifest.get("label")),
        "metadata": label_value_pairs(manifest.get("metadata")),
        "summary": language_map(manifest.get("summary")),
        "requiredStatement": next(iter(label_value_pairs(manifest.get("requiredStatement"))), None),
        "rights": first_url(manifest.get("rights"), base),
        "provider": _clean(mappings(manifest.get("provider")), base, 0),
        "homepage": _clean(homepages, base, 0),
        "thumbnail": _clean(mappings(manifest.get("thumbnail")), base, 0),
        "behavior": [clean_text(text) for text in as_list(manifest.get("behavior"))[:20]],
        "viewingDirection": clean_text(manifest.get("viewingDirection")),
    }
    kept = {name: value for name, value in parts.items() if value}
    return {**kept, "items": [_canvas(canvas, base) for canvas in canvases]}


def _canvas(canvas: Mapping[str, Any], base: str) -> dict[str, Json]:
    """Return a canvas with its painting pages; Presentation 3, section 5.3."""
    duration = canvas.get("duration")
    parts: dict[str, Json] = {
        "id": canvas_id(canvas, base),
        "label": titles(canvas.get("label")),
        "width": positive_int(canvas.get("width")),
        "height": positive_int(canvas.get("height")),
        "duration": duration if _is_number(duration) and duration > 0 else None,
    }
    kept = {name: value for name, value in parts.items() if value}
    pages = [_page(page, base) for page in mappings(canvas.get("items"))]
    return {"type": "Canvas", **kept, "items": [page for page in pages if page["items"]]}


def _page(page: Mapping[str, Any], base: str) -> dict[str, Json]:
    """Return a page with its painting annotations.

    A painted text is left out: its markup would reach viewers as content, unsanitised.
    """
    annotations = [
        _clean(annotation, base, 0)
        for annotation in painting_annotations(page)
        if not any(_is_text(body) for body in as_list(annotation.get("body")))
    ]
    uri = http_url(node_id(page), base)
    return {**({"id": uri} if uri else {}), "type": "AnnotationPage", "items": annotations}


def _clean(value: object, base: str, depth: int) -> Json:
    """Return a copy without control characters, script ids, dropped keys and deep levels."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [_clean(item, base, depth + 1) for item in value if not _is_text(item)]
    if isinstance(value, Mapping):
        copy: dict[str, Json] = {}
        for key, inner in value.items():
            if key in _URI_KEYS and isinstance(inner, str):
                uri = _uri(inner, base)
                if uri:
                    copy[key] = uri
            elif key not in _DROPPED_KEYS and not _is_text(inner):
                copy[clean_text(key)] = _clean(inner, base, depth + 1)
        return copy
    if isinstance(value, str):
        return clean_text(value)
    return value if _is_number(value) else None


def _uri(value: str, base: str) -> str | None:
    """Return an id that no browser can run: http or https made absolute, or a urn."""
    return clean_text(value) if value.startswith("urn:") else http_url(value, base)


def _is_text(value: object) -> bool:
    return isinstance(value, Mapping) and "TextualBody" in as_list(value.get("type"))


def _is_number(value: object) -> TypeGuard[float]:
    """Tell a number, or boolean, that JSON can carry; NaN and Infinity are none."""
    return isinstance(value, int | float) and math.isfinite(value)
