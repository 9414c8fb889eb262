"""Health."""

from __future__ import annotations

import marshmallow as ma

from api.schemas.common import described


class Health(ma.Schema):
    """Whether the service and what it stands on work."""

    status = ma.fields.String(required=True, metadata=described("ok, degraded or failing"))
    version = ma.fields.String(required=True)
    checks = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    queued = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata=described("Jobs that wait for a worker, by queue."),
    )
