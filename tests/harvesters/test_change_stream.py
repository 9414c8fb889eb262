"""Change Discovery streams: recorded documents, and each rule of the processing algorithm."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters.change_stream import Changes, parse_page, parse_time
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch.json_limits import parse_json

STREAM = "https://example.org/activity/aggregated-changes"
CONTEXT = "http://iiif.io/api/discovery/1/context.json"
TABLE = Path(__file__).with_name("discovery_expected.tsv")
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines(), delimiter="\t"))


def test_table_names_every_fixture(shared: Path) -> None:
    folder = shared / "fixtures"
    files = [*folder.glob("discovery/*"), *folder.glob("broken/discovery-*")]
    assert {str(path.relative_to(folder)) for path in files} == {row["file"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_fixture(shared: Path, row: dict[str, str]) -> None:
    body = (shared / "fixtures" / row["file"]).read_bytes()
    if row["reason"]:
        with pytest.raises(FetchError) as caught:
            parse_json(body, STREAM)
        assert caught.value.reason == Reason(row["reason"])
        return
    document = json.loads(body)
    if row["kind"] == "activity":
        with pytest.raises(HarvestError) as refused:
            parse_page(document, STREAM)
        assert refused.value.reason is Reason.NOT_A_STREAM
        document = page(document)
    read = parse_page(document, STREAM)
    changes = Changes(STREAM, None, None)
    assert all(changes.add(activity) for activity in read.activities) or "Refresh" in row["file"]
    gone = [change.gone for change in changes.found]
    assert (gone.count(False), gone.count(True)) == (int(row["read"]), int(row["deleted"]))
    assert (read.next_url or "") == row["older"]


def page(*oldest_first: Any, **properties: Any) -> dict[str, Any]:
    ordered = {"type": "OrderedCollectionPage", "orderedItems": list(oldest_first)}
    return {"@context": CONTEXT, "id": STREAM, **ordered, **properties}


def activity(kind: str, name: str, day: int | None = None, **more: Any) -> dict[str, Any]:
    node = {"type": kind, "object": {"id": f"https://m.example/{name}", "type": "Manifest"}, **more}
    return node if day is None else {**node, "endTime": f"2024-01-{day:02}T00:00:00Z"}


def to(name: str) -> dict[str, Any]:
    return {"target": {"id": f"https://m.example/{name}", "type": "Manifest"}}


def told(*oldest_first: Any, since: int | None = None, until: int | None = None) -> list[str]:
    """Return the changes that activities lead to: a name, `-name` when gone, `new<old`."""

    def time(day: int | None) -> datetime | None:
        return None if day is None else datetime(2024, 1, day, tzinfo=UTC)

    changes = Changes(STREAM, time(since), time(until))
    for entry in parse_page(page(*oldest_first), STREAM).activities:
        if not changes.add(entry):
            break

    def name(url: str) -> str:
        return url.removeprefix("https://m.example/")

    return [
        f"{'-' * change.gone}{'<'.join(map(name, [change.url, *change.moved_from]))}"
        for change in changes.found
    ]


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        ([activity("Create", "a", 1), activity("Update", "b", 2)], ["b", "a"]),
        ([activity("Create", "a", 1), activity("Delete", "a", 2)], ["-a"]),
        ([activity("Delete", "a", 1), activity("Create", "a", 2)], ["a"]),
        ([activity("Update", "a"), activity("Update", "a"), activity("Update", "b")], ["b", "a"]),
        # A move, a chain of moves, a move to what was deleted or updated later.
        ([activity("Create", "a", 1), activity("Move", "a", 2, **to("b"))], ["b<a"]),
        ([activity("Move", "a", 1, **to("b")), activity("Move", "b", 2, **to("c"))], ["c<b<a"]),
        ([activity("Move", "a", 1, **to("b")), activity("Delete", "b", 2)], ["-b", "-a"]),
        ([activity("Move", "a", 1, **to("b")), activity("Update", "b", 2)], ["b<a"]),
        ([activity("Move", "a", 1, **to("a")), activity("Move", "b", 2)], []),
        # Add and Remove are about a stream, perhaps about another one.
        ([activity("Add", "a", 1, target={"id": STREAM})], ["a"]),
        ([activity("Add", "a", 1, target={"id": "https://other.example/"})], []),
        ([activity("Add", "a", 1, target={"id": STREAM}),
          activity("Remove", "a", 2, origin={"id": STREAM})], ["-a"]),
        ([activity("Update", "a", 1), activity("Remove", "a", 2, origin=STREAM + "/x")], ["a"]),
        # What consumers are told to ignore.
        ([activity("Announce", "a"), activity("Update", "a", object={"type": "Manifest"})], []),
        ([activity("Update", "a", object={"id": "https://m.example/a", "type": "Collection"})], []),
        ([activity("Update", "a", object="https://m.example/a")], ["a"]),
        ([activity("Update", "a", object={"id": "ftp://m.example/a"})], []),
        ([7, None, [], {}, {"type": ["Update"]}, {"type": {}, "object": {"type": []}}], []),
    ],
)  # fmt: skip
def test_the_first_mention_counts(activities: list[Any], expected: list[str]) -> None:
    assert told(*activities) == expected


def test_a_later_visit_stops_at_its_bookmark_and_takes_equal_times_again() -> None:
    days = [activity("Update", f"m{day}", day) for day in range(1, 6)]
    assert told(*days, since=3) == ["m5", "m4", "m3"]
    assert told(*days, since=3, until=4) == ["m4", "m3"]
    # An activity without a time neither stops nor is left out.
    assert told(*days[:3], activity("Update", "x"), *days[3:], since=4) == ["m5", "m4", "x"]


def test_beyond_a_refresh_only_deletions_count() -> None:
    before = [activity("Update", "a", 1), activity("Delete", "b", 2)]
    refresh = {"type": "Refresh", "startTime": "2024-01-03T00:00:00Z"}
    after = [activity("Update", "c", 4)]
    assert told(*before, refresh, *after) == ["c"]
    assert told(*before, refresh, *after, since=1) == ["c", "-b"]


def test_an_embedded_page_and_strings_name_pages() -> None:
    stream = {"type": "OrderedCollection", "id": STREAM, "last": "/page/9"}
    assert parse_page(stream, STREAM).next_url == "https://example.org/page/9"
    assert parse_page({**stream, "last": {"id": "/9"}}, STREAM).next_url == "https://example.org/9"
    assert parse_page({"type": "OrderedCollection"}, STREAM).next_url is None


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"type": "Collection", "items": []},
        {"@context": "http://iiif.io/api/presentation/3/context.json", "type": "Collection"},
        {"type": "Manifest"},
        {"type": {"OrderedCollection": 1}},
    ],
)
def test_what_is_no_stream_is_refused(document: object) -> None:
    with pytest.raises(HarvestError) as caught:
        parse_page(document, STREAM)
    assert caught.value.reason is Reason.NOT_A_STREAM


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05.5+01:00", datetime(2024, 1, 2, 2, 4, 5, 500000, tzinfo=UTC)),
        ("2024-01-02T03:04:05", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (20240102, None),
        (None, None),
    ],
)
def test_times(text: object, expected: datetime | None) -> None:
    assert parse_time(text) == expected


@given(
    st.recursive(
        st.none() | st.integers() | st.sampled_from(["Update", "Move", STREAM, "2024-01-01"]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["id", "type", "object", "target", "endTime", "orderedItems"]),
                inner,
                max_size=5,
            )
        ),
    )
)
def test_wild_items_are_read_or_left_out(value: Any) -> None:
    changes = Changes(STREAM, None, None)
    for entry in parse_page(page(value, {**activity("Move", "a"), "target": value}), "").activities:
        changes.add(entry)
    parse_page(page(id=value, prev=value, orderedItems=value), STREAM)
