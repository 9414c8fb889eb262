"""Reads IIIF Change Discovery 1.0 streams into a list of what to do; no network.

Follows sections 2 and 3 of the specification: activities are worked through from the newest to the
oldest, and the first mention of an object counts. Two older shapes are read as well: the drafts of
version 0, which look the same, and the proposal of 2017, whose `items` begin with the newest.
Streams are told by their type, and a `Collection` by its context, since the Presentation API has
collections with `items` too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harvesters.values import as_list, http_url, mappings, node_id
from iiif_dedup.errors import HarvestError, Reason

_CONTEXTS = ("activitystreams", "iiif.io/api/discovery/")
_READ = frozenset({"Create", "Update", "Add"})
_OBJECTS = frozenset({"Manifest", "sc:Manifest", str(None)})


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity about a manifest, or a Refresh.

    Attributes:
        kind: Create, Update, Delete, Move, Add, Remove or Refresh.
        url: The manifest; "" for a Refresh.
        target: Where it moved, or the stream that it was added to; so for `origin`.
        time: Its `endTime`; None where it does not say.
    """

    kind: str
    url: str
    target: str | None
    origin: str | None
    time: datetime | None


@dataclass(frozen=True, slots=True)
class StreamPage:
    """A page of a stream, or the stream itself.

    Attributes:
        identifier: Its own URI.
        activities: About manifests, newest first.
        next_url: The page with older ones; of a stream, its page with the newest ones.
    """

    identifier: str
    activities: tuple[Activity, ...]
    next_url: str | None


def parse_page(document: object, url: str) -> StreamPage:
    """Return a stream, or a page of one.

    Activities of other types, about other things than manifests, or without a usable URL are left
    out, as the specification tells consumers.

    Raises:
        HarvestError: NOT_A_STREAM.
    """
    if not isinstance(document, Mapping) or not _is_stream(document):
        raise HarvestError(
            Reason.NOT_A_STREAM,
            f"Expected a Change Discovery stream (OrderedCollection) or a page of one at {url}, "
            f"got type {str(_get(document, 'type'))[:50]!r}. "
            "Presentation collections are harvested by the protocol iiif_collection.",
        )
    if "orderedItems" in document:
        items, older = list(reversed(mappings(document["orderedItems"]))), document.get("prev")
    elif "items" in document:
        items, older = mappings(document["items"]), document.get("next")
    else:
        items, older = [], document.get("last") or document.get("first")
    return StreamPage(
        identifier=http_url(node_id(document), url) or url,
        activities=tuple(_activities(items, url)),
        next_url=_url(older, url),
    )


def _is_stream(document: Mapping[str, Any]) -> bool:
    kinds = [str(kind) for kind in as_list(document.get("type") or document.get("@type"))]
    if any(kind in {"OrderedCollection", "OrderedCollectionPage"} for kind in kinds):
        return True
    contexts = [str(text) for text in as_list(document.get("@context"))]
    declared = any(known in text for text in contexts for known in _CONTEXTS)
    return declared and any(kind in {"Collection", "CollectionPage"} for kind in kinds)


def _activities(items: list[Mapping[str, Any]], base: str) -> Iterator[Activity]:
    for item in items:
        kind = str(item.get("type"))
        time = parse_time(item.get("endTime"))
        if kind == "Refresh":
            yield Activity("Refresh", "", None, None, time)
        elif kind in _READ or kind in {"Delete", "Remove", "Move"}:
            url = _url(item.get("object"), base)
            if url is not None and str(_get(item.get("object"), "type")) in _OBJECTS:
                target, origin = _url(item.get("target"), base), _url(item.get("origin"), base)
                yield Activity(kind, url, target, origin, time)


def _get(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _url(value: object, base: str) -> str | None:
    return http_url(node_id(value) if isinstance(value, Mapping) else value, base)


def parse_time(value: object) -> datetime | None:
    """Return an xsd:dateTime as an aware time, UTC where it names no zone; None when it is none."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(slots=True)
class Change:
    """What to do about one manifest.

    Attributes:
        url: The manifest.
        gone: Whether it is no longer there; else it is to be read.
        time: Of the activity; None where it does not say.
        moved_from: Where it was before.
    """

    url: str
    gone: bool
    time: datetime | None
    moved_from: list[str] = field(default_factory=list)


class Changes:
    """What a stream asks to do, newest first, each manifest once.

    Args:
        stream: URI of the stream; Add and Remove are about others as well.
        since: Older activities have been dealt with; None on a first visit.
        until: Younger activities are left for the next visit; None takes all.

    Attributes:
        found: What to do, newest first.
        newest: The youngest time met so far, None without any.
    """

    def __init__(self, stream: str, since: datetime | None, until: datetime | None) -> None:
        self.found: list[Change] = []
        self.newest: datetime | None = None
        self._stream = stream
        self._since, self._until = since, until
        self._by_url: dict[str, Change] = {}
        self._only_deletions = False

    def add(self, activity: Activity) -> bool:
        """Take the next older activity, and tell whether older ones are wanted still.

        An activity of the very time of the last visit is taken again (section 3.5.1).
        """
        time = activity.time
        if time is not None:
            if self._since is not None and time < self._since:
                return False
            if self._until is not None and time > self._until:
                return True
            self.newest = max(time, self.newest or time)
        if activity.kind == "Refresh":
            # Everything that is there has been named since; only deletions are older (3.5.1).
            self._only_deletions = True
            return self._since is not None
        if activity.url not in self._by_url:
            self._take(activity)
        return True

    def _take(self, activity: Activity) -> None:
        kind, url, time = activity.kind, activity.url, activity.time
        if kind == "Delete" or (kind == "Remove" and activity.origin == self._stream):
            self._note(Change(url, gone=True, time=time))
        elif kind == "Move" and activity.target is not None and activity.target != url:
            self._move(url, activity.target, time)
        elif not self._only_deletions and (
            kind in {"Create", "Update"}
            or (kind == "Add" and activity.target in {None, self._stream})
        ):
            self._note(Change(url, gone=False, time=time))

    def _move(self, url: str, target: str, time: datetime | None) -> None:
        change = self._by_url.get(target)
        if change is None:
            change = self._note(Change(target, gone=False, time=time))
        if change.gone:
            self._note(Change(url, gone=True, time=time))
        else:
            change.moved_from.append(url)
            self._by_url[url] = change

    def _note(self, change: Change) -> Change:
        self._by_url[change.url] = change
        self.found.append(change)
        return change
