"""A look at a URL before it becomes a source."""

from __future__ import annotations

from typing import Any

from api.auth import require_key
from api.context import service
from api.openapi import Blueprint
from api.previews import LONGEST_S, preview_json
from api.problems import ProblemError
from api.schemas.previews import Preview, PreviewIn
from iiif_dedup.errors import FetchError, HarvestError, SettingsError

blp = Blueprint("previews", __name__, description="A look at a URL before it becomes a source.")


@blp.endpoint(
    "/sources/preview", method="POST", body=PreviewIn, returns=Preview, fails=(401, 415, 422, 503)
)
def preview_source(body: dict[str, Any]) -> dict[str, Any]:
    """Guess the protocol of a URL, and show five records, counts and an estimate.

    It takes up to 20 seconds, since the partner is asked as politely as ever. Nothing is stored.
    """
    require_key()
    # Like searches that somebody waits for: half of the threads at most.
    if not service().waiting.acquire(blocking=False):
        raise ProblemError(
            "busy", "Too many callers wait already.", {"Retry-After": str(round(LONGEST_S))}
        )
    try:
        return preview_json(service(), body)
    except (FetchError, HarvestError) as error:
        raise ProblemError("no-preview", str(error), reason=error.reason.value) from error
    except SettingsError as error:
        raise ProblemError("no-preview", str(error)) from error
    finally:
        service().waiting.release()
