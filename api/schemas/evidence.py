"""Evidence: what is asked, and what speaks for and against a suggestion."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import LanguageQuery, described, position_field
from api.schemas.records import Image, RecordSummary
from iiif_dedup.evidence.explanation_words import Kind, Strength
from iiif_dedup.types import Relation


class PictureQuery(ma.Schema):
    """Which search of the record is read."""

    image = position_field("Position of the record's picture whose search is read; see POST.")


class EvidenceQuery(PictureQuery, LanguageQuery):
    """The same, and the language of the words."""


class Argument(ma.Schema):
    """What one kind of evidence says."""

    kind = ma.fields.String(required=True, validate=validate.OneOf([kind.value for kind in Kind]))
    name = ma.fields.String(required=True, metadata=described("The kind in words."))
    text = ma.fields.String(
        required=True,
        metadata=described("What was found, in sentences; catalogues are cited as plain text."),
    )
    strength = ma.fields.String(
        required=True, validate=validate.OneOf([one.value for one in Strength])
    )
    strength_name = ma.fields.String(required=True, metadata=described("The same in words."))
    logit = ma.fields.Float(
        required=True, metadata=described("What it added to the logit of the probability.")
    )
    odds = ma.fields.Float(
        required=True, metadata=described("What it multiplied the odds of the pair by.")
    )
    share = ma.fields.Float(
        required=True,
        validate=validate.Range(0, 1),
        metadata=described("Of all that moved the logit, whichever way."),
    )


def _outline(whose: str) -> ma.fields.List[Any]:
    return ma.fields.List(
        ma.fields.List(ma.fields.Float(validate=validate.Range(0, 1))),
        required=True,
        metadata=described(
            f"Corners in the {whose} picture: x to the right and y down, as shares of its width "
            "and height."
        ),
    )


class Region(ma.Schema):
    """A surface that both pictures show."""

    anchor = _outline("record's")
    candidate = _outline("candidate's")
    inliers = ma.fields.Integer(required=True, metadata=described("Features that lie on it."))
    surprise = ma.fields.Float(
        required=True, metadata=described("−log₁₀ of how many of these chance alone would give.")
    )
    mirrored = ma.fields.Boolean(required=True)


class Statement(ma.Schema):
    """What both catalogues say of one thing, each in its own words."""

    kind = ma.fields.String(required=True)
    agrees = ma.fields.Boolean(
        required=True, metadata=described("Whether they agree; else they contradict each other.")
    )
    anchor = ma.fields.String(required=True)
    candidate = ma.fields.String(required=True)
    anchor_label = ma.fields.String(required=True)
    candidate_label = ma.fields.String(required=True)


def _picture(text: str) -> ma.fields.Url:
    return ma.fields.Url(
        required=True, allow_none=True, require_tld=False, metadata=described(text)
    )


class Pictures(ma.Schema):
    """Where JPEG pictures of the pair are; null where there is nothing to draw."""

    matches = _picture("Both side by side, with lines between what they share.")
    overlay = _picture("The candidate laid over the record's picture, like a chequerboard.")
    difference = _picture(
        "Grey is what both show, orange what the record's picture alone shows, blue what the "
        "candidate's does."
    )


class Evidence(ma.Schema):
    """What speaks for and against a suggestion."""

    run = ma.fields.String(required=True, metadata=described("The search that proposed it."))
    record = ma.fields.Nested(RecordSummary, required=True)
    anchor = ma.fields.Nested(Image, required=True)
    candidate = ma.fields.Nested(RecordSummary, required=True)
    image = ma.fields.Nested(Image, required=True, metadata=described("The candidate's picture."))
    language = ma.fields.String(required=True, metadata=described("Of the words."))
    probability = ma.fields.Float(
        required=True,
        validate=validate.Range(0, 1),
        metadata=described("That both show one artefact, as one of the pairs that are proposed."),
    )
    relation = ma.fields.String(
        required=True,
        validate=validate.OneOf([one.value for one in Relation]),
        metadata=described("A guess."),
    )
    summary = ma.fields.String(required=True, metadata=described("Both in words."))
    points = ma.fields.List(
        ma.fields.Nested(Argument),
        required=True,
        metadata=described("What moved the probability, the most first."),
    )
    regions = ma.fields.List(ma.fields.Nested(Region), required=True)
    statements = ma.fields.List(ma.fields.Nested(Statement), required=True)
    pictures = ma.fields.Nested(Pictures, required=True)
    measures = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Float(),
        required=True,
        metadata=described("Each known measure by name."),
    )
    contributions = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Float(),
        required=True,
        metadata=described("What each measure added to the logit."),
    )
    fusion = ma.fields.String(
        required=True, metadata=described("Version of what made the probability.")
    )
    comparison = ma.fields.Url(
        require_tld=False, required=True, metadata=described("Both records in Mirador.")
    )
