"""Sources, harvests, their failures, and jobs."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import (
    NoControlCharacters,
    PageQuery,
    Utc,
    absent,
    described,
    page_of,
    text_field,
)
from harvesters import protocols
from iiif_dedup.store.jobs import JobState
from iiif_dedup.store.sources import KEY_PATTERN
from iiif_dedup.store.work import Kind
from workers.schedule import MAX_LENGTH

_JOB_KINDS = [kind.value for kind in Kind]
_JOB_STATES = [state.value for state in JobState]
_KEY_FORM = validate.Regexp(rf"\A{KEY_PATTERN}\Z")


class _SourceFields(ma.Schema):
    options = ma.fields.Dict(metadata=described("What the protocol's harvester takes."))
    politeness = ma.fields.Dict(
        metadata=described("What overrides the fetch settings for this partner.")
    )
    enabled = ma.fields.Boolean(metadata=described("Whether it is harvested."))
    schedule = ma.fields.String(
        allow_none=True,
        validate=[validate.Length(min=1, max=MAX_LENGTH), NoControlCharacters()],
        metadata=described(
            "When it is harvested: minute, hour, day of month, month and day of week, as cron "
            "writes them; null for on demand only."
        ),
    )
    time_zone = text_field(64, "IANA name of the time zone that the schedule is in.")


class SourceIn(_SourceFields):
    """A partner collection to be harvested."""

    key = ma.fields.String(
        required=True,
        validate=_KEY_FORM,
        metadata=described("Part of every record id; never changes."),
    )
    title = text_field(500, "Name of the collection, for people.", required=True)
    protocol = ma.fields.String(
        load_default="iiif_collection",
        validate=validate.OneOf(protocols()),
        metadata=described("How it is harvested."),
    )
    endpoint = text_field(4096, "Where the harvest begins.", required=True)


class SourcePatch(_SourceFields):
    """What of a source may change; fields left out stay."""

    title = text_field(500, "Name of the collection, for people.")
    endpoint = text_field(4096, "Where the harvest begins.")


class LastHarvest(ma.Schema):
    """A source's newest harvest in short."""

    id = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    started_at = Utc(required=True)
    finished_at = Utc(allow_none=True)
    url = ma.fields.Url(require_tld=False)


class Source(_SourceFields):
    """A partner collection."""

    key = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    protocol = ma.fields.String(required=True)
    endpoint = ma.fields.String(required=True)
    next_run_at = Utc(allow_none=True, metadata=described("When the schedule wants it next."))
    last_harvest = ma.fields.Nested(LastHarvest, allow_none=True)
    created_at = Utc(required=True)
    url = ma.fields.Url(require_tld=False)


SourcePage = page_of(Source, "SourcePage")


class HarvestStart(ma.Schema):
    """How a harvest is done."""

    anew = ma.fields.Boolean(
        load_default=False,
        metadata=described("Whether everything is read, also what has not changed."),
    )


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
    kind = ma.fields.String(
        metadata=described(
            "whole; incremental: only what changed was asked for; retry: only what had failed; or "
            "move: the source has another protocol or address"
        )
    )
    state = ma.fields.String(
        metadata=described(
            "running, finished, failed, or waiting for an operator, since it would delete much"
        )
    )
    counts = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata=described(
            "Records by what became of them (new, changed, same, deleted, renamed, failed), images "
            "announced, requests made, bytes received; would_delete while it waits."
        ),
    )
    error = ma.fields.String(allow_none=True)
    started_at = Utc(required=True)
    finished_at = Utc(allow_none=True)
    duration_s = ma.fields.Float(metadata=described("Until now while it runs."))
    records_per_s = ma.fields.Float(allow_none=True)
    url = ma.fields.Url(require_tld=False)
    failures = ma.fields.Url(require_tld=False, metadata=described("What could not be read."))
    report = ma.fields.Url(require_tld=False, metadata=described("The same as a page."))


HarvestPage = page_of(Harvest, "HarvestPage")


class HarvestFailure(ma.Schema):
    """A record that could not be read."""

    identifier = ma.fields.String(required=True)
    url = ma.fields.String(allow_none=True)
    reason = ma.fields.String(required=True, metadata=described("A stable code."))
    detail = ma.fields.String()


class HarvestReport(Harvest):
    """One pass over a source with what went wrong."""

    failures_by_reason = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata=described("Reason to number of failures, the most frequent first."),
    )
    first_failures = ma.fields.List(
        ma.fields.Nested(HarvestFailure), metadata=described("The first 100.")
    )


HarvestFailurePage = page_of(HarvestFailure, "HarvestFailurePage")


class Event(ma.Schema):
    """Something that an operator should know."""

    id = ma.fields.String(required=True)
    kind = ma.fields.String(
        required=True, metadata=described("harvest_failed or harvest_waiting; more will come.")
    )
    subject = ma.fields.String(required=True, metadata=described("Key or id of what it is about."))
    detail = ma.fields.Dict()
    created_at = Utc(required=True)


EventPage = page_of(Event, "EventPage")


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
