"""One manifest from its URL to a record: asked on condition, its referenced pages put in place.

Shared by the protocols whose members are manifests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from harvesters.base import Known
from harvesters.pauses import raise_if_long_pause
from harvesters.presentation3 import Member, parse_manifest
from harvesters.values import as_list, http_url, mappings, node_id
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import FetchedJson, Fetcher
from iiif_dedup.types import Record, RecordFailure, Unchanged

ACCEPT = (
    'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json", '
    "application/ld+json;q=0.9, application/json;q=0.8, */*;q=0.1"
)
MAX_PAGES = 500
"""Most painting pages of one manifest that are asked for."""

ManifestOutcome: TypeAlias = Record | Unchanged | RecordFailure


def read_manifest(member: Member, fetcher: Fetcher, known: Known) -> ManifestOutcome:
    """Return the record of a manifest, that it is unchanged, or why it cannot be read.

    Raises:
        FetchError: The server asks for a longer pause than the policy waits.
    """
    earlier = known(member.url)
    try:
        if member.document is not None:
            return parse_manifest(member.document, member.url)
        validators = earlier.validators if earlier else None
        fetched = fetcher.get_json(member.url, accept=ACCEPT, validators=validators)
        if fetched.unchanged and earlier is not None:
            return Unchanged(earlier.identifier)
        return record_from(fetched, member.url, fetcher)
    except (FetchError, HarvestError) as error:
        raise_if_long_pause(error, fetcher)
        identifier = earlier.identifier if earlier else member.url
        return RecordFailure(identifier, member.url, error.reason, str(error))


def record_from(fetched: FetchedJson, url: str, fetcher: Fetcher) -> Record:
    """Return the record of a manifest that has been fetched.

    Args:
        fetched: The manifest.
        url: What names it; kept as `Record.manifest_url`, also where it redirects.
        fetcher: For painting pages.

    Raises:
        FetchError: A painting page cannot be fetched.
        HarvestError: As `parse_manifest`; INVALID_MANIFEST also for too many pages.
    """
    document = _with_pages(fetched.document, fetched.final_url, fetcher)
    whole = document is fetched.document
    record = parse_manifest(document, fetched.final_url)
    # The manifest may stay the same while a page of it changes.
    return replace(record, manifest_url=url, validators=fetched.validators if whole else None)


def _with_pages(document: object, base: str, fetcher: Fetcher) -> object:
    """Return the manifest with the painting pages in place that it only references.

    Presentation 3, section 5.3: the items of a canvas may be references. Version 2 has none.
    """
    canvases = mappings(document.get("items")) if isinstance(document, Mapping) else []
    named = [page for canvas in canvases for page in as_list(canvas.get("items"))]
    urls = [url for page in named if (url := _reference(page, base)) is not None]
    if not urls or not isinstance(document, Mapping):
        return document
    if len(urls) > MAX_PAGES:
        raise HarvestError(
            Reason.INVALID_MANIFEST,
            f"Expected at most {MAX_PAGES} painting pages by reference in {base}, got {len(urls)}.",
        )
    pages = {url: fetcher.get_json(url, accept=ACCEPT).document for url in dict.fromkeys(urls)}

    def filled(canvas: Mapping[str, Any]) -> dict[str, Any]:
        items = as_list(canvas.get("items"))
        found = [pages.get(_reference(page, base) or "", page) for page in items]
        return {**canvas, "items": found}

    return {**document, "items": [filled(canvas) for canvas in canvases]}


def _reference(page: object, base: str) -> str | None:
    """Return the URL of a page that is only referenced."""
    if isinstance(page, str):
        return http_url(page, base)
    if isinstance(page, Mapping) and page.get("type") == "AnnotationPage" and "items" not in page:
        return http_url(node_id(page), base)
    return None
