"""Harvests of a change stream over real HTTP: first visit, next ones, kills and lost members."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from harvesters import iiif_discovery
from harvesters.base import Known, nothing_known
from harvesters.iiif_discovery import IiifDiscoveryHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import (
    Checkpoint,
    Deletion,
    Ending,
    HarvestEvent,
    Json,
    KnownDocument,
    Record,
    RecordFailure,
    Renaming,
    Unchanged,
    Validators,
)
from tests.harvesters.partner import Partner


def stream(partner: Partner, *pages: list[Any]) -> None:
    """Publish a stream at /all; its pages begin with the oldest."""
    for number, items in enumerate(pages):
        prev = {"prev": partner.url(f"/page-{number - 1}")} if number else {}
        partner.pages[f"/page-{number}"] = {
            "type": "OrderedCollectionPage",
            "orderedItems": items,
            **prev,
        }
    last = partner.url(f"/page-{len(pages) - 1}")
    partner.pages["/all"] = {
        "id": partner.url("/all"),
        "type": "OrderedCollection",
        "last": {"id": last, "type": "OrderedCollectionPage"},
    }


def did(partner: Partner, kind: str, name: str, day: int | None, **more: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"type": kind, "object": {"id": partner.url(f"/{name}")}, **more}
    if kind not in {"Delete", "Move"} and f"/{name}" not in partner.pages:
        partner.manifest(f"/{name}")
    return node if day is None else {**node, "endTime": f"2024-01-{day:02}T00:00:00Z"}


def harvest(
    partner: Partner,
    fetcher: Fetcher,
    state: Mapping[str, Json] | None = None,
    *,
    since: Mapping[str, Json] | None = None,
    known: Known = nothing_known,
    **options: Json,
) -> list[HarvestEvent]:
    harvester = IiifDiscoveryHarvester(partner.url("/all"), options, fetcher)
    return list(harvester.harvest(state, since=since, known=known))


def told(events: Iterable[HarvestEvent]) -> list[str]:
    def name(identifier: str) -> str:
        return identifier.rpartition("/")[2]

    lines = []
    for event in events:
        if isinstance(event, Record):
            lines.append(name(event.identifier))
        elif isinstance(event, Unchanged):
            lines.append(f"={name(event.identifier)}")
        elif isinstance(event, Deletion):
            lines.append(f"-{name(event.identifier)}")
        elif isinstance(event, Renaming):
            lines.append(f"{name(event.identifier)}>{name(event.new_identifier)}")
        elif isinstance(event, RecordFailure):
            lines.append(f"{name(event.identifier)}: {event.reason}")
    return lines


def ending(events: list[HarvestEvent]) -> Ending:
    last = events[-1]
    assert isinstance(last, Ending)
    return last


def test_a_first_visit_reads_everything_from_the_newest(partner: Partner, fetcher: Fetcher) -> None:
    stream(
        partner,
        [did(partner, "Create", "a", 1), did(partner, "Create", "b", 2)],
        [did(partner, "Create", "c", 3), did(partner, "Delete", "b", 4)],
        [did(partner, "Update", "a", 5)],
    )
    events = harvest(partner, fetcher)
    assert told(events) == ["a", "-b", "c"]
    assert ending(events).whole
    assert max(partner.asked.values()) == 1


def test_the_next_visit_asks_for_what_is_new(partner: Partner, fetcher: Fetcher) -> None:
    first = [did(partner, "Create", "a", 1), did(partner, "Create", "b", 2)]
    stream(partner, first)
    bookmark = ending(harvest(partner, fetcher)).bookmark
    assert json.loads(json.dumps(bookmark)) == bookmark

    stream(partner, first, [did(partner, "Update", "c", 3)], [did(partner, "Delete", "a", 4)])
    known = {
        partner.url("/a"): KnownDocument("the-a", Validators()),
        partner.url("/b"): KnownDocument("the-b", Validators(etag='"7"')),
    }
    partner.pages["/b"] = lambda _query, headers: (304 if headers["If-None-Match"] else 500, {})
    events = harvest(partner, fetcher, since=bookmark, known=known.get)
    assert told(events) == ["-the-a", "c", "=the-b"]
    assert not ending(events).whole
    again = harvest(partner, fetcher, since=ending(events).bookmark, known=known.get)
    assert told(again) == ["-the-a"]


def test_a_stream_without_times_is_read_whole_each_time(partner: Partner, fetcher: Fetcher) -> None:
    stream(partner, [did(partner, "Update", name, None) for name in "abc"])
    events = harvest(partner, fetcher)
    assert told(events) == ["c", "b", "a"]
    assert ending(events) == Ending(whole=True, bookmark=None)


def test_a_move_renames_before_the_record_comes(partner: Partner, fetcher: Fetcher) -> None:
    target = {"target": {"id": partner.url("/new"), "type": "Manifest"}}
    lost = {"target": {"id": partner.url("/lost"), "type": "Manifest"}}
    partner.manifest("/new")
    stream(
        partner, [did(partner, "Move", "x", 1, **lost), did(partner, "Move", "old", 2, **target)]
    )
    known = {partner.url("/old"): KnownDocument("the-old", Validators())}
    events = harvest(partner, fetcher, known=known.get)
    assert told(events) == ["the-old>new", "new", "lost: http_client_error"]


@pytest.mark.parametrize("every", [1, 2, 20])
def test_going_on_after_a_kill_gives_the_rest(
    partner: Partner, fetcher: Fetcher, every: int
) -> None:
    pages = [[did(partner, "Update", f"m{day}", day)] for day in range(1, 8)]
    stream(partner, *pages)
    events = harvest(partner, fetcher, checkpoint_every=every)
    # What comes while the harvest is away waits for the next one.
    stream(partner, *pages, [did(partner, "Update", "m1", 9), did(partner, "Update", "n", 9)])
    for place, event in enumerate(events):
        if isinstance(event, Checkpoint) and event.done:
            state = json.loads(json.dumps(event.state))
            rest = harvest(partner, fetcher, state, checkpoint_every=every)
            assert told(rest) == told(events[place:])
            assert ending(rest) == ending(events)
    last = harvest(partner, fetcher, since=ending(events).bookmark)
    assert told(last) == ["n", "m1", "m7"]


def test_what_was_not_served_is_asked_for_again(partner: Partner, fetcher: Fetcher) -> None:
    items = [did(partner, "Update", name, day) for name, day in (("a", 3), ("b", 4), ("c", 5))]
    stream(partner, items)
    page, partner.pages["/b"] = partner.pages["/b"], 500
    events = harvest(partner, fetcher, checkpoint_every=1)
    assert told(events) == ["c", "b: http_server_error", "a"]
    partner.pages["/b"] = page
    assert told(harvest(partner, fetcher, since=ending(events).bookmark)) == ["c", "b"]
    # Also when the harvest was killed between.
    state = next(e.state for e in events if isinstance(e, Checkpoint) and e.done == 2)
    assert ending(harvest(partner, fetcher, state)) == ending(events)


def test_a_member_that_is_long_lost_does_not_hold_the_bookmark(
    partner: Partner, fetcher: Fetcher
) -> None:
    stream(partner, [did(partner, "Update", "a", 1), did(partner, "Update", "b", 20)])
    partner.pages["/a"] = 500
    bookmark = ending(harvest(partner, fetcher)).bookmark
    assert told(harvest(partner, fetcher, since=bookmark)) == ["b"]


def test_pages_in_a_circle_end_and_hide_what_is_there(partner: Partner, fetcher: Fetcher) -> None:
    stream(partner, [did(partner, "Update", "a", 1)], [did(partner, "Update", "b", 2)])
    partner.pages["/page-0"]["prev"] = partner.url("/page-1")
    events = harvest(partner, fetcher)
    assert told(events) == ["b", "a"]
    assert not ending(events).whole


def test_a_stream_without_end_ends(
    partner: Partner, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iiif_discovery, "MAX_PAGES", 30)

    def page(query: Mapping[str, list[str]], _headers: object) -> object:
        number = int(query.get("page", ["0"])[0])
        prev = partner.url(f"/all?page={number + 1}")
        return {"type": "OrderedCollectionPage", "orderedItems": [], "prev": prev}

    partner.pages["/all"] = page
    with pytest.raises(HarvestError, match="30 pages"):
        harvest(partner, fetcher)


def test_a_lost_page_ends_the_harvest(partner: Partner, fetcher: Fetcher) -> None:
    stream(partner, [did(partner, "Update", "a", 1)], [did(partner, "Update", "b", 2)])
    partner.pages["/page-0"] = 500
    with pytest.raises(FetchError):
        harvest(partner, fetcher)
    partner.pages["/page-0"] = {"type": "Manifest", "items": []}
    with pytest.raises(HarvestError) as caught:
        harvest(partner, fetcher)
    assert caught.value.reason is Reason.NOT_A_STREAM
