"""Harvests over real HTTP: order, bad members, circles, and going on after a kill."""

import json
from collections.abc import Iterable, Mapping

import pytest

from harvesters import iiif_collection
from harvesters.iiif_collection import IiifCollectionHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import (
    Checkpoint,
    Ending,
    HarvestEvent,
    Json,
    KnownDocument,
    Record,
    RecordFailure,
    Unchanged,
    Validators,
)
from tests.harvesters.partner import Partner


def harvest(
    partner: Partner,
    fetcher: Fetcher,
    path: str = "/top",
    state: Mapping[str, Json] | None = None,
    **options: Json,
) -> list[HarvestEvent]:
    harvester = IiifCollectionHarvester(partner.url(path), options, fetcher)
    return list(harvester.harvest(state))


def names(events: Iterable[HarvestEvent]) -> list[str]:
    """Return what the events are about, in order: paths, failures with their reason."""
    told = []
    for event in events:
        if isinstance(event, Record):
            told.append(event.identifier.partition("//")[2].partition("/")[2])
        elif isinstance(event, RecordFailure):
            path = event.identifier.partition("//")[2].partition("/")[2]
            told.append(f"{path}: {event.reason}")
    return told


def crowd(partner: Partner) -> list[str]:
    """Publish a tree with all kinds of members; return what a harvest must tell, in order."""
    bad_json = {"id": partner.url("/not-json"), "type": "Manifest"}
    partner.pages["/not-json"] = b"<html>maintenance</html>"
    missing = {"id": partner.url("/missing"), "type": "Manifest"}
    version2 = {"id": partner.url("/version-2"), "type": "Manifest"}
    partner.pages["/version-2"] = {"@type": "sc:Manifest", "sequences": []}
    lying = {"id": partner.url("/lying"), "type": "Manifest"}
    partner.pages["/lying"] = {"type": "Collection", "items": []}
    outside = {"id": "http://10.0.0.1/manifest", "type": "Manifest"}
    embedded = {**partner.manifest("/embedded"), "items": []}
    a, b, c = (partner.manifest(path) for path in ("/a", "/b", "/c"))
    inner = partner.collection("/inner", b, {"id": partner.url("/top"), "type": "Collection"})
    held = {"id": partner.url("/held"), "type": "Collection", "items": [a, c]}
    lost = {"id": partner.url("/lost"), "type": "Collection"}
    canvas = {"id": partner.url("/canvas"), "type": "Canvas"}
    partner.collection(
        "/top", a, bad_json, inner, missing, held, version2, lost, canvas, outside, lying, embedded
    )
    return [
        "a",
        "not-json: not_json",
        "b",
        "top: duplicate_member",
        "missing: http_client_error",
        "a: duplicate_member",
        "c",
        "version-2: invalid_manifest",
        "lost: http_client_error",
        "canvas: not_a_manifest",
        "manifest: address_refused",
        "lying: not_a_manifest",
        "embedded",
    ]


def test_members_come_in_order_and_bad_ones_with_their_reason(
    partner: Partner, fetcher: Fetcher
) -> None:
    expected = crowd(partner)
    events = harvest(partner, fetcher)
    assert names(events) == expected
    last, ending = events[-2:]
    assert ending == Ending(whole=False)
    assert isinstance(last, Checkpoint)
    assert (last.done, last.total) == (len(expected), len(expected))
    assert max(partner.asked.values()) == 1
    assert partner.asked["/embedded"] == 0


@pytest.mark.parametrize("every", [1, 3, 20])
def test_going_on_from_any_checkpoint_gives_the_rest(
    partner: Partner, fetcher: Fetcher, every: int
) -> None:
    crowd(partner)
    events = harvest(partner, fetcher, checkpoint_every=every)
    checkpoints = [place for place, event in enumerate(events) if isinstance(event, Checkpoint)]
    assert len(checkpoints) >= 13 // every
    for place in checkpoints:
        checkpoint = events[place]
        assert isinstance(checkpoint, Checkpoint)
        state = json.loads(json.dumps(checkpoint.state))
        rest = harvest(partner, fetcher, state=state, checkpoint_every=every)
        assert without_checkpoints(rest) == without_checkpoints(events[place:])


def without_checkpoints(events: Iterable[HarvestEvent]) -> list[HarvestEvent]:
    return [event for event in events if not isinstance(event, Checkpoint)]


