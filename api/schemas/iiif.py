"""IIIF documents, as far as the API's description tells; the specifications tell the rest."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import described


class _Node(ma.Schema):
    class Meta:
        """Further members are those of the specification."""

        unknown = ma.INCLUDE

    id = ma.fields.Url(required=True, require_tld=False)


class Manifest(_Node):
    """A IIIF Presentation 3 Manifest."""

    type = ma.fields.String(required=True, validate=validate.Equal("Manifest"))
    items = ma.fields.List(ma.fields.Dict(), required=True, metadata=described("Canvases."))


class Annotation(_Node):
    """A W3C Web Annotation."""

    type = ma.fields.String(required=True, validate=validate.Equal("Annotation"))
    motivation = ma.fields.List(ma.fields.String(), required=True)
    body = ma.fields.List(ma.fields.Dict(), required=True)
    target = ma.fields.Dict(required=True)


class AnnotationPage(_Node):
    """A page of annotations on one canvas."""

    type = ma.fields.String(required=True, validate=validate.Equal("AnnotationPage"))
    items = ma.fields.List(ma.fields.Nested(Annotation), required=True)
