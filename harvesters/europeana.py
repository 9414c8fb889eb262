"""Harvests what a query finds at Europeana: the Search API's cursor, then the Record API.

The cursor begins at `*`, and the page without `nextCursor` is the last. A first harvest, and any
without a bookmark, names everything that the query finds. There is no list of deletions, so such a
whole pass is also the only way to learn what is gone; with a bookmark only items with a younger
`timestamp_update` are asked for.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from harvesters.ahead import in_order
from harvesters.base import Known, nothing_known
from harvesters.europeana_api import EuropeanaApi, record_path
from harvesters.europeana_images import is_europeana
from harvesters.europeana_record import parse_item, parse_record
from harvesters.manifest_images import with_manifest
from harvesters.options import SourceOptions, read_options
from harvesters.pauses import raise_if_long_pause
from harvesters.server_time import bookmark, since_time
from harvesters.values import clean_text, mappings
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import Checkpoint, Ending, HarvestEvent, Json, Record, RecordFailure

KEY_HEADER = "X-Api-Key"

_CHECKPOINT_EVERY = 20

_Outcome = Record | RecordFailure


class _Options(SourceOptions):
    """What a source may say about this protocol."""

    query: str = Field(min_length=1)
    qf: list[str] = Field(default_factory=list)
    reusability: Literal["open", "restricted", "permission", "uncategorized"] | None = None
    media: bool | None = None
    records: bool = True
    manifest_api: str | None = Field(None, pattern="^https?://[^/]+/.*[^/]$")


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the results: everything up to `after` on the page at `cursor` is dealt with.

    Attributes:
        before: How many items the pages before it have.
        behind: How many items of the page are dealt with.
    """

    cursor: str = "*"
    before: int = 0
    behind: int = 0
    after: str | None = None
    bookmark: Mapping[str, Json] | None = None

    def checkpoint(self, total: int | None) -> Checkpoint:
        state: dict[str, Json] = {
            "cursor": self.cursor,
            "before": self.before,
            "after": self.after,
            "bookmark": self.bookmark,
        }
        return Checkpoint(state, self.before + self.behind, total)


