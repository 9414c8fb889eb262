"""Suggestions as Web Annotations on the partner's canvases.

W3C Web Annotation, sections 3 and 4; Presentation 3, sections 5.5 and 5.6. One page for each
canvas, one annotation for each suggested record. What a body must look like to be seen in
Mirador 4 was measured: motivation with `commenting`, one TextualBody in one language, HTML.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from iiif_dedup.publish.manifests import CONTEXT, canvas_of
from iiif_dedup.publish.presentation import Node
from iiif_dedup.publish.text import Language, comment
from iiif_dedup.publish.urls import Urls
from iiif_dedup.types import RunView, Suggestion

MAX_ON_A_PAGE = 5
"""Most suggestions that a canvas shows. The paper's threshold accepts about 1,000 strangers in
10,000 pictures, and a curator needs minutes for a pair; the rest is in the JSON."""

_HASH_LENGTH = 20


def annotation_id(record_id: str, canvas_id: str, candidate_id: str) -> str:
    """Return the name of an annotation: the anchor record, `-`, and a hash.

    The hash is of (anchor canvas, candidate record), so the name outlives any run; the record in
    front of it is where to look when the URL is dereferenced.
    """
    digest = hashlib.sha256(f"{canvas_id}\n{candidate_id}".encode("utf-8", "replace"))
    return f"{record_id}-{digest.hexdigest()[:_HASH_LENGTH]}"


def shown(suggestions: Sequence[Suggestion], tau: float) -> list[Suggestion]:
    """Return the suggestions that a canvas shows: norm ≤ τ, best first, `MAX_ON_A_PAGE` at most."""
    return [item for item in suggestions if item.best.norm <= tau][:MAX_ON_A_PAGE]


def annotation(suggestion: Suggestion, run: RunView, language: Language, urls: Urls) -> Node:
    """Return one suggestion as an annotation, without `@context`."""
    canvas_id = canvas_of(run.anchor, run.record_id, urls)
    candidate = suggestion.record
    candidate_canvas = canvas_of(suggestion.best.image, candidate.id, urls)
    name = annotation_id(run.record_id, canvas_id, candidate.id)
    return {
        "id": urls.annotation(name),
        "type": "Annotation",
        "motivation": ["linking", "commenting"],
        "created": rfc3339(suggestion.first_seen),
        "modified": rfc3339(run.finished_at),
        "generator": {
            "id": f"{urls.base}/",
            "type": "Software",
            "name": f"iiif_dedup {run.versions.get('iiif_dedup', '')}".strip(),
        },
        "body": [
            {
                "type": "TextualBody",
                "format": "text/html",
                "language": language,
                "value": comment(suggestion, run, language, urls),
            },
            {
                "type": "SpecificResource",
                "purpose": "linking",
                "source": _canvas_in(candidate_canvas, candidate.id, urls),
            },
        ],
        "target": {
            "type": "SpecificResource",
            "source": _canvas_in(canvas_id, run.record_id, urls),
        },
    }


def page(
    page_id: str,
    suggestions: Sequence[tuple[RunView, Suggestion]],
    language: Language,
    urls: Urls,
) -> Node:
    """Return the annotation page of one canvas; empty where there is nothing to suggest."""
    items: dict[str, Node] = {}
    for run, suggestion in suggestions:
        item = annotation(suggestion, run, language, urls)
        items.setdefault(item["id"], item)
    return {
        "@context": CONTEXT,
        "id": page_id,
        "type": "AnnotationPage",
        "items": list(items.values()),
    }


def rfc3339(moment: datetime) -> str:
    """Return an aware UTC time to the second, such as 2026-11-21T09:30:00Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _canvas_in(canvas_id: str, record_id: str, urls: Urls) -> Node:
    manifest = {"id": urls.manifest(record_id), "type": "Manifest"}
    return {"id": canvas_id, "type": "Canvas", "partOf": [manifest]}
