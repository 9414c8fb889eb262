"""The encoders that were trained on this collection."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.auth import require_key
from api.blueprints.jobs import accepted
from api.context import service
from api.openapi import Blueprint
from api.schemas.common import PageQuery
from api.schemas.encoders import EncoderPage
from api.schemas.harvesting import Job
from iiif_dedup.store import encoders, work
from iiif_dedup.store.models import Encoder as EncoderRow

blp = Blueprint("encoders", __name__, description="Encoders trained on this collection.")


@blp.endpoint("/encoders", query=PageQuery, returns=EncoderPage, fails=(401,))
def list_encoders(query: dict[str, Any]) -> dict[str, Any]:
    """List the encoders, newest first; none until the collection has one of its own."""
    require_key()
    with service().database.read() as session:
        page = encoders.list_encoders(session, **query)
        return {"items": [encoder_json(row) for row in page.items], "next": page.next}


@blp.endpoint("/encoders", method="POST", returns=Job, status=202, fails=(401,))
def train_encoder() -> Response:
    """Queue a training; one that is queued or running already is returned instead.

    Without asking, an encoder is trained when images were processed and the collection is large
    enough and has grown enough.
    """
    require_key()
    with service().database.write() as session:
        job = work.enqueue_train_encoder(session)
    return accepted(job)


def encoder_json(row: EncoderRow) -> dict[str, Any]:
    """Return an encoder as `schemas.encoders.Encoder`."""
    names = (
        "id",
        "state",
        "images",
        "covered_sequence",
        "preprocessing",
        "description",
        "calibration",
        "job_id",
        "created_at",
        "activated_at",
        "retired_at",
    )
    return {name: getattr(row, name) for name in names}
