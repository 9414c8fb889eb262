"""What a removal takes, and where a source moves to."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import described, text_field
from harvesters import protocols


class RemovalQuery(ma.Schema):
    """How much is removed."""

    purge = ma.fields.Boolean(
        load_default=False,
        metadata=described("Whether pixels that no other record uses go as well."),
    )


class Removal(ma.Schema):
    """What a removal takes or took."""

    counts = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        required=True,
        metadata=described("Numbers of what is concerned, such as records and images."),
    )


class MoveIn(ma.Schema):
    """Where a source is harvested from now on."""

    protocol = ma.fields.String(
        required=True,
        validate=validate.OneOf(protocols()),
        metadata=described("How it is harvested."),
    )
    endpoint = text_field(4096, "Where the harvest begins.", required=True)
    options = ma.fields.Dict(
        load_default=dict, metadata=described("What the protocol's harvester takes.")
    )
