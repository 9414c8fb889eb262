"""Reads IIIF Presentation 3 manifests and collections, and older ones upgraded to it; no network.

The version is told by content, never by URL. The parser is no validator: whatever the
specification demands for viewers but a harvest does not need (labels, rights URIs, dimensions) may
be wrong or missing. What cannot be read raises `HarvestError` with a stable reason. Follows
Presentation 3, sections 3.1 to 3.4, 4.1, 4.2, 5.1 and 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harvesters.painting import canvas_images
from harvesters.presentation2 import upgraded
from harvesters.republishing import published_parts
from harvesters.values import (
    as_list,
    clean_text,
    first_text,
    first_url,
    http_url,
    label_value_pairs,
    mappings,
    node_id,
    titles,
)
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import LanguageMap, Record, RecordFailure

MAX_CANVASES = 10_000
MAX_MEMBERS = 100_000
MAX_IMAGES = 20_000


@dataclass(frozen=True, slots=True)
class Member:
    """A Manifest or Collection that a collection names.

    Attributes:
        url: Absolute http or https URL.
        kind: "Manifest" or "Collection".
        document: The member itself where it is embedded, None where it is only referenced.
    """

    url: str
    kind: str
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """A collection as harvested.

    Attributes:
        identifier: The collection's own URI.
        label: Its label by language.
        members: What it names, in order; a member that cannot be followed is a failure.
    """

    identifier: str
    label: LanguageMap
    members: tuple[Member | RecordFailure, ...]


def document_kind(document: object) -> str:
    """Return the type of a Presentation document of any version, such as "Manifest".

    Raises:
        HarvestError: NOT_PRESENTATION_3, when it is none that can be read as version 3.
    """
    document = upgraded(document)
    if not isinstance(document, Mapping):
        raise HarvestError(
            Reason.NOT_PRESENTATION_3,
            f"Expected a JSON object with an IIIF resource, got {type(document).__name__}.",
        )
    contexts = [text for text in as_list(document.get("@context")) if isinstance(text, str)]
    declared = any("presentation/3" in text for text in contexts)
    kind = document.get("type")
    shaped = isinstance(kind, str) and ":" not in kind and "sequences" not in document
    if not declared and not shaped:
        raise HarvestError(
            Reason.NOT_PRESENTATION_3,
            f"Expected IIIF Presentation 2 or 3, got @context {str(contexts)[:200]} and type "
            f"{str(kind or document.get('@type'))[:50]!r}.",
        )
    return clean_text(kind or document.get("@type"))[:100].removeprefix("sc:")


def parse_manifest(document: object, url: str) -> Record:
    """Return the record that a manifest describes; it may have no images.

    `Record.manifest` holds what can be published again: texts cleaned, ids absolute, canvases
    with their painting content, and nothing else.

    Args:
        document: The JSON as parsed.
        url: Where it came from; the base of relative ids.

    Raises:
        HarvestError: NOT_PRESENTATION_3, NOT_A_MANIFEST, or INVALID_MANIFEST.
    """
    document = upgraded(document)
    kind = document_kind(document)
    if kind != "Manifest" or not isinstance(document, Mapping):
        raise HarvestError(
            Reason.NOT_A_MANIFEST, f"Expected a Manifest at {url}, got type {kind!r}."
        )
    canvases = _canvases(document, url)
    services = {str(node_id(node)): node for node in mappings(document.get("services"))}
    images = [ref for canvas in canvases for ref in canvas_images(canvas, url, services)]
    if len(images) > MAX_IMAGES:
        raise HarvestError(
            Reason.INVALID_MANIFEST,
            f"Expected at most {MAX_IMAGES} pictures in the manifest {url}, got {len(images)}.",
        )
    return Record(
        identifier=http_url(node_id(document), url) or url,
        titles=titles(document.get("label")),
        images=tuple(replace(ref, position=place) for place, ref in enumerate(images)),
        facets=label_value_pairs(document.get("metadata")),
        rights=first_url(document.get("rights"), url),
        provider=_provider(document.get("provider")),
        landing_page=first_url(document.get("homepage"), url),
        manifest_url=url,
        manifest=published_parts(document, canvases, url),
    )


def parse_collection(document: object, url: str) -> CollectionPage:
    """Return the members of a collection, in order.

    Args:
        document: The JSON as parsed.
        url: Where it came from; the base of relative ids.

    Raises:
        HarvestError: NOT_PRESENTATION_3, NOT_A_COLLECTION, or INVALID_COLLECTION.
    """
    document = upgraded(document)
    kind = document_kind(document)
    if kind != "Collection" or not isinstance(document, Mapping):
        raise HarvestError(
            Reason.NOT_A_COLLECTION, f"Expected a Collection at {url}, got type {kind!r}."
        )
    items = document.get("items")
    if not isinstance(items, list) or len(items) > MAX_MEMBERS:
        raise HarvestError(
            Reason.INVALID_COLLECTION,
            f"Expected `items` with at most {MAX_MEMBERS} members in the collection {url}, "
            f"got {_shape(items)}.",
        )
    return CollectionPage(
        identifier=http_url(node_id(document), url) or url,
        label=titles(document.get("label")),
        members=tuple(_member(item, url) for item in items),
    )


def _canvases(manifest: Mapping[str, Any], url: str) -> list[Mapping[str, Any]]:
    items = manifest.get("items")
    if not isinstance(items, list) or len(items) > MAX_CANVASES:
        raise HarvestError(
            Reason.INVALID_MANIFEST,
            f"Expected `items` with at most {MAX_CANVASES} canvases in the manifest {url}, "
            f"got {_shape(items)}.",
        )
    return [node for node in mappings(items) if node.get("type", "Canvas") == "Canvas"]


def _shape(items: object) -> str:
    return f"{len(items)} items" if isinstance(items, list) else type(items).__name__


def _member(item: object, url: str) -> Member | RecordFailure:
    """Return one member of the collection at `url`, or why it cannot be followed."""
    node = item if isinstance(item, Mapping) else {"id": item}
    kind = clean_text(node.get("type"))[:100]
    member_url = http_url(node_id(node), url)
    if kind not in {"Manifest", "Collection"}:
        return RecordFailure(
            identifier=member_url or url,
            url=member_url,
            reason=Reason.NOT_A_MANIFEST,
            detail=f"The collection {url} names a member of type {kind!r}; "
            "expected Manifest or Collection.",
        )
    if member_url is None:
        return RecordFailure(
            identifier=clean_text(node_id(node))[:200] or url,
            url=None,
            reason=Reason.BAD_URL,
            detail=f"The collection {url} names a {kind} without an http or https id.",
        )
    return Member(member_url, kind, node if isinstance(node.get("items"), list) else None)


def _provider(value: object) -> str | None:
    for agent in mappings(value):
        name = first_text(titles(agent.get("label")))
        if name is not None:
            return name
    return None
