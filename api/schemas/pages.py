"""What pages for people are asked."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from api.schemas.common import LanguageQuery, absent, described
from iiif_dedup.store.ids import ID_LENGTH


class ViewerQuery(LanguageQuery):
    """What is opened beside a record."""

    candidate = ma.fields.String(
        load_default=absent,
        validate=validate.Regexp(rf"\A[a-z2-7]{{{ID_LENGTH}}}\Z"),
        metadata=described("Record to open beside it; the best suggestion when left out."),
    )
