"""Reads what Europeana's Record and Search APIs say about one item; no network.

Follows the Europeana Data Model as the APIs write it in JSON. An item has several aggregations
and proxies, one by each party that touched it: what the provider says counts, what Europeana
added does not. The pictures are read in `harvesters.europeana_images`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from harvesters.europeana_images import images, is_europeana, manifest_url
from harvesters.values import (
    as_list,
    clean_text,
    first_text,
    http_url,
    language_map,
    mappings,
    titles,
)
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import Json, LanguageMap, Record

Node = Mapping[str, Any]

_FACETS = (
    ("Creator", ("dcCreator",)),
    ("Contributor", ("dcContributor",)),
    ("Date", ("dcDate", "dctermsCreated", "dctermsIssued")),
    ("Period", ("dctermsTemporal",)),
    ("Type", ("dcType",)),
    ("Format", ("dcFormat",)),
    ("Material", ("dctermsMedium",)),
    ("Dimensions", ("dctermsExtent",)),
    ("Subject", ("dcSubject",)),
    ("Place", ("dctermsSpatial", "dcCoverage")),
    ("Current location", ("edmCurrentLocation",)),
    ("Provenance", ("dctermsProvenance",)),
    ("Publisher", ("dcPublisher",)),
    ("Source", ("dcSource",)),
    ("Part of", ("dctermsIsPartOf",)),
    ("Identifier", ("dcIdentifier",)),
    ("Description", ("dcDescription",)),
)
_ITEM_FACETS = (
    ("Creator", "dcCreator"),
    ("Subject", "dcSubject"),
    ("Type", "dcType"),
    ("Description", "dcDescription"),
)
_ENTITIES = ("agents", "concepts", "places", "timespans", "organizations")


def parse_record(document: object, identifier: str, url: str) -> Record:
    """Return the record in a response of the Record API; it may have no images.

    Args:
        document: The JSON as parsed.
        identifier: The item's, `/dataset/local`.
        url: Where the document came from, for messages.

    Raises:
        HarvestError: NOT_A_RECORD when there is no item in it.
    """
    item = document.get("object") if isinstance(document, Mapping) else None
    if not isinstance(item, Mapping):
        raise HarvestError(
            Reason.NOT_A_RECORD,
            f"Expected an `object` with an item in the answer of {url}, got {_shape(document)}.",
        )
    aggregations = mappings(item.get("aggregations"))
    proxies = [node for node in mappings(item.get("proxies")) if not node.get("europeanaProxy")]
    own = _providers_aggregation(aggregations, proxies)
    resources = {
        str(node.get("about")): node
        for aggregation in reversed(aggregations)
        for node in mappings(aggregation.get("webResources"))
    }
    services = {str(node.get("about")): node for node in mappings(item.get("services"))}
    labels = _labels(item)
    kind = item.get("type") or next((n["edmType"] for n in proxies if n.get("edmType")), None)
    rights = own.get("edmRights") or _first(item.get("europeanaAggregation")).get("edmRights")
    return Record(
        identifier=identifier,
        titles=titles(_tagged(_merged(proxies, ("dcTitle", "dctermsAlternative"))))
        or titles(_tagged(_merged(proxies, ("dcDescription",)))),
        images=images(own, kind, resources, services),
        facets=tuple(_facets(proxies, labels)),
        rights=_first_url(_texts(rights)),
        provider=first_text(_texts(own.get("edmDataProvider"))),
        landing_page=without_redirect(own.get("edmIsShownAt")),
        manifest_url=manifest_url(resources.values()),
        datestamp=clean_text(item.get("timestamp_update"))[:100] or None,
    )


def parse_item(item: Node) -> Record:
    """Return the record that a hit of the Search API (profile `rich`) describes.

    Services and further views are only in the Record API.

    Args:
        item: One of the answer's `items`, with its `id`.
    """
    own: Node = {"edmIsShownBy": next(iter(as_list(item.get("edmIsShownBy"))), None)}
    facets: list[Mapping[str, Json]] = []
    for label, name in _ITEM_FACETS:
        value = _texts(item.get(f"{name}LangAware") or item.get(name))
        if value:
            facets.append({"label": {"en": [label]}, "value": value})
    return Record(
        identifier=clean_text(item.get("id")),
        titles=titles(_tagged(item.get("dcTitleLangAware") or item.get("title"))),
        images=images(own, item.get("type"), {}, {}),
        facets=tuple(facets),
        rights=_first_url(_texts(item.get("rights"))),
        provider=first_text(_texts(item.get("dataProvider"))),
        landing_page=without_redirect(next(iter(as_list(item.get("edmIsShownAt"))), None)),
        datestamp=clean_text(item.get("timestamp_update"))[:100] or None,
    )


def without_redirect(value: object) -> str | None:
    """Return a landing page without what Europeana put around it: a redirect, somebody's key."""
    url = http_url(value, "")
    if url is None:
        return None
    parts = urlsplit(url)
    if not is_europeana(url):
        return url
    if parts.path.endswith("/redirect"):
        return http_url(next(iter(parse_qs(parts.query).get("shownAt", [])), None), "")
    kept = [pair for pair in parse_qsl(parts.query) if pair[0] not in {"wskey", "utm_campaign"}]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _providers_aggregation(aggregations: Sequence[Node], proxies: Sequence[Node]) -> Node:
    """Return the aggregation of the proxy that was not derived from another one."""
    first_hand = [proxy for proxy in proxies if not proxy.get("lineage")]
    abouts = [about for proxy in first_hand for about in as_list(proxy.get("proxyIn"))]
    own = [node for node in aggregations if node.get("about") in abouts]
    return next(iter([*own, *aggregations]), {})


