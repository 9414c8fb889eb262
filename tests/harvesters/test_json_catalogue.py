"""Harvests made-up JSON catalogues on loopback, and the worked example of the guide."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from demo.attic_catalogue import AtticCatalogue
from harvesters import json_list
from harvesters.json_catalogue import JsonCatalogueHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.types import Checkpoint, Deletion, Ending, Record, RecordFailure
from tests.harvesters.partner import Partner

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "atticpot-like.mapping.json"
DATE = "Tue, 10 Mar 2026 12:00:00 GMT"
PLAIN = {"items": "items", "identifier": "id", "titles": "title"}


def harvester(
    partner: Partner, fetcher: Fetcher, mapping: Mapping[str, Any], **options: Any
) -> JsonCatalogueHarvester:
    chosen: Any = {"mapping": {**PLAIN, **mapping}, **options}
    return JsonCatalogueHarvester(partner.url("/api"), chosen, fetcher)


def members(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"id": n, "title": f"Vase {n}"} for n in range(start, start + count)]


def identifiers(events: list[Any]) -> list[str]:
    return [event.identifier for event in events if isinstance(event, Record)]


def serve(partner: Partner, by: str, count: int, size: int) -> dict[str, Any]:
    """Serve `count` members, `size` a page, and return the mapping's paging."""

    def page(query: Mapping[str, list[str]], _headers: Mapping[str, str]) -> Any:
        place = int(query.get(by, ["0"])[0])
        start = {"page": (place - 1) * size}.get(by, place)
        shown = members(count)[start : start + size]
        document: dict[str, Any] = {"items": shown, "total": count}
        headers = {"Date": DATE}
        if start + size < count:
            document["cursor"] = str(start + size)
            document["next"] = f"/api?next={start + size}"
            headers["Link"] = f'</api>; rel=first, </api?link={start + size}>; rel="last NEXT"'
        return document, headers

    partner.pages["/api"] = page
    return {
        "page": {"by": "page", "parameter": "page"},
        "offset": {"by": "offset", "parameter": "offset"},
        "cursor": {"by": "cursor", "parameter": "cursor", "next": "cursor"},
        "next": {"by": "next", "next": "next"},
        "link": {"by": "link"},
    }[by]


@pytest.mark.parametrize("by", ["page", "offset", "cursor", "next", "link"])
@pytest.mark.parametrize("total", [None, "total"])
def test_every_way_of_paging(partner: Partner, fetcher: Fetcher, by: str, total: Any) -> None:
    mapping = {"paging": serve(partner, by, 45, 20), "total": total}
    events = list(harvester(partner, fetcher, mapping).harvest())
    assert identifiers(events) == [str(n) for n in range(45)]
    assert events[-1] == Ending(whole=True)
    counted = by in {"page", "offset"} and total is None
    assert sum(partner.asked.values()) == 3 + counted


@pytest.mark.parametrize("by", ["page", "cursor"])
def test_a_killed_harvest_goes_on_where_it_was(partner: Partner, fetcher: Fetcher, by: str) -> None:
    mapping = {"paging": serve(partner, by, 90, 30), "total": "total"}
    whole = list(harvester(partner, fetcher, mapping).harvest())
    states = [event for event in whole if isinstance(event, Checkpoint)]
    assert len(states) >= 5
    for checkpoint in states:
        state = json.loads(json.dumps(checkpoint.state))
        rest = list(harvester(partner, fetcher, mapping).harvest(state))
        assert identifiers(rest) == identifiers(whole)[checkpoint.done :]
        assert rest[-1] == whole[-1]


