"""Harvests any catalogue that answers with JSON, by a mapping from its fields to a record's.

Where a mapping has `since`, a harvest with a bookmark asks only for what changed; otherwise every
harvest reads the whole list, which is also how deletions are found.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

from harvesters.ahead import in_order
from harvesters.base import Known, nothing_known
from harvesters.json_list import ACCEPT, JsonList, Members
from harvesters.json_mapping import JsonMapping
from harvesters.manifest_images import with_manifest
from harvesters.options import SourceOptions, read_options
from harvesters.pauses import raise_if_long_pause
from harvesters.server_time import bookmark
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import (
    Checkpoint,
    Deletion,
    Ending,
    HarvestEvent,
    Json,
    Record,
    RecordFailure,
)

_CHECKPOINT_EVERY = 20
_HINT = "See docs/how-to/harvest-a-json-catalogue.md."

_Outcome: TypeAlias = Record | Deletion | RecordFailure


class _Options(SourceOptions):
    """What a source may say about this protocol."""

    mapping: JsonMapping
    key_header: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the list: everything up to `after` on the page at `url` is dealt with.

    Attributes:
        before: How many members the pages before it have.
        behind: How many members of the page are dealt with.
    """

    url: str
    before: int = 0
    behind: int = 0
    after: str | None = None
    bookmark: Mapping[str, Json] | None = None

    def checkpoint(self, total: int | None) -> Checkpoint:
        state: dict[str, Json] = {
            "url": self.url,
            "before": self.before,
            "after": self.after,
            "bookmark": self.bookmark,
        }
        return Checkpoint(state, self.before + self.behind, total)


class JsonCatalogueHarvester:
    """Yields a record for each member of a list; see `harvesters.base` for the contract.

    A member that a page names again yields a DUPLICATE_MEMBER failure.

    Args:
        endpoint: URL of the list.
        options: `mapping`, as `json_mapping.JsonMapping` describes it, and `key_header`, the
            header in which the source's key is sent to the endpoint's origin.
        fetcher: Its policy's concurrency is how many full descriptions are asked for at once.

    Raises:
        SettingsError: An option is unknown or invalid.
    """

    protocol: ClassVar[str] = "json_catalogue"

    def __init__(self, endpoint: str, options: Mapping[str, Json], fetcher: Fetcher) -> None:
        self._endpoint = endpoint
        self._fetcher = fetcher
        chosen = read_options(_Options, options, self.protocol, _HINT)
        self._mapping = chosen.mapping
        self._key_header = chosen.key_header

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,
        known: Known = nothing_known,  # noqa: ARG002  a list is no document about one record
    ) -> Iterator[HarvestEvent]:
        """Yield the records behind `state`; see `harvesters.base.Harvester.harvest`.

        Raises:
            SettingsError: `key_header` is given and there is no key for this source.
        """
        if self._key_header is not None:
            self._fetcher.send_key(self._key_header, self._endpoint)
        pages = JsonList(self._endpoint, self._mapping, self._fetcher, since)
        place = _read_state(state) or _Place(pages.first())
        while True:
            members = pages.read(place.url)
            place = replace(
                place,
                behind=members.keys.index(place.after) + 1 if place.after in members.keys else 0,
                bookmark=place.bookmark or bookmark(members.page.headers),
            )
            try:
                with closing(self._outcomes(members, place.behind)) as outcomes:
                    for outcome in outcomes:
                        yield outcome
                        after = members.keys[place.behind]
                        place = replace(place, behind=place.behind + 1, after=after)
                        if place.behind % _CHECKPOINT_EVERY == 0:
                            yield place.checkpoint(members.total)
            except FetchError:
                yield place.checkpoint(members.total)
                raise
            done = place.before + place.behind
            following = pages.following(members, done)
            if following is None:
                break
            place = _Place(following, done, bookmark=place.bookmark)
            yield place.checkpoint(members.total)
        yield place.checkpoint(members.total)
        whole = pages.whole and (members.total is None or done >= members.total)
        yield Ending(whole=whole, bookmark=place.bookmark if self._mapping.since else None)

    def _outcomes(self, members: Members, behind: int) -> Generator[_Outcome, None, None]:
        """Yield what becomes of each member of a page behind the first ones, in order."""
        named = set(members.keys[:behind])
        url = members.page.url
        steps: list[tuple[Any, RecordFailure | None]] = []
        for key, node in zip(members.keys[behind:], members.nodes[behind:], strict=True):
            twice = RecordFailure(key, url, Reason.DUPLICATE_MEMBER, f"{url} names it twice.")
            steps.append((node, twice if key and key in named else None))
            named.add(key)

        def outcome(step: tuple[Any, RecordFailure | None]) -> _Outcome:
            return step[1] or self._outcome(step[0], url)

        if not self._mapping.asks_for_each:
            yield from map(outcome, steps)
            return
        with closing(in_order(outcome, steps, self._fetcher.policy.concurrency)) as outcomes:
            yield from outcomes

    def _outcome(self, member: Any, url: str) -> _Outcome:
        identifier = url
        try:
            identifier = self._mapping.key(member)
            deletion = self._mapping.deletion(member, identifier)
            if deletion is not None:
                return deletion
            if self._mapping.detail is not None:
                url = self._mapping.detail.address(identifier)
                document = self._fetcher.get_json(url, accept=ACCEPT).document
                member = self._mapping.detail.item.read(document)
            record = self._mapping.record(member, identifier, url)
            return record if self._mapping.images else with_manifest(record, self._fetcher)
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            return RecordFailure(identifier, url, error.reason, str(error))


def _read_state(state: Mapping[str, Json] | None) -> _Place | None:
    """Return the place that a checkpoint was at, None to begin anew."""
    if state is None:
        return None
    url, before, after = state.get("url"), state.get("before"), state.get("after")
    begun = state.get("bookmark")
    if not isinstance(url, str) or not isinstance(before, int):
        return None
    return _Place(
        url,
        before,
        after=after if isinstance(after, str) else None,
        bookmark=begun if isinstance(begun, Mapping) else None,
    )
