"""Harvests the manifests that an IIIF Change Discovery 1.0 stream names.

The stream is walked from its last page backward into a plan (`harvesters.change_stream`), then the
manifests are read as in `iiif_collection`. The bookmark is the youngest `endTime`; a stream without
any (level 0) is read as a whole each time. A harvest that goes on after a kill plans with the
same bookmark as before, so that what was published meanwhile waits for the next one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from harvesters.base import Known, nothing_known
from harvesters.change_stream import Change, Changes, parse_page, parse_time
from harvesters.manifests import ACCEPT, ManifestOutcome, read_manifest
from harvesters.plans import MAX_PLAN, Place, find_place, follow, plan_options, read_place
from harvesters.presentation3 import Member
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.fetch.breaker import UNSERVED
from iiif_dedup.types import (
    Checkpoint,
    Deletion,
    Ending,
    HarvestEvent,
    Json,
    RecordFailure,
    Renaming,
)

MAX_PAGES = 100_000
"""Most pages of a stream that are read."""
_ASKED_AGAIN = timedelta(days=7)
"""How long a manifest whose server did not serve holds back the bookmark."""


class IiifDiscoveryHarvester:
    """Yields what has changed in a stream; see `harvesters.base` for the contract.

    Args:
        endpoint: URL of the stream's OrderedCollection.
        options: `checkpoint_every`, members between two checkpoints, 1 to 1000, default 20.
        fetcher: Its policy's concurrency is how many manifests are asked for at once.

    Raises:
        SettingsError: An option is unknown or invalid.
    """

    protocol: ClassVar[str] = "iiif_discovery"

    def __init__(self, endpoint: str, options: Mapping[str, Json], fetcher: Fetcher) -> None:
        self._endpoint = endpoint
        self._fetcher = fetcher
        self._every = plan_options(options, self.protocol).checkpoint_every

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,
        known: Known = nothing_known,
    ) -> Iterator[HarvestEvent]:
        """Yield the changes behind `state`; see `harvesters.base.Harvester.harvest`.

        The ending is whole when the stream was read back to its beginning or its last Refresh.
        """
        place = read_place(state)
        start = parse_time((since or {}).get("until"))
        until = parse_time((state or {}).get("until"))
        notes = {name: (state or {}).get(name) for name in ("until", "again")}
        changes, whole = yield from self._changes(start, until, place, notes)
        plan = changes.found
        keys = [change.url for change in plan]
        times = {change.url: change.time for change in plan}
        notes["until"] = _text(changes.newest)

        def work(change: Change) -> list[HarvestEvent]:
            return list(self._outcome(change, known))

        events = follow(
            plan,
            keys,
            work,
            find_place(place, keys),
            every=self._every,
            concurrency=self._fetcher.policy.concurrency,
            notes=notes,
        )
        for event in events:
            if isinstance(event, RecordFailure) and event.reason in UNSERVED:
                failed = [times.get(event.url or ""), parse_time(notes["again"])]
                notes["again"] = _text(min((time for time in failed if time), default=None))
            yield event
        again = parse_time(notes["again"])
        yield Ending(whole=whole, bookmark=_bookmark(changes.newest, again) or since)

    def _changes(
        self,
        since: datetime | None,
        until: datetime | None,
        place: Place,
        notes: Mapping[str, Json],
    ) -> Generator[Checkpoint, None, tuple[Changes, bool]]:
        """Return what the stream asks to do, and whether that is all there is.

        Yields `place` after each page. Pages in a circle end it; what they hide is unknown.
        """
        fetched = self._fetcher.get_json(self._endpoint, accept=ACCEPT)
        page = parse_page(fetched.document, fetched.final_url)
        changes = Changes(page.identifier, since, until)
        seen = {self._endpoint, fetched.final_url}
        while all(changes.add(activity) for activity in page.activities):
            url = page.next_url
            if url is None:
                break
            if url in seen:
                return changes, False
            seen.add(url)
            if len(seen) > MAX_PAGES or len(changes.found) > MAX_PLAN:
                raise HarvestError(
                    Reason.NOT_A_STREAM,
                    f"The stream {self._endpoint} has more than {MAX_PAGES} pages or {MAX_PLAN} "
                    "manifests. Ask the partner for a stream of each part.",
                )
            fetched = self._fetcher.get_json(url, accept=ACCEPT)
            page = parse_page(fetched.document, fetched.final_url)
            yield place.checkpoint(None, notes)
        return changes, since is None

    def fetch_one(self, identifier: str, url: str | None) -> ManifestOutcome:
        """Return the record of one manifest; see `harvesters.base.RereadsRecords`."""
        return read_manifest(Member(url or identifier, "Manifest"), self._fetcher, nothing_known)

    def _outcome(self, change: Change, known: Known) -> Iterator[HarvestEvent]:
        """Yield what becomes of one change; renamings come before the record they lead to."""
        if change.gone:
            yield Deletion(_identifier(change.url, known))
            return
        outcome = read_manifest(Member(change.url, "Manifest"), self._fetcher, known)
        if not isinstance(outcome, RecordFailure):
            for url in change.moved_from:
                earlier = _identifier(url, known)
                if earlier != outcome.identifier:
                    yield Renaming(earlier, outcome.identifier)
        yield outcome


def _identifier(url: str, known: Known) -> str:
    earlier = known(url)
    return earlier.identifier if earlier else url


def _bookmark(newest: datetime | None, again: datetime | None) -> Mapping[str, Json] | None:
    """Return where the next harvest begins: at the youngest activity, or one to ask again."""
    if newest is None:
        return None
    if again is not None and newest - again < _ASKED_AGAIN:
        return {"until": _text(again)}
    return {"until": _text(newest)}


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
