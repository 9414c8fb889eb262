"""Harvests a made-up Europeana on loopback, by its Search API's cursor and its Record API."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from harvesters.europeana import EuropeanaHarvester
from harvesters.europeana_api import record_path
from harvesters.europeana_images import images, is_stand_in
from harvesters.europeana_record import without_redirect
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.types import Checkpoint, Ending, Record, RecordFailure
from tests.harvesters.partner import Partner

SEARCH = "/record/v2/search.json"
KEY = "kEy+/with=marks"
DATE = "Tue, 10 Mar 2026 12:00:00 GMT"


@pytest.fixture
def europeana() -> Iterator[Fetcher]:
    policy = FetchPolicy(delay_s=0, retries=0, concurrency=3, allow_loopback=True)
    with Fetcher(policy, key=SecretStr(KEY)) as made:
        yield made


def publish(partner: Partner, pages: list[list[str]]) -> list[Mapping[str, list[str]]]:
    """Serve pages of item ids, and return the queries that come."""
    queries: list[Mapping[str, list[str]]] = []
    total = sum(len(page) for page in pages)
    cursors = ["*", *(f"c{number}+/=" for number in range(1, len(pages)))]

    def search(query: Mapping[str, list[str]], headers: Mapping[str, str]) -> Any:
        queries.append(query)
        if headers["X-Api-Key"] != KEY:
            return {"success": False, "error": "Unauthorized", "message": "No key"}, {}, 401
        place = cursors.index(query["cursor"][0])
        page: dict[str, Any] = {"success": True, "totalResults": total}
        if pages[place]:
            page["items"] = [{"id": identifier} for identifier in pages[place]]
        if place + 1 < len(cursors):
            page["nextCursor"] = cursors[place + 1]
        return page, {"Date": DATE}

    partner.pages[SEARCH] = search
    for identifier in (identifier for page in pages for identifier in page):
        partner.pages[f"/record/v2{identifier}.json"] = item(partner, identifier)
    return queries


def item(partner: Partner, identifier: str) -> dict[str, Any]:
    url = partner.url(f"{identifier}.jpg")
    aggregation = {"about": f"/aggregation{identifier}", "edmIsShownBy": url}
    return {"success": True, "object": {"type": "IMAGE", "aggregations": [aggregation]}}


def harvester(partner: Partner, fetcher: Fetcher, **options: Any) -> EuropeanaHarvester:
    return EuropeanaHarvester(partner.url(SEARCH), {"query": "vase", **options}, fetcher)


def identifiers(events: list[Any]) -> list[str]:
    return [event.identifier for event in events if isinstance(event, Record)]


def test_every_page_is_read_up_to_the_one_without_a_cursor(
    partner: Partner, europeana: Fetcher
) -> None:
    queries = publish(partner, [["/1/a", "/1/b"], ["/1/c"], []])
    options = {"qf": ["TYPE:IMAGE", "COUNTRY:greece"], "reusability": "open", "media": True}
    events = list(harvester(partner, europeana, **options).harvest())
    assert identifiers(events) == ["/1/a", "/1/b", "/1/c"]
    assert events[-1] == Ending(whole=True, bookmark={"since": "2026-03-09T12:00:00Z"})
    last = events[-2]
    assert isinstance(last, Checkpoint)
    assert (last.done, last.total) == (3, 3)
    assert [query["cursor"] for query in queries] == [["*"], ["c1+/="], ["c2+/="]]
    assert queries[0]["qf"] == ["TYPE:IMAGE", "COUNTRY:greece"]
    assert (queries[0]["reusability"], queries[0]["media"]) == (["open"], ["true"])
    assert queries[0]["rows"] == ["100"]


def test_a_killed_harvest_goes_on_where_it_was(partner: Partner, europeana: Fetcher) -> None:
    pages = [[f"/1/{page}-{number}" for number in range(22)] for page in range(2)]
    publish(partner, pages)
    whole = list(harvester(partner, europeana).harvest())
    states = [event for event in whole if isinstance(event, Checkpoint)]
    assert [state.done for state in states] == [20, 22, 42, 44]
    for checkpoint in states:
        partner.asked.clear()
        rest = list(harvester(partner, europeana).harvest(checkpoint.state))
        assert identifiers(rest) == identifiers(whole)[checkpoint.done :]
        assert rest[-1] == whole[-1]
        assert sum(partner.asked.values()) <= 44 - checkpoint.done + 2


def test_a_bookmark_asks_for_younger_items_only(partner: Partner, europeana: Fetcher) -> None:
    queries = publish(partner, [["/1/a"]])
    since = {"since": "2026-03-09T12:00:00Z"}
    events = list(harvester(partner, europeana).harvest(since=since))
    assert queries[0]["qf"] == ["timestamp_update:[2026-03-09T12:00:00Z TO *]"]
    assert events[-1] == Ending(whole=False, bookmark=since)


def test_without_a_key_the_setting_is_named(partner: Partner, fetcher: Fetcher) -> None:
    with pytest.raises(SettingsError, match="IIIF_DEDUP_SOURCE_KEYS"):
        list(harvester(partner, fetcher).harvest())
    assert not partner.asked


def test_a_refused_key_ends_the_harvest_with_a_sentence(partner: Partner) -> None:
    publish(partner, [["/1/a"]])
    policy = FetchPolicy(delay_s=0, retries=0, allow_loopback=True)
    with (
        Fetcher(policy, key=SecretStr("wrong")) as fetcher,
        pytest.raises(HarvestError, match=r"Unauthorized: No key.*SOURCE_KEYS") as caught,
    ):
        list(harvester(partner, fetcher).harvest())
    assert caught.value.reason is Reason.KEY_REFUSED
    assert "wrong" not in str(caught.value)


def test_a_key_refused_at_a_record_ends_the_harvest_behind_a_checkpoint(
    partner: Partner, europeana: Fetcher
) -> None:
    publish(partner, [["/1/a", "/1/b"]])
    error = {"code": "401_key_invalid", "error": "Invalid API key", "message": KEY}
    partner.pages["/record/v2/1/b.json"] = (error, {}, 401)
    seen: list[Any] = []
    with pytest.raises(HarvestError, match="401_key_invalid") as caught:
        seen.extend(harvester(partner, europeana).harvest())
    assert KEY not in str(caught.value)
    assert isinstance(seen[-1], Checkpoint)
    assert seen[-1].done == 1


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(({"success": False, "error": "Bad", "code": "400-SL"}, {}, 400), "400-SL"),
        pytest.param({"success": False, "error": "Invalid query"}, "Invalid query"),
        pytest.param(
            ({"type": "ErrorResponse", "code": "400_param_invalid", "message": "qf"}, {}, 400),
            "400_param_invalid: qf",
        ),
        pytest.param((b"<html>Not found</html>", {}, 404), "answered 404: no reason"),
    ],
)
def test_every_shape_of_error_is_told(
    partner: Partner, europeana: Fetcher, page: Any, expected: str
) -> None:
    partner.pages[SEARCH] = page
    with pytest.raises(HarvestError, match=expected) as caught:
        list(harvester(partner, europeana).harvest())
    assert caught.value.reason is Reason.PARTNER_REFUSED


def test_html_with_a_good_status_is_no_answer(partner: Partner, europeana: Fetcher) -> None:
    partner.pages[SEARCH] = b"<html>Maintenance</html>"
    with pytest.raises(FetchError) as caught:
        list(harvester(partner, europeana).harvest())
    assert caught.value.reason is Reason.NOT_JSON


def test_one_bad_item_is_a_failure_and_no_more(partner: Partner, europeana: Fetcher) -> None:
    publish(partner, [["/1/a", "/1/gone", "/1/odd", "/1/b"]])
    partner.pages["/record/v2/1/gone.json"] = ({"success": False, "error": "No such"}, {}, 404)
    partner.pages["/record/v2/1/odd.json"] = {"success": True}
    events = list(harvester(partner, europeana).harvest())
    assert identifiers(events) == ["/1/a", "/1/b"]
    failures = [event for event in events if isinstance(event, RecordFailure)]
    assert [failure.reason for failure in failures] == [
        Reason.PARTNER_REFUSED,
        Reason.NOT_A_RECORD,
    ]
    assert isinstance(events[-1], Ending)
    assert events[-1].whole


def test_a_cursor_that_comes_again_ends_the_harvest(partner: Partner, europeana: Fetcher) -> None:
    partner.pages[SEARCH] = {"items": [{"id": "/1/a"}], "nextCursor": "same"}
    with pytest.raises(HarvestError) as caught:
        list(harvester(partner, europeana, records=False).harvest())
    assert caught.value.reason is Reason.PAGE_REPEATED


def test_a_long_pause_comes_behind_a_checkpoint(partner: Partner, europeana: Fetcher) -> None:
    publish(partner, [["/1/a", "/1/b", "/1/c"]])
    partner.pages["/record/v2/1/b.json"] = (429, {"Retry-After": "7200"})
    seen: list[Any] = []
    with pytest.raises(FetchError) as caught:
        seen.extend(harvester(partner, europeana).harvest())
    assert caught.value.retry_after_s == 7200
    assert isinstance(seen[-1], Checkpoint)
    assert seen[-1].done == 1


@pytest.mark.parametrize(
    "options",
    [{"query": ""}, {"query": "x", "qf": "TYPE:IMAGE"}, {"query": "x", "rows": 5}, {}],
)
def test_a_wrong_option_is_refused(fetcher: Fetcher, options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"Known options: query, qf"):
        EuropeanaHarvester("https://api.europeana.eu/record/v2/search.json", options, fetcher)


def test_a_wrong_endpoint_is_refused(fetcher: Fetcher) -> None:
    with pytest.raises(SettingsError, match=r"record/v2/search\.json"):
        EuropeanaHarvester("https://api.europeana.eu/", {"query": "x"}, fetcher)


@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        ("/9/a b?c#d", "/9/a%20b%3Fc%23d"),
        ("/9/../x", None),
        ("/9/..", None),
        ("9/x", None),
        ("", None),
        ("//evil.example/x", None),
    ],
)
def test_an_id_cannot_leave_the_record_api(identifier: str, path: str | None) -> None:
    assert record_path(identifier) == path


def test_services_sizes_and_types_of_pictures() -> None:
    shown = {"edmIsShownBy": "https://m.example/1", "hasView": ["https://m.example/2.tif", None]}
    resources: dict[str, dict[str, Any]] = {
        "https://m.example/1": {
            "ebucoreHasMimeType": "image/jpeg",
            "ebucoreWidth": 4000,
            "svcsHasService": ["https://iiif.example/1/info.json"],
        },
        "https://m.example/2.tif": {"svcsHasService": ["https://iiif.example/2"]},
    }
    services = {
        "https://iiif.example/1/info.json": {
            "doapImplements": ["http://iiif.io/api/image/2/level1.json"]
        }
    }
    first, second = images(shown, "IMAGE", resources, services)
    assert (first.service_id, first.service_version, first.service_level) == (
        "https://iiif.example/1",
        2,
        1,
    )
    assert (first.width, first.format) == (4000, "image/jpeg")
    assert (second.service_id, second.service_version) == ("https://iiif.example/2", None)
    assert second.format == "image/tiff"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.europeana.eu/api/v2/thumbnail-by-url.json?uri=x&type=IMAGE",
        "https://api.europeana.eu/thumbnail/v2/url.json?uri=x&size=w400",
        "https://api.europeana.eu/thumbnail/v3/400/0123456789abcdef.jpg",
    ],
)
def test_thumbnails_and_icons_are_no_pictures(url: str) -> None:
    assert is_stand_in(url)
    assert not images({"edmIsShownBy": url}, "IMAGE", {}, {})
    assert not is_stand_in(url.replace("api.europeana.eu", "museum.example"))


@pytest.mark.parametrize(
    ("page", "clean"),
    [
        (
            "https://api.europeana.eu/api/KEY/redirect?shownAt=http%3A%2F%2Fm.example%2F1%3Fa%3Db",
            "http://m.example/1?a=b",
        ),
        (
            "https://www.europeana.eu/item/1/2?utm_source=api&utm_campaign=KEY&wskey=KEY",
            "https://www.europeana.eu/item/1/2?utm_source=api",
        ),
        ("https://m.example/1?wskey=theirs", "https://m.example/1?wskey=theirs"),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)
def test_landing_pages_lose_redirects_and_keys(page: str | None, clean: str | None) -> None:
    assert without_redirect(page) == clean


def test_manifests_give_canvases_and_no_stand_ins(partner: Partner, europeana: Fetcher) -> None:
    publish(partner, [["/1/a", "/1/b", "/1/c"]])
    provider = partner.manifest("/provider/b")
    named = {"about": partner.url("/1/b.jpg"), "dctermsIsReferencedBy": [provider["id"]]}
    partner.pages["/record/v2/1/b.json"]["object"]["aggregations"][0]["webResources"] = [named]
    partner.manifest("/presentation/1/a/manifest")
    partner.manifest("/presentation/1/b/manifest")
    partner.manifest("/presentation/1/c/manifest")
    thumbnail = "https://api.europeana.eu/thumbnail/v2/url.json?uri=x&size=w400"
    canvas = partner.pages["/presentation/1/c/manifest"]["items"][0]
    canvas["items"][0]["items"][0]["body"]["id"] = thumbnail
    events = list(
        harvester(partner, europeana, manifest_api=partner.url("/presentation")).harvest()
    )
    records = [event for event in events if isinstance(event, Record)]
    assert [record.manifest_url for record in records] == [
        partner.url("/presentation/1/a/manifest"),
        provider["id"],
        partner.url("/presentation/1/c/manifest"),
    ]
    assert [record.images[0].url for record in records] == [
        partner.url("/presentation/1/a/manifest.jpg"),
        partner.url("/provider/b.jpg"),
        partner.url("/1/c.jpg"),
    ]
    assert records[0].identifier == "/1/a"
    assert records[0].manifest is not None
