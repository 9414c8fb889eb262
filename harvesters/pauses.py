"""When a failure ends a harvest for now instead of being about one member."""

from __future__ import annotations

from iiif_dedup.errors import FetchError, HarvestError
from iiif_dedup.fetch import Fetcher


def raise_if_long_pause(error: FetchError | HarvestError, fetcher: Fetcher) -> None:
    """Raise the error again when its server asks for a longer pause than the policy waits.

    Raises:
        FetchError: `error` itself; the caller has yielded a checkpoint before, or does so now.
    """
    pause = error.retry_after_s if isinstance(error, FetchError) else None
    if pause is not None and pause > fetcher.policy.retry_after_cap_s:
        raise error
