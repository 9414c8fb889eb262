"""Records and their pictures."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import ValidationError, validate, validates_schema

from api.schemas.common import (
    NoControlCharacters,
    PageQuery,
    Utc,
    absent,
    described,
    language_map,
    page_of,
)
from iiif_dedup.store.sources import KEY_PATTERN


class RecordQuery(PageQuery):
    """Which records: all, a source's, one by its partner's identifier, or by its manifest."""

    source = ma.fields.String(
        load_default=absent,
        validate=validate.Regexp(rf"\A{KEY_PATTERN}\Z"),
        metadata=described("Key of a source."),
    )
    identifier = ma.fields.String(
        load_default=absent,
        validate=[validate.Length(min=1, max=4096), NoControlCharacters()],
        metadata=described("The partner's identifier, such as a catalogue number; with source."),
    )
    manifest = ma.fields.String(
        load_default=absent,
        validate=[validate.Length(min=1, max=4096), NoControlCharacters()],
        metadata=described("URL of the partner's manifest."),
    )

    @validates_schema
    def check(self, data: dict[str, object], **_: object) -> None:
        """Refuse combinations that mean nothing."""
        if data.get("identifier") and not data.get("source"):
            raise ValidationError("needs source beside it", "identifier")
        if data.get("manifest") and (data.get("source") or data.get("identifier")):
            raise ValidationError("stands alone, without source and identifier", "manifest")


class Image(ma.Schema):
    """A picture of a record."""

    position = ma.fields.Integer(required=True, metadata=described("0-based."))
    url = ma.fields.String(
        required=True,
        allow_none=True,
        metadata=described("Null for a file of the operator's that was not read yet."),
    )
    service = ma.fields.String(
        allow_none=True, metadata=described("Base URI of its IIIF image service.")
    )
    canvas = ma.fields.String(metadata=described("URI of the canvas that shows it."))
    width = ma.fields.Integer(allow_none=True, metadata=described("In pixels, as declared."))
    height = ma.fields.Integer(allow_none=True)
    thumbnail = ma.fields.String(allow_none=True)
    state = ma.fields.String(metadata=described("pending, ready or failed"))
    reason = ma.fields.String(allow_none=True, metadata=described("A stable code."))
    detail = ma.fields.String(allow_none=True)


class RecordSummary(ma.Schema):
    """A record as lists show it; texts are plain, without markup."""

    id = ma.fields.String(required=True)
    url = ma.fields.Url(require_tld=False)
    source = ma.fields.String(required=True)
    source_title = ma.fields.String()
    identifier = ma.fields.String(required=True)
    title = ma.fields.String(metadata=described("In the service's language, if there is one."))
    titles = language_map("Titles by language.")
    landing_page = ma.fields.String(allow_none=True)
    rights = ma.fields.String(allow_none=True)
    provider = ma.fields.String(allow_none=True)
    manifest = ma.fields.String(allow_none=True, metadata=described("The partner's IIIF manifest."))
    thumbnail = ma.fields.String(allow_none=True)
    state = ma.fields.String(metadata=described("active, deleted or withdrawn"))


RecordPage = page_of(RecordSummary, "RecordPage")


class RecordLinks(ma.Schema):
    """Where a record is shown."""

    clones = ma.fields.Url(require_tld=False)
    iiif_manifest = ma.fields.Url(
        require_tld=False, metadata=described("Our manifest, with suggestions as annotations.")
    )
    similar = ma.fields.Url(
        require_tld=False, metadata=described("What looks like its first usable picture.")
    )
    similar_page = ma.fields.Url(
        require_tld=False, metadata=described("The same in a row, for people.")
    )
    viewer = ma.fields.Url(require_tld=False, metadata=described("The record in Mirador."))


class Facet(ma.Schema):
    """A label with its value, by language."""

    label = language_map("Label.")
    value = language_map("Value.")


class Record(RecordSummary):
    """A record with its pictures."""

    facets = ma.fields.List(ma.fields.Nested(Facet))
    changed_at = Utc()
    images = ma.fields.List(ma.fields.Nested(Image))
    same_records = ma.fields.List(
        ma.fields.Nested(RecordSummary),
        metadata=described("The same record by another route, from other sources."),
    )
    links = ma.fields.Nested(RecordLinks)


class SameRecordQuery(PageQuery):
    """Which pairs."""

    source = ma.fields.String(
        load_default=absent,
        validate=validate.Regexp(rf"\A{KEY_PATTERN}\Z"),
        metadata=described("Key of a source that one of the two is in."),
    )


class SameRecord(ma.Schema):
    """Two records that are one."""

    records = ma.fields.List(ma.fields.Nested(RecordSummary), required=True)
    rule = ma.fields.String(
        required=True, metadata=described("What told it: landing_page, manifest or identifier.")
    )
    undone = ma.fields.Boolean(metadata=described("An operator has said that it is wrong."))
    created_at = Utc()


SameRecordPage = page_of(SameRecord, "SameRecordPage")
