"""What a URL would bring."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import absent, described, language_map, text_field
from api.schemas.harvesting import HarvestFailure
from harvesters import protocols
from iiif_dedup.store.sources import KEY_PATTERN


class PreviewIn(ma.Schema):
    """Where to look."""

    url = text_field(4096, "Where a harvest might begin.", required=True)
    protocol = ma.fields.String(
        load_default=absent,
        validate=validate.OneOf(protocols()),
        metadata=described("How it is read; guessed from what is there when left out."),
    )
    options = ma.fields.Dict(metadata=described("What the protocol's harvester takes."))
    politeness = ma.fields.Dict(
        metadata=described("What overrides the fetch settings for this partner.")
    )
    key = ma.fields.String(
        load_default=absent,
        validate=validate.Regexp(rf"\A{KEY_PATTERN}\Z"),
        metadata=described("Key that the source would have; names its secret in the settings."),
    )


class PreviewImage(ma.Schema):
    """A picture as its partner announces it."""

    url = ma.fields.String(required=True)
    service = ma.fields.String(allow_none=True)
    width = ma.fields.Integer(allow_none=True)
    height = ma.fields.Integer(allow_none=True)
    restricted = ma.fields.Boolean()


class PreviewRecord(ma.Schema):
    """A record as it would be harvested."""

    identifier = ma.fields.String(required=True)
    titles = language_map("Titles by language.")
    provider = ma.fields.String(allow_none=True)
    rights = ma.fields.String(allow_none=True)
    landing_page = ma.fields.String(allow_none=True)
    manifest = ma.fields.String(allow_none=True)
    images = ma.fields.List(ma.fields.Nested(PreviewImage))


class Estimate(ma.Schema):
    """What a first harvest would cost; guessed from a few records."""

    images = ma.fields.Integer(metadata=described("Pictures to be fetched."))
    requests = ma.fields.Integer(metadata=described("For records and pictures."))
    seconds = ma.fields.Float(metadata=described("At the pace that politeness allows."))
    disk_bytes = ma.fields.Integer(metadata=described("That the data folder grows by."))


class Preview(ma.Schema):
    """What is at a URL; nothing was stored."""

    protocol = ma.fields.String(required=True)
    endpoint = ma.fields.String(required=True)
    options = ma.fields.Dict(metadata=described("That the source would need."))
    total = ma.fields.Integer(
        allow_none=True, metadata=described("Records in all; null where the partner does not say.")
    )
    records = ma.fields.List(ma.fields.Nested(PreviewRecord), metadata=described("The first 5."))
    failures = ma.fields.List(ma.fields.Nested(HarvestFailure))
    requests = ma.fields.Integer(metadata=described("That the preview asked of the partner."))
    seconds = ma.fields.Float()
    estimate = ma.fields.Nested(Estimate, allow_none=True)
