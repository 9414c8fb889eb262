"""Find similar: what is asked, and what looks like a picture."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import (
    MAX_LIMIT,
    LanguageQuery,
    NoControlCharacters,
    absent,
    described,
    position_field,
    scope_field,
)
from api.schemas.records import Facet, Image, RecordSummary

SIMILAR, LEAST_SIMILAR = "similar", "least_similar"


class SimilarQuery(ma.Schema):
    """What is compared, and what is shown of it."""

    limit = ma.fields.Integer(
        load_default=9,
        validate=validate.Range(1, MAX_LIMIT),
        metadata=described("Most records; there is no following page."),
    )
    scope = scope_field()
    image = position_field("Position of the picture to compare; the first usable one if left out.")
    descriptor = ma.fields.String(
        load_default=absent,
        validate=[validate.Length(min=1, max=255), NoControlCharacters()],
        metadata=described(
            "Name of the descriptor that compares, one of `descriptors` of the answer; "
            "efficientnet_lite0 when left out, or the first that the picture has."
        ),
    )


class StripQuery(SimilarQuery, LanguageQuery):
    """The same for the page."""


class Compared(ma.Schema):
    """By what the pictures were compared."""

    name = ma.fields.String(required=True)
    version = ma.fields.String(
        required=True,
        metadata=described("Similarities of different versions are never compared."),
    )


class SimilarPicture(ma.Schema):
    """A picture of another record that looks similar, or least so."""

    label = ma.fields.String(required=True, validate=validate.OneOf([SIMILAR, LEAST_SIMILAR]))
    rank = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata=described("1-based among the records in scope; null for the least similar."),
    )
    similarity = ma.fields.Float(
        required=True,
        metadata=described(
            "Cosine of the two pictures' vectors, −1 to 1, no probability; 1 for the same picture."
        ),
    )
    record = ma.fields.Nested(RecordSummary, required=True)
    image = ma.fields.Nested(Image, required=True)
    facets_in_common = ma.fields.List(
        ma.fields.Nested(Facet),
        metadata=described("Labels and values that both records have, in this record's words."),
    )
    comparison = ma.fields.Url(require_tld=False, metadata=described("Both records in Mirador."))


class Similar(ma.Schema):
    """What looks like a picture of a record; no suggestion that it is the same artefact."""

    status = ma.fields.String(
        required=True, validate=validate.OneOf(["compared", "not_searchable"])
    )
    note = ma.fields.String(
        required=True, metadata=described("What the answer claims and what not, in a sentence.")
    )
    record = ma.fields.Nested(RecordSummary, required=True)
    reason = ma.fields.String(metadata=described("Why it cannot be compared; a stable code."))
    detail = ma.fields.String(metadata=described("The same in a sentence."))
    anchor = ma.fields.Nested(Image, metadata=described("The picture that was compared."))
    descriptor = ma.fields.Nested(Compared)
    descriptors = ma.fields.List(
        ma.fields.String(),
        metadata=described("Names of those that the picture can be compared by."),
    )
    compared = ma.fields.Integer(
        metadata=described(
            "Pictures of other records that it was compared with, of the sources in scope."
        )
    )
    undescribed = ma.fields.Integer(
        metadata=described("Pictures that have no vector of this descriptor yet.")
    )
    items = ma.fields.List(
        ma.fields.Nested(SimilarPicture),
        required=True,
        metadata=described("The most similar picture of each record, most similar first."),
    )
    farthest = ma.fields.Nested(
        SimilarPicture,
        required=True,
        allow_none=True,
        metadata=described("The least similar picture, of a record that is not among `items`."),
    )