class EuropeanaHarvester:
    """Yields a record for each item that a query finds; see `harvesters.base` for the contract.

    Args:
        endpoint: URL of the Search API, `https://api.europeana.eu/record/v2/search.json`.
        options: `query`; and `qf`, a list of filters, `reusability`, `media`, all as the Search
            API defines them, and `records`: whether each item is read from the Record API, which
            alone knows services and further views; default true. With `manifest_api`,
            `https://iiif.europeana.eu/presentation`, pictures and canvases are read from IIIF
            manifests: the provider's where the item names it, else that API's.
        fetcher: Its key is sent to the origins of the endpoint and of `manifest_api`.

    Raises:
        SettingsError: The endpoint is no Search API, or an option is unknown or invalid.
    """

    protocol: ClassVar[str] = "europeana"

    def __init__(self, endpoint: str, options: Mapping[str, Json], fetcher: Fetcher) -> None:
        self._api = EuropeanaApi(endpoint, fetcher)
        self._endpoint = endpoint
        self._fetcher = fetcher
        self._options = read_options(_Options, options, self.protocol)

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,
        known: Known = nothing_known,  # noqa: ARG002  items are no documents with validators
    ) -> Iterator[HarvestEvent]:
        """Yield the records behind `state`; see `harvesters.base.Harvester.harvest`.

        Raises:
            SettingsError: There is no key for this source.
        """
        self._fetcher.send_key(KEY_HEADER, self._endpoint)
        if self._options.manifest_api is not None:
            self._fetcher.send_key(KEY_HEADER, self._options.manifest_api)
        query = [*self._query(), *_changed_since(since)]
        place = _read_state(state)
        cursors = {place.cursor}
        while True:
            page, headers = self._api.search(query, place.cursor)
            items = mappings(page.get("items"))
            behind = _behind(items, place.after)
            place = replace(place, behind=behind, bookmark=place.bookmark or bookmark(headers))
            total = page.get("totalResults")
            total = total if isinstance(total, int) else None
            try:
                with closing(self._outcomes(items[behind:])) as outcomes:
                    for outcome in outcomes:
                        yield outcome
                        place = replace(place, after=outcome.identifier, behind=place.behind + 1)
                        if place.behind % _CHECKPOINT_EVERY == 0:
                            yield place.checkpoint(total)
            except (FetchError, HarvestError):
                yield place.checkpoint(total)
                raise
            done = place.before + place.behind
            following = page.get("nextCursor")
            if not isinstance(following, str) or not following or not items:
                # An empty page with a cursor might lead on for ever.
                break
            if following in cursors:
                raise HarvestError(
                    Reason.PAGE_REPEATED,
                    f"{self._endpoint} gives the cursor {following[:100]!r} a second time, so its "
                    "results go in a circle. Start the harvest again later.",
                )
            cursors.add(following)
            place = _Place(following, done, bookmark=place.bookmark)
            yield place.checkpoint(total)
        yield place.checkpoint(total)
        whole = since_time(since) is None and (total is None or done >= total)
        yield Ending(whole=whole, bookmark=place.bookmark)

    def _query(self) -> Iterator[tuple[str, str]]:
        """Yield the parameters that the source's options are."""
        chosen = self._options
        yield "query", chosen.query
        yield from (("qf", text) for text in chosen.qf)
        if chosen.reusability is not None:
            yield "reusability", chosen.reusability
        if chosen.media is not None:
            yield "media", str(chosen.media).lower()
        yield "profile", "standard" if chosen.records else "rich"

    def _outcomes(self, items: Sequence[Mapping[str, Any]]) -> Generator[_Outcome, None, None]:
        """Yield what becomes of items, in order."""
        return in_order(self._outcome, items, self._fetcher.policy.concurrency)

    def _outcome(self, item: Mapping[str, Any]) -> _Outcome:
        identifier = clean_text(item.get("id"))
        path = record_path(identifier)
        if path is None:
            return RecordFailure(
                identifier=identifier[:200] or self._endpoint,
                url=None,
                reason=Reason.NOT_A_RECORD,
                detail=f"Expected an id like /dataset/local, got {identifier[:200]!r}.",
            )
        if not self._options.records:
            return parse_item(item)
        url, base = self._api.record_url(path), self._options.manifest_api
        try:
            record = parse_record(self._api.ask(url)[0], identifier, url)
            return record if base is None else self._with_manifest(record, f"{base}{path}/manifest")
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            if error.reason is Reason.KEY_REFUSED:
                raise
            return RecordFailure(identifier, url, error.reason, str(error))

    def _with_manifest(self, record: Record, url: str) -> Record:
        named = record.manifest_url
        own = named is None or is_europeana(named)
        return with_manifest(replace(record, manifest_url=url) if own else record, self._fetcher)


def _changed_since(since: Mapping[str, Json] | None) -> list[tuple[str, str]]:
    time = since_time(since)
    return [] if time is None else [("qf", f"timestamp_update:[{time:%Y-%m-%dT%H:%M:%SZ} TO *]")]


def _behind(items: Sequence[Mapping[str, Any]], after: str | None) -> int:
    """Return how many items are dealt with when the last of them has identifier `after`."""
    identifiers = [clean_text(item.get("id")) for item in items]
    return identifiers.index(after) + 1 if after in identifiers else 0


def _read_state(state: Mapping[str, Json] | None) -> _Place:
    """Return the place that a checkpoint was at; the beginning where there is none."""
    if state is None:
        return _Place()
    cursor, before, after = state.get("cursor"), state.get("before"), state.get("after")
    begun = state.get("bookmark")
    if not isinstance(cursor, str) or not isinstance(before, int):
        return _Place()
    return _Place(
        cursor,
        before,
        after=after if isinstance(after, str) else None,
        bookmark=begun if isinstance(begun, Mapping) else None,
    )
