"""Sources, harvests, their failures, and jobs."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import PageQuery, Utc, absent, described, page_of, text_field
from harvesters import protocols
from iiif_dedup.store.jobs import JobState
from iiif_dedup.store.sources import KEY_PATTERN
from iiif_dedup.store.work import Kind

_JOB_KINDS = [kind.value for kind in Kind]
_JOB_STATES = [state.value for state in JobState]
_KEY_FORM = validate.Regexp(rf"\A{KEY_PATTERN}\Z")


class _SourceFields(ma.Schema):
    options = ma.fields.Dict(metadata=described("What the protocol's harvester takes."))
    politeness = ma.fields.Dict(
        metadata=described("What overrides the fetch settings for this partner.")
    )
    enabled = ma.fields.Boolean(metadata=described("Whether it is harvested."))


class SourceIn(_SourceFields):
    """A partner collection to be harvested."""

    key = ma.fields.String(
        required=True,
        validate=_KEY_FORM,
        metadata=described("Part of every record id; never changes."),
    )
    title = text_field(500, "Name of the collection, for people.", required=True)
    protocol = ma.fields.String(
        load_default=protocols()[0],
        validate=validate.OneOf(protocols()),
        metadata=described("How it is harvested."),
    )
    endpoint = ma.fields.Url(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        validate=validate.Length(max=4096),
        metadata=described("Where the harvest begins."),
    )


class SourcePatch(_SourceFields):
    """What of a source may change; fields left out stay."""

    title = text_field(500, "Name of the collection, for people.")
    endpoint = ma.fields.Url(
        schemes={"http", "https"}, require_tld=False, validate=validate.Length(max=4096)
    )


class Source(_SourceFields):
    """A partner collection."""

    key = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    protocol = ma.fields.String(required=True)
    endpoint = ma.fields.String(required=True)
    created_at = Utc(required=True)
    url = ma.fields.Url(require_tld=False)


SourcePage = page_of(Source, "SourcePage")


class HarvestQuery(PageQuery):
    """Which harvests."""

    source = ma.fields.String(
        load_default=absent, validate=_KEY_FORM, metadata=described("Key of a source.")
    )


class Harvest(ma.Schema):
    """One pass over a source."""

    id = ma.fields.String(required=True)
    source_key = ma.fields.String(required=True, data_key="source")
    number = ma.fields.Integer(required=True, metadata=described("1 for the first."))
    job_id = ma.fields.String(allow_none=True, data_key="job")
    state = ma.fields.String(metadata=described("running, finished or failed"))
    counts = ma.fields.Dict(metadata=described("Records by what became of them."))
    error = ma.fields.String(allow_none=True)
    started_at = Utc(required=True)
    finished_at = Utc(allow_none=True)
    failures = ma.fields.Url(require_tld=False, metadata=described("What could not be read."))


HarvestPage = page_of(Harvest, "HarvestPage")


class HarvestFailure(ma.Schema):
    """A record that could not be read."""

    identifier = ma.fields.String(required=True)
    url = ma.fields.String(allow_none=True)
    reason = ma.fields.String(required=True, metadata=described("A stable code."))
    detail = ma.fields.String()


HarvestFailurePage = page_of(HarvestFailure, "HarvestFailurePage")


class JobQuery(PageQuery):
    """Which jobs."""

    kind = ma.fields.String(
        load_default=absent,
        validate=validate.OneOf(_JOB_KINDS),
        metadata=described("What they do."),
    )
    state = ma.fields.String(
        load_default=absent,
        validate=validate.OneOf(_JOB_STATES),
        metadata=described("Where they stand."),
    )


class Progress(ma.Schema):
    """How far a job is."""

    done = ma.fields.Integer(attribute="progress_done")
    total = ma.fields.Integer(attribute="progress_total", allow_none=True)
    text = ma.fields.String(attribute="progress_text")


class Job(ma.Schema):
    """Work to be done, or that was."""

    id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    queue = ma.fields.String(metadata=described("interactive or batch"))
    state = ma.fields.String(required=True, validate=validate.OneOf(_JOB_STATES))
    arguments = ma.fields.Dict()
    attempt = ma.fields.Integer(metadata=described("How often it was started."))
    progress = ma.fields.Nested(Progress)
    cancel_requested = ma.fields.Boolean()
    result = ma.fields.Dict(allow_none=True)
    error = ma.fields.String(allow_none=True)
    created_at = Utc()
    started_at = Utc(allow_none=True)
    finished_at = Utc(allow_none=True)
    url = ma.fields.Url(require_tld=False)


JobPage = page_of(Job, "JobPage")
