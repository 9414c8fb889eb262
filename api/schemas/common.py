"""Schemas and fields that several parts of the API share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import marshmallow as ma
from marshmallow import validate

from api.scopes import ALL, is_scope
from iiif_dedup.publish.annotations import rfc3339
from iiif_dedup.publish.text import LANGUAGES

MAX_LIMIT = 200
"""Most items of one page."""
MAX_POSITION = 100_000


def absent() -> None:
    """Return None, the default of parameters that may be left out but not be null."""


def described(text: str, **further: Any) -> dict[str, Any]:
    """Return the metadata of a field that the API's description shows."""
    return {"description": text, **further}


class Utc(ma.fields.DateTime):
    """A time as RFC 3339 in UTC, to the second."""

    def _serialize(
        self,
        value: datetime | None,
        attr: str | None,  # noqa: ARG002  marshmallow's signature
        obj: Any,  # noqa: ARG002  marshmallow's signature
        **kwargs: Any,  # noqa: ARG002  marshmallow's signature
    ) -> str | None:
        return None if value is None else rfc3339(value)


class NoControlCharacters(validate.Validator):
    """Refuses what databases and logs choke on."""

    def __call__(self, value: str) -> str:
        """Return `value` if it holds no control character and no lone surrogate."""
        if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value):
            raise ma.ValidationError("must not hold control characters")
        return value


class _Scope(validate.Validator):
    def __call__(self, value: str) -> str:
        if not is_scope(value):
            raise ma.ValidationError("must be all, other_sources, source:KEY or facet:LABEL=VALUE")
        return value


def scope_field() -> ma.fields.String:
    """Return the query parameter `scope`; see `api.scopes`."""
    return ma.fields.String(
        load_default=ALL,
        validate=[validate.Length(max=1000), NoControlCharacters(), _Scope()],
        metadata=described(
            "all; other_sources leaves out records of the record's own source; source:KEY keeps "
            "those of one source; facet:LABEL=VALUE those with that facet, in any language and "
            "letter case."
        ),
    )


def position_field(description: str) -> ma.fields.Integer:
    """Return the query parameter `image`."""
    return ma.fields.Integer(
        load_default=absent,
        validate=validate.Range(0, MAX_POSITION),
        metadata=described(description),
    )


def text_field(limit: int, description: str, **options: Any) -> ma.fields.String:
    """Return a field for a text of 1 to `limit` characters on one line."""
    checks = [validate.Length(min=1, max=limit), NoControlCharacters()]
    return ma.fields.String(validate=checks, metadata=described(description), **options)


def language_map(description: str) -> ma.fields.Dict:
    """Return a field for a language map as in IIIF Presentation 3, section 4.4."""
    return ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        metadata=described(description),
    )


def language_field() -> ma.fields.String:
    """Return the query parameter `lang`."""
    return ma.fields.String(
        validate=validate.OneOf(LANGUAGES),
        load_default=absent,
        metadata=described("Language of the texts; the service's own when left out."),
    )


class ProblemItem(ma.Schema):
    """One invalid parameter."""

    location = ma.fields.String(
        data_key="in", metadata=described("Where it stands: query, json or path.")
    )
    name = ma.fields.String()
    message = ma.fields.String()


class Problem(ma.Schema):
    """A problem document, RFC 9457; never dumped through, so that problems may say more."""

    class Meta:
        """Further members are allowed."""

        unknown = ma.INCLUDE

    type = ma.fields.Url(required=True, metadata=described("Stable; look for this one."))
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(metadata=described("What was expected, what came, what to do."))
    instance = ma.fields.String(metadata=described("Path of the request."))
    errors = ma.fields.List(ma.fields.Nested(ProblemItem))


class PageQuery(ma.Schema):
    """Where a list goes on, and how much of it."""

    limit = ma.fields.Integer(
        load_default=50,
        validate=validate.Range(1, MAX_LIMIT),
        metadata=described("Most items of this page."),
    )
    cursor = ma.fields.String(
        load_default=absent,
        validate=validate.Length(min=1, max=4096),
        metadata=described("`next` of the page before."),
    )


class LanguageQuery(ma.Schema):
    """The language of what people read."""

    lang = language_field()


def page_of(item: type[ma.Schema], name: str) -> type[ma.Schema]:
    """Return the schema of one page of a list."""
    return ma.Schema.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next": ma.fields.String(
                required=True,
                allow_none=True,
                metadata=described("`cursor` for the following page; null on the last one."),
            ),
        },
        name=name,
    )