def _labels(item: Node) -> dict[str, Node]:
    """Return the labels of the entities that the item's values name by id."""
    return {
        str(entity.get("about")): entity["prefLabel"]
        for group in _ENTITIES
        for entity in mappings(item.get(group))
        if isinstance(entity.get("prefLabel"), Mapping)
    }


def _facets(proxies: Sequence[Node], labels: Mapping[str, Node]) -> Iterator[Mapping[str, Json]]:
    for label, names in _FACETS:
        value = _texts(_named(_merged(proxies, names), labels))
        if value:
            yield {"label": {"en": [label]}, "value": value}


def _merged(proxies: Sequence[Node], names: Sequence[str]) -> list[Any]:
    return [part for name in names for proxy in proxies for part in as_list(proxy.get(name))]


def _named(values: Sequence[Any], labels: Mapping[str, Node]) -> list[Any]:
    """Return values in which the ids of entities are replaced by their labels."""
    named: list[Any] = []
    for value in values:
        if isinstance(value, Mapping):
            for tag, texts in value.items():
                named.extend(labels.get(str(text)) or {tag: text} for text in as_list(texts))
        else:
            named.append(labels.get(str(value)) or value)
    return named


def _texts(value: object) -> LanguageMap:
    return language_map(_tagged(value))


def _tagged(value: object) -> list[Any]:
    """Return Europeana's language maps, whose `def` is no language; old dumps have bare texts."""
    return [
        {("none" if tag == "def" else tag): texts for tag, texts in part.items()}
        if isinstance(part, Mapping)
        else part
        for part in as_list(value)
    ]


def _first_url(texts: LanguageMap) -> str | None:
    urls = (http_url(text, "") for values in texts.values() for text in values)
    return next((url for url in urls if url), None)


def _first(value: object) -> Node:
    return next(iter(mappings(value)), {})


def _shape(document: object) -> str:
    if isinstance(document, Mapping):
        return f"an object with {', '.join(sorted(map(str, document))[:8]) or 'nothing in it'}"
    return type(document).__name__
