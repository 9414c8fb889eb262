"""Encoders."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import Utc, described, page_of
from iiif_dedup.store.encoders import EncoderState

_STATES = [state.value for state in EncoderState]


class Encoder(ma.Schema):
    """An encoder that was trained on this collection."""

    id = ma.fields.String(required=True, metadata=described("Its version, made of its weights."))
    state = ma.fields.String(
        required=True,
        validate=validate.OneOf(_STATES),
        metadata=described("building: trained, not yet in use; active: in use; or retired."),
    )
    images = ma.fields.Integer(metadata=described("Pictures that it was trained on."))
    covered_sequence = ma.fields.Integer(metadata=described("Highest picture sequence of them."))
    preprocessing = ma.fields.String(metadata=described("Of the tiles that it takes."))
    description = ma.fields.Dict(metadata=described("How it was trained."))
    calibration = ma.fields.Dict(
        allow_none=True, metadata=described("What turns a budget into a threshold.")
    )
    job_id = ma.fields.String(allow_none=True, data_key="job")
    created_at = Utc(required=True)
    activated_at = Utc(allow_none=True)
    retired_at = Utc(allow_none=True)


EncoderPage = page_of(Encoder, "EncoderPage")
