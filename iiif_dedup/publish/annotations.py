"""Suggestions as Web Annotations on the partner's canvases.

W3C Web Annotation, sections 3 and 4; Presentation 3, sections 5.5 and 5.6. One page for each
canvas, one annotation for each suggested record. What a body must look like to be seen in
Mirador 4 was measured: motivation with `commenting`, one TextualBody in one language, HTML.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from iiif_dedup.publish.manifests import CONTEXT, canvas_of
from iiif_dedup.publish.presentation import Node
from iiif_dedup.publish.selectors import region_selector
from iiif_dedup.publish.text import Language, comment
from iiif_dedup.publish.urls import Urls
from iiif_dedup.types import ImageView, Point, RunView, Suggestion

MAX_ON_A_PAGE = 5
"""Most suggestions that a canvas shows. A curator needs minutes for a pair; the rest is in the
JSON."""

_HASH_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion on a canvas.

    Attributes:
        run: What proposed it.
        suggestion: The record.
        threshold: τ + δ, which its norm is compared with.
        why: What speaks for and against it, as HTML without tags, the weightiest first.
    """

    run: RunView
    suggestion: Suggestion
    threshold: float
    why: tuple[str, ...] = ()


def annotation_id(record_id: str, canvas_id: str, candidate_id: str) -> str:
    """Return the name of an annotation: the anchor record, `-`, and a hash.

    The hash is of (anchor canvas, candidate record), so the name outlives any run; the record in
    front of it is where to look when the URL is dereferenced.
    """
    digest = hashlib.sha256(f"{canvas_id}\n{candidate_id}".encode("utf-8", "replace"))
    return f"{record_id}-{digest.hexdigest()[:_HASH_LENGTH]}"


def shown(
    run: RunView,
    proposed: Iterable[Suggestion],
    threshold: float,
    why: Callable[[Suggestion], tuple[str, ...]] = lambda _: (),
) -> list[Shown]:
    """Return what a canvas shows of what is proposed, best first: `MAX_ON_A_PAGE` at most."""
    return [Shown(run, item, threshold, why(item)) for item in islice(proposed, MAX_ON_A_PAGE)]


def annotation(item: Shown, language: Language, urls: Urls) -> Node:
    """Return one suggestion as an annotation, without `@context`."""
    run, suggestion = item.run, item.suggestion
    canvas_id = canvas_of(run.anchor, run.record_id, urls)
    candidate = suggestion.record
    candidate_canvas = canvas_of(suggestion.best.image, candidate.id, urls)
    name = annotation_id(run.record_id, canvas_id, candidate.id)
    evidence = suggestion.best.evidence
    region = evidence.regions[0] if evidence is not None and evidence.regions else None
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
                "value": comment(
                    suggestion, run, item.threshold, why=item.why, language=language, urls=urls
                ),
            },
            {
                "type": "SpecificResource",
                "purpose": "linking",
                "source": _canvas_in(candidate_canvas, candidate.id, urls),
                **_selected(region.candidate if region else None, suggestion.best.image),
            },
        ],
        "target": {
            "type": "SpecificResource",
            "source": _canvas_in(canvas_id, run.record_id, urls),
            **_selected(region.anchor if region else None, run.anchor),
        },
    }


def _selected(outline: Sequence[Point] | None, image: ImageView) -> Node:
    selector = None if outline is None else region_selector(outline, image)
    return {} if selector is None else {"selector": selector}


def page(
    page_id: str,
    shown_here: Sequence[Shown],
    language: Language,
    urls: Urls,
) -> Node:
    """Return the annotation page of one canvas; empty where there is nothing to suggest."""
    items: dict[str, Node] = {}
    for one in shown_here:
        item = annotation(one, language, urls)
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
