"""Find similar: what looks like a record's picture, as JSON and as a page; no search, no claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template
from sqlalchemy.orm import Session

from api.blueprints.clones import picture_at, why_not
from api.blueprints.pages import html_page
from api.blueprints.records import known
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError, invalid
from api.representations import image_json, summary_json
from api.schemas.similar import LEAST_SIMILAR, SIMILAR, Similar, SimilarQuery, StripQuery
from api.scopes import ALL, OTHER_SOURCES, contains, sources
from iiif_dedup.errors import NotSearchableError, PoolBusyError, Reason
from iiif_dedup.pipeline.similar import OwnVector, SimilarPicture, own_vectors
from iiif_dedup.publish.clean import best_text
from iiif_dedup.publish.facets import in_common
from iiif_dedup.publish.similar_text import WORDS
from iiif_dedup.publish.text import Language, number
from iiif_dedup.store import clones
from iiif_dedup.store.images import ImageState
from iiif_dedup.types import ImageView, RecordView

blp = Blueprint("similar", __name__, description="Records whose pictures look similar.")

DEFAULT_DESCRIPTOR = "efficientnet_lite0"
RETRY_S = 10
# Pictures come from any partner.
_CSP = "default-src 'none'; style-src 'self'; img-src 'self' http: https: data:"


@blp.endpoint(
    "/records/<id:record_id>/similar", query=SimilarQuery, returns=Similar, fails=(404, 410, 503)
)
def show_similar(query: dict[str, Any], record_id: str) -> dict[str, Any]:
    """Return the records whose pictures look most like one of this record, and the least.

    Pictures are compared by one frozen descriptor, at once: no search is started and nothing is
    stored. A record that cannot be compared is 200 with `not_searchable` and the reason.
    """
    with service().database.read() as session:
        record = known(session, record_id)
        return _answer(session, record, query, service().settings.language)


@blp.endpoint(
    "/records/<id:record_id>/similar/strip",
    query=StripQuery,
    content_types=("text/html",),
    fails=(404, 410, 503),
)
def show_strip(query: dict[str, Any], record_id: str) -> Response:
    """Show a picture, those most similar to it and the least similar one in a row."""
    language: Language = query["lang"] or service().settings.language
    with service().database.read() as session:
        record = known(session, record_id)
        found = _answer(session, record, query, language)
    page = render_template(
        "similar.html",
        language=language,
        say=WORDS[language],
        found=found,
        choices=_choices(record, found, query, language),
        viewer=service().urls.viewer(record.id),
        json=service().urls.similar(record.id),
        best=lambda language_map: best_text(language_map, language),
        number=lambda value: number(value, language),
    )
    return html_page(page, _CSP)


def _answer(
    session: Session, record: RecordView, query: Mapping[str, Any], language: Language
) -> dict[str, Any]:
    """Return what looks similar as `schemas.similar.Similar`.

    Raises:
        ProblemError: There is no such picture or descriptor, or the vectors are not here yet.
    """
    urls = service().urls
    told = {"record": summary_json(record, urls, language), "note": WORDS[language]["note"]}
    try:
        anchor = _anchor(session, record, query["image"])
        own = own_vectors(session, anchor)
        by = _chosen(own, query["descriptor"])
    except NotSearchableError as error:
        why = {"reason": error.reason, "detail": str(error)}
        return {"status": "not_searchable", **told, **why, "items": [], "farthest": None}
    only, without = sources(query["scope"], record)
    try:
        found = service().similar.find(
            session,
            record.id,
            by,
            limit=query["limit"],
            only_source=only,
            without_source=without,
            accept=lambda one: contains(query["scope"], one, record),
        )
    except PoolBusyError as error:
        raise ProblemError("busy", str(error), {"Retry-After": str(RETRY_S)}) from error
    return {
        "status": "compared",
        **told,
        "anchor": image_json(anchor, record.id, urls),
        "descriptor": {"name": by.name, "version": by.version},
        "descriptors": sorted(own),
        "compared": found.compared,
        "undescribed": found.undescribed,
        "items": [
            _picture_json(one, record, language, rank) for rank, one in enumerate(found.nearest, 1)
        ],
        "farthest": _picture_json(found.farthest, record, language) if found.farthest else None,
    }


def _anchor(session: Session, record: RecordView, position: int | None) -> ImageView:
    """Return the picture to compare.

    Raises:
        NotSearchableError: It was not fetched, or there is none that can be used.
        ProblemError: There is none at that position.
    """
    if position is None:
        usable = clones.searchable_image(session, record.id)
        if usable is None:
            raise NotSearchableError(*why_not(record.images))
        return usable
    image = picture_at(record, position, "query")
    if image.state != ImageState.READY:
        raise NotSearchableError(*why_not((image,)))
    return image


def _chosen(own: Mapping[str, OwnVector], name: str | None) -> OwnVector:
    """Return what describes the picture by the descriptor of that name, or by the default one.

    Raises:
        NotSearchableError: Nothing describes the picture.
        ProblemError: The descriptor of that name does not.
    """
    if not own:
        raise NotSearchableError(
            Reason.NOT_DESCRIBED,
            "No descriptor has described this picture; name one in IIIF_DEDUP_DESCRIPTORS and "
            "harvest the source again.",
        )
    if name is None:
        return own.get(DEFAULT_DESCRIPTOR) or own[min(own)]
    if name not in own:
        raise invalid(
            "query",
            "descriptor",
            f"the picture has none of that name, but {', '.join(sorted(own))}",
        )
    return own[name]


def _picture_json(
    found: SimilarPicture, anchor: RecordView, language: Language, rank: int | None = None
) -> dict[str, Any]:
    """Return a picture as `schemas.similar.SimilarPicture`; without a rank the least similar."""
    urls = service().urls
    return {
        "label": LEAST_SIMILAR if rank is None else SIMILAR,
        "rank": rank,
        "similarity": found.similarity,
        "record": summary_json(found.record, urls, language, found.image),
        "image": image_json(found.image, found.record.id, urls),
        "facets_in_common": in_common(anchor, found.record),
        "comparison": urls.viewer(anchor.id, found.record.id),
    }


def _choices(
    record: RecordView, found: Mapping[str, Any], query: Mapping[str, Any], language: Language
) -> dict[str, list[dict[str, Any]]]:
    """Return the ways to ask, by kind: links with their texts; `current` is the one that was."""
    if found["status"] != "compared":
        return {}
    say = WORDS[language]
    descriptor, position = found["descriptor"]["name"], found["anchor"]["position"]

    def link(text: str, current: bool, **change: str | int) -> dict[str, Any]:
        asked = {name: value for name, value in {**query, **change}.items() if value is not None}
        return {"text": text, "current": current, "url": service().urls.strip(record.id, **asked)}

    return {
        "compared_by": [
            link(say.get(name, name), name == descriptor, descriptor=name)
            for name in found["descriptors"]
        ],
        "scope": [
            link(say[scope], scope == query["scope"], scope=scope) for scope in (ALL, OTHER_SOURCES)
        ],
        "pictures": [
            link(str(image.position + 1), image.position == position, image=image.position)
            for image in record.images
            if image.state == ImageState.READY
        ],
    }