def test_checkpoints_come_as_often_as_asked(partner: Partner, fetcher: Fetcher) -> None:
    partner.collection("/top", *(partner.manifest(f"/{number}") for number in range(45)))
    for options, expected in (({}, [20, 40, 45]), ({"checkpoint_every": 15}, [15, 30, 45])):
        events = harvest(partner, fetcher, **options)  # type: ignore[arg-type]  # ints are Json
        done = [event.done for event in events if isinstance(event, Checkpoint)]
        assert done == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abcdef", "xabcdef", "ef"),
        ("abcdef", "abdef", "ef"),
        ("abcdef", "abcef", "abcef"),
        ("abcdef", "ab", "ab"),
    ],
)
def test_a_collection_that_changed_goes_on_behind_the_last_member(
    partner: Partner, fetcher: Fetcher, before: str, after: str, expected: str
) -> None:
    partner.collection("/top", *(partner.manifest(f"/{name}") for name in before))
    events = harvest(partner, fetcher, checkpoint_every=4)
    state = next(event.state for event in events if isinstance(event, Checkpoint))
    partner.collection("/top", *(partner.manifest(f"/{name}") for name in after))
    assert "".join(names(harvest(partner, fetcher, state=state))) == expected


def test_a_single_manifest_is_a_collection_of_one(partner: Partner, fetcher: Fetcher) -> None:
    partner.manifest("/only")
    record, checkpoint, ending = harvest(partner, fetcher, "/only")
    assert isinstance(record, Record)
    assert record.manifest_url == partner.url("/only")
    assert [image.url for image in record.images] == [partner.url("/only.jpg")]
    assert isinstance(checkpoint, Checkpoint)
    assert harvest(partner, fetcher, "/only", state=checkpoint.state) == [checkpoint, ending]
    assert ending == Ending(whole=True)


def test_an_empty_collection_ends_at_once(partner: Partner, fetcher: Fetcher) -> None:
    partner.collection("/top")
    checkpoint, ending = harvest(partner, fetcher)
    assert ending == Ending(whole=True)
    assert isinstance(checkpoint, Checkpoint)
    assert (checkpoint.done, checkpoint.total) == (0, 0)


def test_a_single_manifest_that_is_unchanged(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/only"] = lambda _query, _headers: (304, {})
    harvester = IiifCollectionHarvester(partner.url("/only"), {}, fetcher)
    document = KnownDocument("seven", Validators(etag='"7"'))
    events = list(harvester.harvest(known=lambda _url: document))
    assert events[0] == Unchanged("seven")
    assert events[-1] == Ending(whole=True)


def test_known_manifests_are_asked_on_condition(partner: Partner, fetcher: Fetcher) -> None:
    partner.collection("/top", partner.manifest("/a"), partner.manifest("/b"))
    partner.pages["/a"] = lambda _query, headers: (304 if headers["If-None-Match"] else 500, {})
    known = {partner.url("/a"): KnownDocument("a", Validators(etag='"7"'))}
    harvester = IiifCollectionHarvester(partner.url("/top"), {}, fetcher)
    unchanged, record, *_ = harvester.harvest(known=known.get)
    assert unchanged == Unchanged("a")
    assert isinstance(record, Record)


def test_pages_of_a_version_2_collection_are_followed(partner: Partner, fetcher: Fetcher) -> None:
    def page(name: str, *members: str, **links: str) -> None:
        partner.pages[f"/{name}"] = {
            "@id": partner.url(f"/{name}"),
            "@type": "sc:Collection",
            "manifests": [partner.url(f"/{member}") for member in members],
            **{link: partner.url(f"/{target}") for link, target in links.items()},
        }

    for name in "abc":
        partner.manifest(f"/{name}")
    partner.pages["/top"] = {"@type": "sc:Collection", "first": partner.url("/1"), "total": 3}
    page("1", "a", "b", next="2")
    page("2", "c", next="3")
    page("3", next="1")
    events = harvest(partner, fetcher)
    assert names(events) == ["a", "b", "c", "1: duplicate_member"]
    assert events[-1] == Ending(whole=True)


def test_a_chain_of_pages_without_end_ends(
    partner: Partner, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iiif_collection, "MAX_COLLECTIONS", 30)

    def page(query: Mapping[str, list[str]], _headers: object) -> object:
        number = int(query.get("page", ["0"])[0])
        return {"@type": "sc:Collection", "next": partner.url(f"/top?page={number + 1}")}

    partner.pages["/top"] = page
    with pytest.raises(HarvestError, match="30 collections"):
        harvest(partner, fetcher)


def test_a_redirected_manifest_keeps_the_url_that_was_named(
    partner: Partner, fetcher: Fetcher
) -> None:
    reference = {"id": partner.url("/old"), "type": "Manifest"}
    partner.manifest("/new/place")
    partner.pages["/new/place"]["homepage"] = {"id": "page.html"}
    partner.pages["/old"] = (302, {"Location": "/new/place"})
    partner.collection("/top", reference)
    record = harvest(partner, fetcher)[0]
    assert isinstance(record, Record)
    assert record.manifest_url == partner.url("/old")
    assert record.landing_page == partner.url("/new/page.html")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (503, Reason.HTTP_SERVER_ERROR),
        (b"{", Reason.NOT_JSON),
        (b"[" * 5000 + b"]" * 5000, Reason.TOO_DEEP),
        ([], Reason.NOT_PRESENTATION_3),
        ({"@type": "sc:Collection"}, Reason.INVALID_COLLECTION),
        ({"type": "AnnotationPage", "items": []}, Reason.NOT_A_COLLECTION),
        ({"type": "Collection"}, Reason.INVALID_COLLECTION),
        ({"type": "Manifest"}, Reason.INVALID_MANIFEST),
    ],
)
def test_an_unreadable_root_ends_the_harvest(
    partner: Partner, fetcher: Fetcher, page: object, reason: Reason
) -> None:
    partner.pages["/top"] = page
    with pytest.raises((FetchError, HarvestError)) as caught:
        harvest(partner, fetcher)
    assert caught.value.reason == reason


