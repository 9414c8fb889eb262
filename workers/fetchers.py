"""The fetcher of a source, with its politeness and its key."""

from __future__ import annotations

from collections.abc import Mapping

from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.settings import Settings


def fetcher_for(
    settings: Settings, source_key: str, endpoint: str, politeness: Mapping[str, object] | None
) -> Fetcher:
    """Return the fetcher of a source; close it.

    Args:
        settings: The settings in force.
        source_key: What the source's key in the settings is found by.
        endpoint: Where the source begins; files are read only where it is a file.
        politeness: What overrides the settings for this partner.

    Raises:
        SettingsError: An option of the politeness is unknown or invalid.
    """
    policy = FetchPolicy.from_settings(settings, politeness, endpoint=endpoint)
    return Fetcher(policy, key=settings.source_keys.get(source_key))
