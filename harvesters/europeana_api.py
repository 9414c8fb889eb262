"""Asks Europeana's Search and Record APIs, and tells their errors.

Errors come in three shapes: the old API's `{success: false, error, message}` with any status, the
new services' `{code, error, message}`, and HTML for an id that is none. They are told apart by
status, then by whether it is JSON, then by `success`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from harvesters.values import clean_text
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.fetch.json_limits import parse_json

ROWS = 100
"""Most items a page; Europeana clamps silently to it."""

_SEARCH = "/search.json"
_EXPLAINED = frozenset({400, 401, 404})
"""Statuses whose body says what is wrong."""


class EuropeanaApi:
    """Both APIs below one address.

    Args:
        endpoint: URL of the Search API.
        fetcher: Sends the key.

    Raises:
        SettingsError: The endpoint is no Search API.
    """

    def __init__(self, endpoint: str, fetcher: Fetcher) -> None:
        parts = urlsplit(endpoint)
        if not parts.path.endswith(_SEARCH) or parts.query:
            raise SettingsError(
                f"Expected the endpoint of protocol europeana to end with {_SEARCH}, got "
                f"{endpoint[:200]!r}. Write https://api.europeana.eu/record/v2/search.json."
            )
        self._endpoint = endpoint
        self._fetcher = fetcher

    def search(
        self, query: Sequence[tuple[str, str]], cursor: str
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return the page of results at a cursor, with its headers.

        Raises:
            FetchError: As `ask`.
            HarvestError: As `ask`, and NOT_A_LIST.
        """
        pages = [("rows", str(ROWS)), ("cursor", cursor)]
        url = f"{self._endpoint}?{urlencode([*query, *pages])}"
        document, headers = self.ask(url)
        # An empty list is left out altogether, so a page without `items` has no results; but any
        # other object has none either.
        items = document.get("items", [] if "totalResults" in document else None)
        if not isinstance(items, list) or len(items) > ROWS:
            count = len(items) if isinstance(items, list) else type(items).__name__
            raise HarvestError(
                Reason.NOT_A_LIST, f"Expected at most {ROWS} `items` from {url}, got {count}."
            )
        return document, headers

    def record_url(self, path: str) -> str:
        """Return the URL of the Record API for the path that `record_path` gave."""
        return f"{self._endpoint.removesuffix(_SEARCH)}{path}.json"

    def ask(self, url: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return the JSON object at a URL, with the headers that came with it.

        Raises:
            FetchError: It cannot be fetched, or what came with a good status is no JSON.
            HarvestError: KEY_REFUSED, PARTNER_REFUSED, or NOT_A_RECORD for JSON that is no object.
        """
        fetched = self._fetcher.get(url, accept="application/json", also=_EXPLAINED)
        try:
            document = parse_json(fetched.body, url)
        except FetchError:
            if fetched.status not in _EXPLAINED:
                raise
            document = {}
        if not isinstance(document, Mapping):
            raise HarvestError(
                Reason.NOT_A_RECORD, f"Expected a JSON object from {url}, got another value."
            )
        if fetched.status == 401:
            raise HarvestError(
                Reason.KEY_REFUSED,
                f"Europeana does not accept the key of this source: {_explanation(document)}. "
                "Correct it in IIIF_DEDUP_SOURCE_KEYS.",
            )
        if fetched.status in _EXPLAINED or document.get("success") is False:
            raise HarvestError(
                Reason.PARTNER_REFUSED,
                f"{url} answered {fetched.status}: {_explanation(document)}.",
            )
        return document, fetched.headers


def record_path(identifier: str) -> str | None:
    """Return `/dataset/local`, escaped, for an item's id; None when it is none."""
    root, *parts = identifier.split("/")
    if root or len(parts) != 2 or any(part in {"", ".", ".."} for part in parts):
        return None
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _explanation(document: Mapping[str, Any]) -> str:
    """Return what an error says: `code`, `error` and `message`, as far as they are there."""
    parts = [clean_text(document.get(name)) for name in ("code", "error", "message")]
    return ": ".join(dict.fromkeys(part for part in parts if part))[:500].rstrip(".") or "no reason"
