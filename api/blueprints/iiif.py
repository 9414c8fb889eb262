"""IIIF out: manifests, annotation pages, annotations. Nothing here ever starts a search."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, json, request
from sqlalchemy.orm import Session

from api.auth import may_see_suggestions
from api.blueprints.records import known
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.schemas.common import LanguageQuery
from api.schemas.iiif import Annotation, AnnotationPage, Manifest
from api.thresholds import reading
from iiif_dedup.evidence.explanation import explain
from iiif_dedup.publish import annotations as publishing
from iiif_dedup.publish.annotations import Shown, annotation_id
from iiif_dedup.publish.manifests import CONTEXT, canvas_of, first_positions, manifest
from iiif_dedup.publish.text import Language, quoted
from iiif_dedup.search.recipes import DEFAULT_RECIPE
from iiif_dedup.store import clones
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.published import is_published
from iiif_dedup.types import ImageView, RecordView, Suggestion

blp = Blueprint(
    "iiif",
    __name__,
    url_prefix="/iiif",
    description="IIIF Presentation 3 for viewers, open to every site; see IIIF_DEDUP_PUBLISH.",
)

LD_JSON = f'application/ld+json;profile="{CONTEXT}"'
_MEDIA_TYPES = ("application/ld+json", "application/json")
MAX_AGE_PREFLIGHT_S = 86400
_REASONS = 3
"""Most kinds of evidence that an annotation tells of; a curator looks at pictures."""


def allow_every_site(response: Response) -> Response:
    """Let viewers on other sites read, errors too; else the pages are silently absent there."""
    if not request.path.startswith(f"{blp.url_prefix}/"):
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, If-None-Match, Authorization"
        response.headers["Access-Control-Max-Age"] = str(MAX_AGE_PREFLIGHT_S)
    return response


blp.after_app_request(allow_every_site)


@blp.endpoint(
    "/records/<id:record_id>/manifest",
    query=LanguageQuery,
    returns=Manifest,
    content_types=_MEDIA_TYPES,
    fails=(404, 410),
)
def show_manifest(query: dict[str, Any], record_id: str) -> Response:
    """Return our manifest of a record: the partner's canvases, with our annotations."""
    with service().database.read() as session:
        record = known(session, record_id)
    return _negotiated(manifest(record, service().urls, query["lang"]))


@blp.endpoint(
    "/records/<id:record_id>/canvas/<int:n>/clones",
    query=LanguageQuery,
    returns=AnnotationPage,
    content_types=_MEDIA_TYPES,
    fails=(404, 410),
)
def show_page(query: dict[str, Any], record_id: str, n: int) -> Response:
    """Return the suggestions for a canvas; `n` is the position of its first picture."""
    urls = service().urls
    with service().database.read() as session:
        record = known(session, record_id)
        canvases = {place: canvas for canvas, place in first_positions(record, urls).items()}
        if n not in canvases:
            raise ProblemError(
                "not-found", f"No canvas of the record {record_id} begins with picture {n}."
            )
        language = _language(query["lang"])
        shown = _shown(session, record, canvases[n], language)
    page = publishing.page(urls.page(record_id, n, query["lang"]), shown, language, urls)
    return _negotiated(page)


@blp.endpoint(
    "/annotations/<annotation_id:name>",
    query=LanguageQuery,
    returns=Annotation,
    content_types=_MEDIA_TYPES,
    fails=(404, 410),
)
def show_annotation(query: dict[str, Any], name: str) -> Response:
    """Return one suggestion; 410 once it is no longer suggested."""
    urls = service().urls
    record_id = name.partition("-")[0]
    language = _language(query["lang"])
    with service().database.read() as session:
        record = known(session, record_id)
        canvases = {canvas_of(image, record_id, urls) for image in record.images}
        for canvas in canvases:
            for item in _shown(session, record, canvas, language):
                if annotation_id(record_id, canvas, item.suggestion.record.id) == name:
                    node = publishing.annotation(item, language, urls)
                    return _negotiated({"@context": CONTEXT, **node})
        if may_see_suggestions() and _was_suggested(session, record, name):
            raise ProblemError("annotation-gone", "This is no longer suggested.")
    raise ProblemError("not-found", f"There is no annotation {name!r}.")


@blp.endpoint("/images/<sha256:digest>.jpg", content_types=("image/jpeg",), fails=(404,))
def show_derivative(digest: str) -> Response:
    """Show our small JPEG of a picture that has no address of its own, such as a file."""
    kept = Derivatives(service().settings.derivatives_folder)
    with service().database.read() as session:
        jpeg = kept.read(digest) if is_published(session, digest) else None
    if jpeg is None:
        raise ProblemError("not-found", "No record shows such a picture from a file.")
    return Response(jpeg, content_type="image/jpeg")


def _shown(session: Session, record: RecordView, canvas: str, language: Language) -> list[Shown]:
    """Return what a canvas shows: of each of its pictures the newest run's best."""
    if not may_see_suggestions():
        return []
    shown: list[Shown] = []
    for image in _pictures(record, canvas):
        run = clones.newest_run(session, record.id, image, DEFAULT_RECIPE)
        if run is not None:
            read = reading(run)
            found = clones.suggestions(session, run)
            proposed = [one for one in found if read.proposes(run, one.best)]
            shown += publishing.shown(
                run, proposed, run.tau + read.delta, partial(_why, language=language)
            )
    return shown


def _why(suggestion: Suggestion, language: Language) -> tuple[str, ...]:
    """Return what a curator reads of the evidence: the summary, and what weighs most."""
    best = suggestion.best
    if best.evidence is None:
        return ()
    found = explain(best.evidence, language, best.generators)
    return (found.summary, *(one.text(quoted) for one in found.points[:_REASONS]))


def _was_suggested(session: Session, record: RecordView, name: str) -> bool:
    canvases = {image.id: canvas_of(image, record.id, service().urls) for image in record.images}
    return any(
        annotation_id(record.id, canvases[anchor], candidate) == name
        for anchor, candidate in clones.ever_suggested(session, record.id)
        if anchor in canvases
    )


def _pictures(record: RecordView, canvas: str) -> list[ImageView]:
    urls = service().urls
    return [image for image in record.images if canvas_of(image, record.id, urls) == canvas]


def _language(wanted: Language | None) -> Language:
    return wanted or service().settings.language


def _negotiated(node: dict[str, Any]) -> Response:
    """Return JSON-LD, or plain JSON for callers who would rather have that."""
    best = request.accept_mimetypes.best_match(_MEDIA_TYPES, _MEDIA_TYPES[0])
    content_type = LD_JSON if best == _MEDIA_TYPES[0] else best
    response = Response(json.dumps(node), content_type=content_type)
    response.vary.add("Accept")
    return response
