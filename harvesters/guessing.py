"""Guesses by what protocol a URL is harvested: by what is there, not by what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from harvesters.values import mappings
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetched, Fetcher
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.fetch.local_files import is_file_url
from iiif_dedup.fetch.urls import scrub
from iiif_dedup.types import Json

OAI_NAMESPACE = b"http://www.openarchives.org/OAI/2.0/"
_ACCEPT = "application/ld+json, application/json, application/xml;q=0.9, */*;q=0.5"
# Endpoints that miss a parameter or a key say in their own format what is missing.
_TALKATIVE = frozenset({400, 401, 403, 404, 405, 422})
_IIIF_TYPES = frozenset({"Collection", "Manifest", "sc:Collection", "sc:Manifest"})
_STREAM_TYPES = frozenset({"OrderedCollection", "OrderedCollectionPage"})


@dataclass(frozen=True, slots=True)
class Guess:
    """How a URL may be harvested.

    Attributes:
        protocol: Name in the registry.
        endpoint: What the source's endpoint would be.
        options: What the source's options would have to be at least.
    """

    protocol: str
    endpoint: str
    options: Mapping[str, Json] = field(default_factory=dict)


def guess(url: str, fetcher: Fetcher) -> Guess:
    """Return by what protocol a URL is harvested.

    Raises:
        FetchError: It cannot be fetched.
        HarvestError: UNKNOWN_PROTOCOL: what is there is none of the known protocols.
    """
    if is_file_url(url):
        fetcher.check(url)
        return Guess("files", url)
    answer = fetcher.get(url, accept=_ACCEPT, also=_TALKATIVE)
    found = _of_answer(url, answer) or _of_oai(url, fetcher)
    if found is not None:
        return found
    raise HarvestError(
        Reason.UNKNOWN_PROTOCOL,
        f"What {scrub(url)} answers (status {answer.status}, "
        f"{answer.headers.get('Content-Type', 'no type')[:100]}) is none of the known protocols. "
        "Give the URL of a IIIF collection or manifest, of a Change Discovery stream, of an "
        "OAI-PMH service, or of a JSON list; or name the protocol.",
    )


def _of_answer(url: str, answer: Fetched) -> Guess | None:
    if OAI_NAMESPACE in answer.body:
        return Guess("oai_pmh", _without_query(url))
    try:
        document = parse_json(answer.body, scrub(answer.final_url))
    except FetchError:
        return None
    return _of_json(url, document, answer.status)


def _of_json(url: str, document: Json, status: int) -> Guess | None:
    if _is_europeana(url, document):
        # The key that such a URL may hold belongs into the settings.
        asked = parse_qs(urlsplit(url).query)
        options: dict[str, Json] = {"query": asked.get("query", ["*"])[0]}
        if "qf" in asked:
            options["qf"] = asked["qf"]
        return Guess("europeana", _without_query(url), options)
    if status != 200:
        return None
    if isinstance(document, Mapping):
        kind = document.get("type", document.get("@type"))
        if kind in _STREAM_TYPES:
            return Guess("iiif_discovery", url)
        if kind in _IIIF_TYPES:
            return Guess("iiif_collection", url)
    return Guess("json_catalogue", url) if _list_of_objects(document) else None


def _is_europeana(url: str, document: Json) -> bool:
    """Tell whether this is an answer of Europeana's Search API, or one of its errors."""
    is_search = urlsplit(url).path.endswith("/search.json")
    return is_search and isinstance(document, Mapping) and "success" in document


def _list_of_objects(document: Json) -> bool:
    """Tell whether this is a list of JSON objects, or an object that holds one."""
    lists: list[Any] = list(document.values()) if isinstance(document, Mapping) else [document]
    return any(mappings(value) for value in lists if isinstance(value, list))


def _of_oai(url: str, fetcher: Fetcher) -> Guess | None:
    """Ask an address that answered something else whether it speaks OAI-PMH."""
    base = _without_query(url)
    try:
        answer = fetcher.get(f"{base}?verb=Identify", accept="text/xml, */*;q=0.5")
    except FetchError:
        return None
    return Guess("oai_pmh", base) if OAI_NAMESPACE in answer.body else None


def _without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