@pytest.mark.parametrize("kind", ["Manifest", "Collection"])
def test_a_server_that_asks_for_a_long_pause_is_left_alone(
    partner: Partner, fetcher: Fetcher, kind: str
) -> None:
    members = [partner.manifest(f"/{number}") for number in range(6)]
    members.insert(4, {"id": partner.url("/busy"), "type": kind})
    partner.pages["/busy"] = (429, {"Retry-After": "3600"})
    partner.collection("/top", *members)
    events: list[HarvestEvent] = []
    harvester = IiifCollectionHarvester(partner.url("/top"), {}, fetcher)
    with pytest.raises(FetchError) as caught:
        events.extend(harvester.harvest(None))
    assert caught.value.retry_after_s is not None
    if kind == "Manifest":
        assert isinstance(events[-1], Checkpoint)
        stored = events[-1].done
        assert stored <= 4
        assert names(events) == ["0", "1", "2", "3"][:stored]


def test_closing_the_iterator_leaves_nothing_behind(partner: Partner, fetcher: Fetcher) -> None:
    partner.collection("/top", *(partner.manifest(f"/{number}") for number in range(50)))
    events = IiifCollectionHarvester(partner.url("/top"), {}, fetcher).harvest(None)
    next(iter(events))
    events.close()  # type: ignore[attr-defined]  # the iterator is a generator
    assert sum(partner.asked.values()) < 20


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"checkpoint_evry": 5}, "checkpoint_evry"),
        ({"checkpoint_every": 0}, "checkpoint_every"),
        ({"checkpoint_every": "many"}, "checkpoint_every"),
    ],
)
def test_wrong_options_are_told(fetcher: Fetcher, options: dict[str, Json], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        IiifCollectionHarvester("http://127.0.0.1/top", options, fetcher)


def test_a_single_manifest_is_read_again(partner: Partner, fetcher: Fetcher) -> None:
    partner.manifest("/a")
    harvester = IiifCollectionHarvester(partner.url("/top"), {}, fetcher)
    found = harvester.fetch_one("urn:a", partner.url("/a"))
    assert isinstance(found, Record)
    assert (found.identifier, found.manifest_url) == (partner.url("/a"), partner.url("/a"))
    failed = harvester.fetch_one(partner.url("/b"), None)
    assert isinstance(failed, RecordFailure)
    assert (failed.url, failed.reason) == (partner.url("/b"), Reason.HTTP_CLIENT_ERROR)
