"""Suggestions: what is asked, and what a search found."""

from __future__ import annotations

import math

import marshmallow as ma
from marshmallow import ValidationError, validate, validates_schema

from api.schemas.common import (
    MAX_LIMIT,
    MAX_POSITION,
    PageQuery,
    Utc,
    absent,
    described,
    position_field,
    scope_field,
)
from api.schemas.harvesting import Job
from api.schemas.records import Image, RecordSummary
from iiif_dedup.search.budget import BudgetStatus
from iiif_dedup.search.recipes import DEFAULT_RECIPE, RECIPES
from iiif_dedup.types import Relation


class _Finite(validate.Validator):
    def __call__(self, value: float) -> float:
        if not math.isfinite(value):
            raise ma.ValidationError("must be finite")
        return value


class ClonesQuery(PageQuery):
    """How a stored result is read; none of it starts a search."""

    limit = ma.fields.Integer(
        load_default=20,
        validate=validate.Range(1, MAX_LIMIT),
        metadata=described("Most records of this page."),
    )
    delta = ma.fields.Float(
        load_default=absent,
        validate=[_Finite(), validate.Range(-100, 100)],
        metadata=described(
            "δ: `accepted` tells norm ≤ τ + δ (the paper's section 3). Excludes budget."
        ),
    )
    budget = ma.fields.Float(
        load_default=absent,
        validate=[_Finite(), validate.Range(0, 1_000_000, min_inclusive=False)],
        metadata=described(
            "False alerts that a query may cost on average, from which δ and the probability "
            "follow; "
            "IIIF_DEDUP_BUDGET when left out. Excludes delta."
        ),
    )
    scope = scope_field()
    image = position_field("Position of the picture whose search is read; see POST.")

    @validates_schema
    def check(self, data: dict[str, object], **_: object) -> None:
        """Refuse two ways to say one thing."""
        if data.get("delta") is not None and data.get("budget") is not None:
            raise ValidationError("excludes delta; give one of the two", "budget")


class SearchIn(ma.Schema):
    """What to search."""

    image = ma.fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(0, MAX_POSITION),
        metadata=described("Position of the picture; null for the first usable one."),
    )
    recipe = ma.fields.String(load_default=DEFAULT_RECIPE, validate=validate.OneOf(sorted(RECIPES)))


class Run(ma.Schema):
    """A finished search, with what is needed to repeat it."""

    id = ma.fields.String(required=True)
    recipe = ma.fields.String(required=True)
    parameters = ma.fields.Dict()
    seed = ma.fields.Integer()
    mu = ma.fields.Float(metadata=described("μ, the mean norm of the anchor's views."))
    margin = ma.fields.Float(metadata=described("m"))
    tau = ma.fields.Float(metadata=described("τ = μ + m"))
    delta = ma.fields.Float(metadata=described("δ of this reading."))
    probability = ma.fields.Float(
        allow_none=True,
        metadata=described(
            "From which on candidates are proposed, as the budget has it; null where δ was given, "
            "since then the clone rule decides alone."
        ),
    )
    budget = ma.fields.Float(
        allow_none=True,
        metadata=described(
            "False alerts per query that δ and the probability follow from; null where δ was given."
        ),
    )
    budget_status = ma.fields.String(
        allow_none=True,
        validate=validate.OneOf([status.value for status in BudgetStatus]),
        metadata=described(
            "met: measured on this collection; extrapolated: beyond what was measured; "
            "uncalibrated: nothing was measured, and δ is 0; null where δ was given."
        ),
    )
    encoder = ma.fields.String(
        allow_none=True,
        metadata=described("Version of the collection's encoder; null for a recipe without."),
    )
    encoder_active = ma.fields.Boolean(
        metadata=described(
            "false: another encoder is in use by now; POST searches with it. Norms of different "
            "encoders are never compared."
        )
    )
    generators = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        metadata=described("What proposed candidates beside the recipe, each with its version."),
    )
    pool_size = ma.fields.Integer(metadata=described("Pictures that were scored."))
    accepted = ma.fields.Integer(metadata=described("Pictures of the pool with norm ≤ τ."))
    covered_sequence = ma.fields.Integer(
        metadata=described("Highest picture sequence that was scored.")
    )
    new_images_since = ma.fields.Integer(
        metadata=described("Pictures that came later; POST searches them too.")
    )
    finished_at = Utc()
    versions = ma.fields.Dict()
    timings = ma.fields.Dict(metadata=described("Seconds by phase."))


class _Scored(ma.Schema):
    rank = ma.fields.Integer(
        required=True,
        metadata=described("Among all candidates of the run, by all generators together."),
    )
    norm = ma.fields.Float(
        required=True, metadata=described("What the recipe compares with τ; smaller is nearer.")
    )
    accepted = ma.fields.Boolean(
        required=True, metadata=described("The clone rule's own verdict: norm ≤ τ + δ.")
    )
    probability = ma.fields.Float(
        required=True,
        allow_none=True,
        validate=validate.Range(0, 1),
        metadata=described(
            "That the two pictures show one artefact, by all evidence together; null in results "
            "from before there was any."
        ),
    )
    relation = ma.fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf([one.value for one in Relation]),
        metadata=described("A guess at how the two are related; people decide."),
    )
    generators = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        required=True,
        metadata=described(
            "Who found it, and at which rank: clone (the recipe's norm), sha256 (the same file), "
            "phash, block_mean, or a descriptor."
        ),
    )
    image = ma.fields.Nested(Image, required=True)


class OtherImage(_Scored):
    """A further picture of a suggested record."""


class IiifLinks(ma.Schema):
    """Where a suggestion is shown."""

    annotation = ma.fields.Url(require_tld=False)
    page = ma.fields.Url(require_tld=False, metadata=described("The canvas's annotations."))
    comparison = ma.fields.Url(require_tld=False, metadata=described("Both records in Mirador."))
    manifest = ma.fields.Url(
        require_tld=False, metadata=described("Our manifest of the suggested record.")
    )


class Verdict(ma.Schema):
    """What people said of the pair."""

    state = ma.fields.String(validate=validate.OneOf(["undecided"]))


class Clone(_Scored):
    """A suggested record; its most probable picture counts."""

    tau = ma.fields.Float(required=True)
    proposed = ma.fields.Boolean(
        required=True,
        metadata=described(
            "Whether people are shown it: its probability reaches the run's, or without one the "
            "clone rule accepts it."
        ),
    )
    evidence = ma.fields.Url(
        required=True,
        allow_none=True,
        require_tld=False,
        metadata=described("Why, in words and pictures; null where nothing was weighed."),
    )
    record = ma.fields.Nested(RecordSummary, required=True)
    others = ma.fields.List(ma.fields.Nested(OtherImage))
    iiif = ma.fields.Nested(IiifLinks)
    verdict = ma.fields.Nested(Verdict)


class Clones(ma.Schema):
    """What is known of a record's clones."""

    status = ma.fields.String(
        required=True, validate=validate.OneOf(["searched", "not_searchable"])
    )
    record = ma.fields.Nested(RecordSummary, required=True)
    reason = ma.fields.String(metadata=described("Why it cannot be searched; a stable code."))
    detail = ma.fields.String(metadata=described("The same in a sentence."))
    run = ma.fields.Nested(Run)
    anchor = ma.fields.Nested(Image, metadata=described("The picture the search started from."))
    items = ma.fields.List(ma.fields.Nested(Clone), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class Searching(ma.Schema):
    """A search is under way; the result comes at the record's clones."""

    status = ma.fields.String(required=True, validate=validate.OneOf(["searching"]))
    job = ma.fields.Nested(Job, required=True)
