"""From stored values to the shapes of the API; partner texts become plain here."""

from __future__ import annotations

from typing import Any

from api.thresholds import Reading
from iiif_dedup.publish.annotations import annotation_id
from iiif_dedup.publish.clean import http_uri, plain_language_map, plain_text, rich_language_map
from iiif_dedup.publish.manifests import canvas_of, first_positions
from iiif_dedup.publish.presentation import mappings
from iiif_dedup.publish.text import Language, title
from iiif_dedup.publish.urls import Urls, thumbnail
from iiif_dedup.types import ImageView, RecordView, RunView, ScoredImage, Suggestion


def image_json(image: ImageView, record_id: str, urls: Urls) -> dict[str, Any]:
    """Return a picture as `schemas.records.Image`."""
    return {
        "position": image.position,
        "url": urls.picture(image),
        "service": image.service_id,
        "canvas": canvas_of(image, record_id, urls),
        "width": image.width or image.pixel_width,
        "height": image.height or image.pixel_height,
        "thumbnail": thumbnail(image, urls),
        "state": image.state,
        "reason": image.reason,
        "detail": _detail(image),
    }


def _detail(image: ImageView) -> str | None:
    """Return why a picture failed; where the operator keeps files is nobody else's business."""
    if image.detail is None or http_uri(image.url):
        return image.detail
    return image.detail.replace(image.url, "the file")


def summary_json(
    record: RecordView, urls: Urls, language: Language, shown: ImageView | None = None
) -> dict[str, Any]:
    """Return a record as `schemas.records.RecordSummary`.

    Args:
        record: The record.
        urls: Where the service is reached.
        language: Of `title`.
        shown: The picture for the thumbnail; the record's first when None.
    """
    picture = shown or next(iter(record.images), None)
    return {
        "id": record.id,
        "url": urls.record(record.id),
        "source": record.source_key,
        "source_title": plain_text(record.source_title),
        "identifier": record.identifier,
        "title": title(record, language),
        "titles": plain_language_map(record.titles),
        "landing_page": http_uri(record.landing_page),
        "rights": plain_text(record.rights) or None,
        "provider": plain_text(record.provider) or None,
        "manifest": http_uri(record.manifest_url),
        "thumbnail": thumbnail(picture, urls) if picture else None,
        "state": record.state,
    }


def record_json(record: RecordView, urls: Urls, language: Language) -> dict[str, Any]:
    """Return a record as `schemas.records.Record`."""
    return {
        **summary_json(record, urls, language),
        "facets": [
            {
                "label": plain_language_map(facet.get("label")),
                "value": rich_language_map(facet.get("value")),
            }
            for facet in mappings(list(record.facets))
        ],
        "changed_at": record.changed_at,
        "images": [image_json(image, record.id, urls) for image in record.images],
        "links": {
            "clones": urls.clones(record.id),
            "iiif_manifest": urls.manifest(record.id),
            "similar": urls.similar(record.id),
            "similar_page": urls.strip(record.id),
            "viewer": urls.viewer(record.id),
        },
    }


def run_json(run: RunView, reading: Reading) -> dict[str, Any]:
    """Return a run as `schemas.clones.Run`."""
    return {
        "id": run.id,
        "recipe": run.recipe,
        "parameters": run.parameters,
        "seed": run.seed,
        "mu": run.mu,
        "margin": run.margin,
        "tau": run.tau,
        "delta": reading.delta,
        "probability": reading.probability,
        "budget": reading.budget,
        "budget_status": reading.status,
        "encoder": run.encoder_version,
        "encoder_active": run.encoder_active,
        "generators": run.generators,
        "pool_size": run.pool_size,
        "accepted": run.accepted,
        "covered_sequence": run.covered_sequence,
        "new_images_since": run.new_images_since,
        "finished_at": run.finished_at,
        "versions": run.versions,
        "timings": run.timings,
    }


def clone_json(
    suggestion: Suggestion,
    run: RunView,
    anchor_record: RecordView,
    *,
    reading: Reading,
    urls: Urls,
    language: Language,
) -> dict[str, Any]:
    """Return a suggestion as `schemas.clones.Clone`."""
    candidate = suggestion.record
    canvas = canvas_of(run.anchor, run.record_id, urls)
    page = first_positions(anchor_record, urls).get(canvas, run.anchor.position)
    return {
        **_scored_json(suggestion.best, candidate.id, run, reading, urls),
        "proposed": reading.proposes(run, suggestion.best),
        "evidence": None
        if suggestion.best.evidence is None
        else urls.evidence(run.record_id, candidate.id, run.anchor.position),
        "tau": run.tau,
        "record": summary_json(candidate, urls, language, suggestion.best.image),
        "others": [
            _scored_json(other, candidate.id, run, reading, urls) for other in suggestion.others
        ],
        "iiif": {
            "annotation": urls.annotation(annotation_id(run.record_id, canvas, candidate.id)),
            "page": urls.page(run.record_id, page),
            "comparison": urls.viewer(run.record_id, candidate.id),
            "manifest": urls.manifest(candidate.id),
        },
        "verdict": {"state": "undecided"},
    }


def _scored_json(
    scored: ScoredImage, record_id: str, run: RunView, reading: Reading, urls: Urls
) -> dict[str, Any]:
    return {
        "rank": scored.rank,
        "norm": scored.norm,
        "accepted": reading.accepts(run, scored),
        "probability": None if scored.evidence is None else scored.evidence.probability,
        "relation": None if scored.evidence is None else scored.evidence.relation,
        "generators": scored.generators,
        "image": image_json(scored.image, record_id, urls),
    }