def test_a_list_shorter_than_its_total_is_not_whole(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/api"] = {"items": members(3), "total": 10}
    events = list(harvester(partner, fetcher, {"total": "total"}).harvest())
    assert events[-1] == Ending(whole=False)


def test_a_server_that_ignores_the_page_number_is_found_out(
    partner: Partner, fetcher: Fetcher
) -> None:
    partner.pages["/api"] = {"items": members(3)}
    mapping = {"paging": {"by": "page", "parameter": "page"}}
    with pytest.raises(HarvestError, match="paging") as caught:
        list(harvester(partner, fetcher, mapping).harvest())
    assert caught.value.reason is Reason.PAGE_REPEATED
    assert sum(partner.asked.values()) == 2


def test_empty_pages_without_an_end_are_found_out(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/api"] = {"items": [], "cursor": "more"}
    mapping = {"paging": {"by": "cursor", "parameter": "c", "next": "cursor"}}
    with pytest.raises(HarvestError) as caught:
        list(harvester(partner, fetcher, mapping).harvest())
    assert caught.value.reason is Reason.PAGE_REPEATED
    assert sum(partner.asked.values()) == json_list.MAX_EMPTY + 1


def test_a_million_members_on_one_page_are_refused(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/api"] = b'{"items":[' + b"0," * 999_999 + b"0]}"
    with pytest.raises(HarvestError, match="got 1000000") as caught:
        list(harvester(partner, fetcher, {}).harvest())
    assert caught.value.reason is Reason.TOO_MANY_MEMBERS


@pytest.mark.parametrize("document", [{}, {"items": {"0": {}}}, [], "text", None])
def test_a_list_must_be_one(partner: Partner, fetcher: Fetcher, document: Any) -> None:
    partner.pages["/api"] = json.dumps(document).encode()
    with pytest.raises(HarvestError, match="`items` of the mapping") as caught:
        list(harvester(partner, fetcher, {}).harvest())
    assert caught.value.reason is Reason.NOT_A_LIST


@pytest.mark.parametrize(
    "body", [b"<html>Maintenance</html>", b'{"items": [', b"\xff\xfe\x00", b"", b"[" * 5000]
)
def test_what_is_no_json_ends_the_harvest(partner: Partner, fetcher: Fetcher, body: bytes) -> None:
    partner.pages["/api"] = body
    with pytest.raises(FetchError) as caught:
        list(harvester(partner, fetcher, {}).harvest())
    assert caught.value.reason in {Reason.NOT_JSON, Reason.TOO_DEEP}


def test_odd_members_are_failures_and_no_more(partner: Partner, fetcher: Fetcher) -> None:
    odd = "a/b\"c'\n\u202e<d>"
    partner.pages["/api"] = {
        "items": [
            {"id": 1, "title": "One"},
            {"title": "no id"},
            "text",
            None,
            {"id": 1, "title": "One again"},
            {"id": True},
            {"id": "x" * 5000},
            {"id": odd, "title": ["a", 2, None, {"en": "c"}]},
        ]
    }
    events = list(harvester(partner, fetcher, {}).harvest())
    failures = [event for event in events if isinstance(event, RecordFailure)]
    assert [failure.reason for failure in failures] == [
        Reason.MAPPING_FAILED,
        Reason.MAPPING_FAILED,
        Reason.MAPPING_FAILED,
        Reason.DUPLICATE_MEMBER,
        Reason.MAPPING_FAILED,
        Reason.MAPPING_FAILED,
    ]
    records = [event for event in events if isinstance(event, Record)]
    assert [record.identifier for record in records] == ["1", odd]
    assert records[1].titles == {"none": ("a", "2"), "en": ("c",)}


def test_an_expression_that_does_not_fit_names_itself(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/api"] = {"items": [{"id": 1, "tags": 7}, {"id": 2, "tags": ["a", "b"]}]}
    mapping = {"facets": [{"label": "Tags", "value": "join(', ', tags)"}]}
    events = list(harvester(partner, fetcher, mapping).harvest())
    assert isinstance(events[0], RecordFailure)
    assert events[0].reason is Reason.MAPPING_FAILED
    assert "join(', ', tags)" in events[0].detail
    assert identifiers(events) == ["2"]


def test_pictures_by_url_template_and_service(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/api"] = {
        "items": [
            {
                "id": 1,
                "pictures": [
                    {"file": "a b/ü.jpg", "w": 40, "h": "30"},
                    {"file": "../../etc/passwd"},
                    {"iiif": "x/y?z#"},
                    {"file": "a b/ü.jpg"},
                    {"file": None},
                ],
            }
        ]
    }
    images = {
        "each": "pictures",
        "url": {"value": "file", "template": "https://m.example/files/{path}"},
        "service": {"value": "iiif", "template": "https://m.example/iiif/{value}"},
        "width": "w",
        "height": "h",
    }
    record = next(iter(harvester(partner, fetcher, {"images": images}).harvest()))
    assert isinstance(record, Record)
    assert [image.url for image in record.images] == [
        "https://m.example/files/a%20b/%C3%BC.jpg",
        "https://m.example/iiif/x%2Fy%3Fz%23/full/max/0/default.jpg",
    ]
    assert (record.images[0].width, record.images[0].height) == (40, 30)
    assert record.images[1].service_id == "https://m.example/iiif/x%2Fy%3Fz%23"
    assert [image.position for image in record.images] == [0, 1]


def test_hostile_urls_are_left_out(partner: Partner, fetcher: Fetcher) -> None:
    hostile = [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://user:secret@m.example/1.jpg",
        "https://good.example\\@evil.example/",
        "https://m.example/1\r\nHost: evil.example",
        "http://[::1",
        {"no": "text"},
    ]
    partner.pages["/api"] = {"items": [{"id": 1, "page": url, "urls": hostile} for url in hostile]}
    mapping = {"landing_page": "page", "images": {"each": "urls", "url": "@"}}
    records = list(harvester(partner, fetcher, mapping).harvest())[: len(hostile)]
    for record in records:
        if isinstance(record, Record):
            assert record.landing_page is None
            assert record.images == ()


def test_each_member_is_asked_for_its_full_description(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/api"] = {"items": [1, "a/b", "..", 3]}
    partner.pages["/objects/1"] = {"data": {"name": "One"}}
    partner.pages["/objects/a%2Fb"] = {"data": {"name": "Slash"}}
    mapping = {
        "identifier": "@",
        "titles": {"en": "name"},
        "detail": {"url": partner.url("/objects/{value}"), "item": "data"},
    }
    events = list(harvester(partner, fetcher, mapping).harvest())
    assert identifiers(events) == ["1", "a/b"]
    assert isinstance(events[0], Record)
    assert events[0].titles == {"en": ("One",)}
    failures = [event for event in events if isinstance(event, RecordFailure)]
    assert [(failure.identifier, failure.reason) for failure in failures] == [
        ("..", Reason.BAD_URL),
        ("3", Reason.HTTP_CLIENT_ERROR),
    ]


def test_pictures_may_come_from_manifests(partner: Partner, fetcher: Fetcher) -> None:
    named = partner.manifest("/manifests/1", label={"en": ["By the manifest"]})["id"]
    gone = partner.url("/manifests/2")
    partner.pages["/api"] = {"items": [{"id": 1, "m": named}, {"id": 2, "m": gone}, {"id": 3}]}
    events = list(harvester(partner, fetcher, {"manifest": "m"}).harvest())
    first, failed, bare = events[:3]
    assert isinstance(first, Record)
    assert first.images[0].url == partner.url("/manifests/1.jpg")
    assert first.titles == {"en": ("By the manifest",)}
    assert first.manifest_url == named
    assert isinstance(failed, RecordFailure)
    assert failed.reason is Reason.HTTP_CLIENT_ERROR
    assert isinstance(bare, Record)


def test_a_long_pause_comes_behind_a_checkpoint(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/api"] = {"items": [1, 2, 3]}
    partner.pages["/objects/1"] = {"name": "One"}
    partner.pages["/objects/2"] = (429, {"Retry-After": "7200"})
    mapping = {
        "identifier": "@",
        "titles": "name",
        "detail": {"url": partner.url("/objects/{value}")},
    }
    seen: list[Any] = []
    with pytest.raises(FetchError):
        seen.extend(harvester(partner, fetcher, mapping).harvest())
    assert isinstance(seen[-1], Checkpoint)
    assert seen[-1].done == 1


def test_a_key_goes_to_the_catalogue_in_its_header(partner: Partner, fetcher: Fetcher) -> None:
    keys: list[str | None] = []

    def page(_query: Any, headers: Mapping[str, str]) -> Any:
        keys.append(headers.get("X-Key"))
        return {"items": []}

    partner.pages["/api"] = page
    with pytest.raises(SettingsError, match="IIIF_DEDUP_SOURCE_KEYS"):
        list(harvester(partner, fetcher, {}, key_header="X-Key").harvest())
    policy = FetchPolicy(delay_s=0, allow_loopback=True)
    with Fetcher(policy, key=SecretStr("k")) as keyed:
        list(harvester(partner, keyed, {}, key_header="X-Key").harvest())
    assert keys == ["k"]


@pytest.mark.parametrize(
    ("mapping", "named"),
    [
        ({"identifier": "a["}, "mapping.identifier"),
        ({"titles": {"en": "a["}}, "mapping.titles"),
        ({"facets": [{"label": "x", "value": "join("}]}, "mapping.facets.0.value"),
        ({"images": {"each": "x"}}, "mapping.images"),
        ({"images": {"each": "x", "url": {"value": "y"}}}, "mapping.images.url"),
        (
            {"images": {"each": "x", "url": {"value": "y", "template": "https://{value}/"}}},
            "mapping.images.url",
        ),
        ({"detail": {"url": "/objects/{value}"}}, "mapping.detail.url"),
        ({"detail": {"url": "https://m.example/objects"}}, "mapping.detail.url"),
        ({"paging": {"by": "magic"}}, "mapping.paging"),
        ({"paging": {"by": "page"}}, "mapping.paging.page.parameter"),
        ({"since": {"parameter": "q", "template": "none"}}, "mapping.since.template"),
        ({"colour": "red"}, "mapping.colour"),
        ({"items": "x" * 3000}, "mapping.items"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(
    partner: Partner, fetcher: Fetcher, mapping: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        harvester(partner, fetcher, mapping)
    assert f"Option '{named}" in str(caught.value)
    assert not partner.asked


def test_the_worked_example_reads_a_bilingual_catalogue(fetcher: Fetcher) -> None:
    mapping = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    with AtticCatalogue(vessels=60) as catalogue:
        worked = JsonCatalogueHarvester(catalogue.url, {"mapping": mapping}, fetcher)
        events = list(worked.harvest())
        since = {"since": "2026-02-28T00:00:00Z"}
        later = list(worked.harvest(since=since))
        first = events[0]
        assert isinstance(first, Record)
        picture = fetcher.get(first.images[0].url)
    assert picture.body.startswith(b"\xff\xd8")
    assert len(identifiers(events)) == 59
    assert [event for event in events if isinstance(event, Deletion)] == [Deletion("13")]
    ending = events[-1]
    assert isinstance(ending, Ending)
    assert ending.whole
    assert ending.bookmark is not None
    assert identifiers(later) == ["58", "59", "60"]
    assert isinstance(later[-1], Ending)
    assert not later[-1].whole

    assert set(first.titles) == {"el", "en"}
    facets: Any = first.facets
    by_label = {facet["label"]["en"][0]: facet["value"] for facet in facets}
    assert by_label["Shape"] == {"el": ("Κιονωτός κρατήρας",), "en": ("Column-krater",)}
    assert by_label["Date"] == {"el": ("αρχές 5ος αι. π.Χ.",), "en": ("early 5th c. BC",)}
    assert by_label["Publication"]["none"] == (
        "Demo Corpus of Vases 1, 1991, p. 12, fig. 2",
        "Demo Excavation Reports, 1961, p. 1",
    )
    assert by_label["Inventory number"]["none"] == ("ΔΜΒ 1001", "DEMO 1")
    assert by_label["Caption"]["en"][0] == "View 1"
    assert first.provider == "Demo Museum North"
    assert first.rights == "http://creativecommons.org/licenses/by/4.0/"
    assert first.landing_page is not None
    assert first.landing_page.endswith("/vessels/1")
