"""The list of a JSON catalogue, page by page, and the guards against lists without an end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvesters.json_mapping import JsonMapping
from harvesters.json_paging import Page, with_parameter
from harvesters.server_time import since_time
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.types import Json

ACCEPT = "application/json, application/ld+json;q=0.9, */*;q=0.1"
MAX_ITEMS = 750_000
"""Most members of one page."""
MAX_EMPTY = 10
"""Most pages in a row without members."""


@dataclass(frozen=True, slots=True)
class Members:
    """A page of the list.

    Attributes:
        page: As it came.
        nodes: Its members in order.
        keys: Their identifiers, "" for a member without one.
        total: How many members all pages have, None when the catalogue does not say.
    """

    page: Page
    nodes: Sequence[Any]
    keys: Sequence[str]
    total: int | None


class JsonList:
    """The members of a catalogue.

    Args:
        endpoint: URL of the list.
        mapping: Says where things are.
        fetcher: Asks for the pages.
        since: Bookmark of the last harvest; it counts where the mapping can ask for changes.
    """

    def __init__(
        self,
        endpoint: str,
        mapping: JsonMapping,
        fetcher: Fetcher,
        since: Mapping[str, Json] | None,
    ) -> None:
        self._endpoint = endpoint
        self._mapping = mapping
        self._fetcher = fetcher
        self._time = None if mapping.since is None else since_time(since)
        self._seen: set[bytes] = set()
        self._empty = 0

    @property
    def whole(self) -> bool:
        """Whether the list names everything, not only what changed."""
        return self._time is None

    def first(self) -> str:
        """Return the URL of the first page."""
        paging, changed = self._mapping.paging, self._mapping.since
        url = self._endpoint if paging is None else paging.first(self._endpoint)
        if changed is None or self._time is None:
            return url
        return with_parameter(url, changed.parameter, changed.value(self._time))

    def read(self, url: str) -> Members:
        """Return the page at a URL.

        Raises:
            FetchError: It cannot be fetched, or is no JSON.
            HarvestError: NOT_A_LIST, TOO_MANY_MEMBERS, MAPPING_FAILED, or PAGE_REPEATED.
        """
        fetched = self._fetcher.get(url, accept=ACCEPT)
        document = parse_json(fetched.body, url)
        nodes = self._mapping.items.read(document)
        if not isinstance(nodes, list):
            raise HarvestError(
                Reason.NOT_A_LIST,
                f"Expected a list where `items` of the mapping points in {url}, got "
                f"{type(nodes).__name__}.",
            )
        if len(nodes) > MAX_ITEMS:
            raise HarvestError(
                Reason.TOO_MANY_MEMBERS,
                f"Expected at most {MAX_ITEMS} members in {url}, got {len(nodes)}. Ask for "
                "smaller pages.",
            )
        keys = [self._mapping.identifier.text(node) for node in nodes]
        self._stop_circles(url, keys)
        page = Page(url, document, fetched.headers, len(nodes))
        return Members(page, nodes, keys, self._total(document))

    def following(self, members: Members, done: int) -> str | None:
        """Return the URL of the next page, None when this is the last.

        Where pages are counted, none beyond the total is asked for: servers answer 404 there.

        Args:
            members: Of this page.
            done: How many members came up to its end.
        """
        paging, total = self._mapping.paging, members.total
        counted = paging is not None and paging.by in {"page", "offset"}
        if paging is None or (counted and total is not None and done >= total):
            return None
        return paging.following(members.page)

    def _total(self, document: Any) -> int | None:
        if self._mapping.total is None:
            return None
        text = self._mapping.total.text(document)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    def _stop_circles(self, url: str, keys: Sequence[str]) -> None:
        """Raise when a page is one that came before.

        A server that ignores the number of the page gives the first for ever. To take that for
        the end of the list would take all other records for deleted.

        Raises:
            HarvestError: PAGE_REPEATED.
        """
        self._empty = 0 if keys else self._empty + 1
        digest = hashlib.sha256(repr(keys).encode()).digest()
        if (keys and digest in self._seen) or self._empty > MAX_EMPTY:
            raise HarvestError(
                Reason.PAGE_REPEATED,
                f"{url} holds the same members as a page before it, or none like many before it, "
                "so the list has no end. Compare `paging` of the mapping with what the catalogue "
                "documents.",
            )
        self._seen.add(digest)
