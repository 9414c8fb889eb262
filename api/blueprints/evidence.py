"""Evidence of a suggestion: why it has its probability, in words and as pictures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from api.auth import require_key
from api.blueprints.clones import picture_at
from api.blueprints.records import known
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.representations import image_json, summary_json
from api.schemas.evidence import Evidence, EvidenceQuery, PictureQuery
from iiif_dedup.evidence.explanation import explain
from iiif_dedup.pipeline.pair_pictures import pair_picture, picture_tag
from iiif_dedup.pipeline.pictures import KeptPictures
from iiif_dedup.publish.clean import plain_text
from iiif_dedup.publish.text import Language
from iiif_dedup.search.recipes import DEFAULT_RECIPE
from iiif_dedup.store import clones
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.published import is_published
from iiif_dedup.types import ImageView, RecordView, RunView, Suggestion

blp = Blueprint("evidence", __name__, description="Why a pair is suggested.")

PICTURE_MAX_AGE_S = 300


@blp.endpoint(
    "/records/<id:record_id>/clones/<id:candidate_id>/evidence",
    query=EvidenceQuery,
    returns=Evidence,
    fails=(404, 410),
)
def show_evidence(query: dict[str, Any], record_id: str, candidate_id: str) -> dict[str, Any]:
    """Return what speaks for and against a suggested record, by the newest search.

    No search is started. A pair that the search does not propose is 404.
    """
    language: Language = query["lang"] or service().settings.language
    with service().database.read() as session:
        record = known(session, record_id)
        run, suggestion = _suggested(session, record, candidate_id, query["image"])
    return _evidence_json(record, run, suggestion, language)


@blp.endpoint(
    "/records/<id:record_id>/clones/<id:candidate_id>/evidence/<evidence_picture:name>.jpg",
    query=PictureQuery,
    content_types=("image/jpeg",),
    fails=(401, 403, 404, 410),
)
def show_evidence_picture(
    query: dict[str, Any], record_id: str, candidate_id: str, name: str
) -> Response:
    """Show a picture of a suggested pair: their matches, an overlay, or their difference.

    It is drawn from our small JPEGs of both. Those of pictures that partners serve themselves are
    for our own use, so a key is needed unless both came from files.
    """
    with service().database.read() as session:
        record = known(session, record_id)
        run, suggestion = _suggested(session, record, candidate_id, query["image"])
        pair = _digests(run.anchor, suggestion.best.image)
        published = pair is not None and all(is_published(session, one) for one in pair)
    if not published:
        require_key()
    if pair is None:
        raise ProblemError("no-picture", "One of the two pictures was never fetched.")
    tag = picture_tag(*pair, name)
    unchanged = tag in request.if_none_match
    drawn = b"" if unchanged else pair_picture(KeptPictures(service().settings), *pair, name)
    if drawn is None:
        raise ProblemError(
            "no-picture",
            "The two pictures share no surface, or no small JPEG of one of them is kept; harvest "
            "the source again with IIIF_DEDUP_DERIVATIVES.",
        )
    response = Response(drawn, 304 if unchanged else 200, content_type="image/jpeg")
    response.set_etag(tag)
    response.headers["Cache-Control"] = f"private, max-age={PICTURE_MAX_AGE_S}"
    return response


def _suggested(
    session: Session, record: RecordView, candidate_id: str, position: int | None
) -> tuple[RunView, Suggestion]:
    """Return the newest run from a picture of a record, and what it says of another record.

    Raises:
        ProblemError: There is no such record or run, or the run does not propose the record.
    """
    candidate = known(session, candidate_id)
    if position is None:
        anchor = clones.searchable_image(session, record.id)
    else:
        anchor = picture_at(record, position, "query")
    run = clones.newest_run(session, record.id, anchor, DEFAULT_RECIPE) if anchor else None
    if run is not None:
        for suggestion in clones.suggestions(session, run):
            if suggestion.record.id == candidate.id:
                return run, suggestion
    raise ProblemError(
        "not-found",
        f"No search from this picture of {record.id} proposes {candidate.id}; GET "
        f"{service().urls.clones(record.id)} shows what is proposed.",
    )


def _evidence_json(
    record: RecordView, run: RunView, suggestion: Suggestion, language: Language
) -> dict[str, Any]:
    """Return a suggestion as `schemas.evidence.Evidence`.

    Raises:
        ProblemError: Its run weighed no evidence.
    """
    urls, best, candidate = service().urls, suggestion.best, suggestion.record
    if best.evidence is None:
        raise ProblemError(
            "no-evidence",
            f"POST to {urls.clones(record.id)} searches again, and weighs what it finds.",
        )
    explanation = explain(best.evidence, language, best.generators)
    return {
        "run": run.id,
        "record": summary_json(record, urls, language, run.anchor),
        "anchor": image_json(run.anchor, record.id, urls),
        "candidate": summary_json(candidate, urls, language, best.image),
        "image": image_json(best.image, candidate.id, urls),
        "language": language,
        "probability": best.evidence.probability,
        "relation": best.evidence.relation,
        "summary": explanation.summary,
        "points": [
            {**asdict(point), "text": point.text(plain_text)} for point in explanation.points
        ],
        "regions": [asdict(region) for region in best.evidence.regions],
        "statements": [
            {name: plain_text(value) for name, value in asdict(one).items()}
            | {"agrees": one.agrees}
            for one in best.evidence.metadata
        ],
        "pictures": _pictures_json(run, suggestion),
        "measures": best.evidence.measures,
        "contributions": best.evidence.contributions,
        "fusion": best.evidence.fusion,
        "comparison": urls.viewer(record.id, candidate.id),
    }


def _pictures_json(run: RunView, suggestion: Suggestion) -> dict[str, str | None]:
    """Return the URLs of the pictures that can be drawn."""
    pair = _digests(run.anchor, suggestion.best.image)
    kept = Derivatives(service().settings.derivatives_folder)
    both = pair is not None and all(kept.has(one) for one in pair)
    evidence = suggestion.best.evidence
    shared = both and evidence is not None and bool(evidence.regions)

    def url(name: str) -> str:
        return service().urls.evidence_picture(
            run.record_id, suggestion.record.id, name, run.anchor.position
        )

    return {
        "matches": url("matches") if both else None,
        "overlay": url("overlay") if shared else None,
        "difference": url("difference") if shared else None,
    }


def _digests(anchor: ImageView, candidate: ImageView) -> tuple[str, str] | None:
    """Return what names the kept pictures of a pair; None where one was never fetched."""
    if anchor.sha256 is None or candidate.sha256 is None:
        return None
    return anchor.sha256, candidate.sha256
