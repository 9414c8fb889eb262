"""What a URL would bring, for the API and the command; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from api.context import Service
from harvesters.guessing import Guess, guess
from harvesters.preview import Deadline, estimate, preview
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.publish.clean import http_uri, plain_language_map, plain_text
from iiif_dedup.types import Record

LONGEST_S = 20.0
"""Seconds that a preview may take."""
_RESPONSE_S = 10.0


def preview_json(parts: Service, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is at a URL as `schemas.previews.Preview`.

    Args:
        parts: Of the application.
        given: A loaded `schemas.previews.PreviewIn`.

    Raises:
        SettingsError: The politeness or the options are invalid, or a key is missing.
        FetchError: It cannot be fetched.
        HarvestError: It is none of the known protocols, or not what its protocol says.
    """
    deadline = Deadline(LONGEST_S)
    with _fetcher(parts, given, deadline) as fetcher:
        if given.get("protocol"):
            found = Guess(given["protocol"], given["url"], given.get("options") or {})
        else:
            found = guess(given["url"], fetcher)
            found = replace(found, options={**found.options, **(given.get("options") or {})})
        seen = preview(found, fetcher, deadline)
        cost = estimate(seen, fetcher, parts.settings)
    return {
        "protocol": found.protocol,
        "endpoint": found.endpoint,
        "options": found.options,
        "total": seen.total,
        "records": [_record_json(record) for record in seen.records],
        "failures": seen.failures,
        "requests": seen.requests,
        "seconds": round(seen.seconds, 1),
        "estimate": None if cost is None else asdict(cost),
    }


def _fetcher(parts: Service, given: Mapping[str, Any], deadline: Deadline) -> Fetcher:
    """Return a fetcher that gives up in time."""
    settings = parts.settings
    policy = FetchPolicy.from_settings(settings, given.get("politeness"), endpoint=given["url"])
    impatient = replace(
        policy, retries=min(policy.retries, 1), timeout_s=min(policy.timeout_s, _RESPONSE_S)
    )
    key = settings.source_keys.get(given.get("key") or "")
    return Fetcher(impatient, key=key, sleep=deadline.sleep)


def _record_json(record: Record) -> dict[str, Any]:
    return {
        "identifier": record.identifier,
        "titles": plain_language_map(record.titles),
        "provider": plain_text(record.provider) or None,
        "rights": plain_text(record.rights) or None,
        "landing_page": http_uri(record.landing_page),
        "manifest": http_uri(record.manifest_url),
        "images": [
            {
                "url": image.url,
                "service": image.service_id,
                "width": image.width,
                "height": image.height,
                "restricted": image.restricted,
            }
            for image in record.images
        ],
    }
