"""Values to publish, and IIIF's own schema to judge them by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from iiif_dedup.publish.urls import Urls
from iiif_dedup.types import (
    ImageView,
    Json,
    Record,
    RecordView,
    RunView,
    ScoredImage,
    Suggestion,
)

URLS = Urls("https://dedup.example")
MOMENT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@cache
def _validator(shared: Path) -> Draft7Validator:
    schema = (shared / "interop/iiif_presentation_3/iiif_3_0.json").read_text()
    return Draft7Validator(json.loads(schema))


def assert_valid(document: object, shared: Path) -> None:
    """Fail with what IIIF's schema finds wrong."""
    errors = sorted(_validator(shared).iter_errors(json.loads(json.dumps(document))), key=str)
    told = [sub.message[:300] for error in errors for sub in [error, *(error.context or [])]]
    assert not errors, told[:8]


def image_view(position: int = 0, **given: Any) -> ImageView:
    """Return a picture on a canvas of its own."""
    service = f"https://images.example/{position}"
    values: dict[str, Any] = {
        "id": f"image-{position}",
        "position": position,
        "url": f"{service}/full/max/0/default.jpg",
        "service_id": service,
        "service_version": 3,
        "service_level": 2,
        "width": 800,
        "height": 600,
        "format": "image/jpeg",
        "canvas_id": f"https://partner.example/canvas/{position}",
        "canvas_width": 800,
        "canvas_height": 600,
        "state": "ready",
        "reason": None,
        "detail": None,
        "version_id": "v",
        "pixel_width": 640,
        "pixel_height": 480,
    }
    return ImageView(**(values | given))


def record_view(record_id: str = "a" * 20, **given: Any) -> RecordView:
    """Return a record with one picture and no manifest."""
    values: dict[str, Any] = {
        "id": record_id,
        "source_key": "athens",
        "source_title": "Museum of Athens",
        "identifier": "K 12",
        "titles": {"el": ["Κύλιξ"], "en": ["Kylix"]},
        "facets": [],
        "rights": None,
        "provider": None,
        "landing_page": None,
        "manifest_url": None,
        "manifest": None,
        "state": "active",
        "changed_at": MOMENT,
        "images": (image_view(),),
    }
    return RecordView(**(values | given))


def harvested_view(record: Record) -> RecordView:
    """Return what a harvested record looks like after the database."""
    manifest: Mapping[str, Json] | None = json.loads(json.dumps(record.manifest, default=dict))
    return record_view(
        identifier=record.identifier,
        titles=record.titles,
        facets=list(record.facets),
        rights=record.rights,
        provider=record.provider,
        landing_page=record.landing_page,
        manifest_url=record.manifest_url,
        manifest=manifest,
        images=tuple(
            image_view(
                ref.position,
                **{
                    name: getattr(ref, name)
                    for name in ("url", "service_id", "service_version", "service_level", "width",
                                 "height", "format", "canvas_id", "canvas_width", "canvas_height")
                },
            )
            for ref in record.images
        ),
    )  # fmt: skip


def run_view(**given: Any) -> RunView:
    """Return a finished run from the record's first picture."""
    values: dict[str, Any] = {
        "id": "r" * 20,
        "record_id": "a" * 20,
        "anchor": image_view(),
        "anchor_version_id": "v",
        "recipe": "paper",
        "parameters": {},
        "seed": 1,
        "versions": {"iiif_dedup": "0.1.0"},
        "mu": 1.0,
        "margin": 0.5,
        "pool_size": 1000,
        "accepted": 3,
        "covered_sequence": 9,
        "new_images_since": 0,
        "generators": {"phash": "1"},
        "encoder_version": None,
        "encoder_active": True,
        "calibration": None,
        "background": None,
        "timings": {},
        "finished_at": MOMENT,
    }
    return RunView(**(values | given))


def suggestion(norm: float = 0.4, record_id: str = "b" * 20, **given: Any) -> Suggestion:
    """Return a suggested record."""
    image = image_view(3, canvas_id="https://berlin.example/canvas/3")
    record = record_view(record_id, source_title="Berlin", images=(), **given)
    return Suggestion(record, ScoredImage(image, norm, 1, {"clone": 1}), (), MOMENT)
