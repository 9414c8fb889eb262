"""The harvester against a repository that keeps to the protocol."""

import json
from datetime import timedelta

import pytest

from harvesters.oai_pmh import OaiPmhHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import Json, Record
from tests.harvesters.oai.harvesting import (
    POLICY,
    checkpoints,
    deletions,
    ending,
    failures,
    harvest,
    numbers,
)
from tests.partners.oai_server import DAYS, OaiServer


def test_everything_is_harvested_page_by_page() -> None:
    with OaiServer(250) as partner:
        events = harvest(partner)
        assert partner.asked == {"Identify": 1, "ListMetadataFormats": 1, "ListRecords": 3}
    assert numbers(events) == list(range(250))
    assert not failures(events)
    assert [point.done for point in checkpoints(events)] == [100, 200, 250]
    assert [point.total for point in checkpoints(events)] == [250, 250, None]
    assert ending(events).whole
    first = events[0]
    assert isinstance(first, Record)
    assert first.identifier == "oai:partner:0"
    assert first.titles == {
        "en": ("Red-figure krater no. 0",),
        "el": ("Ερυθρόμορφος κρατήρας αρ. 0",),
    }
    assert first.landing_page == "https://partner.example/objects/0"
    assert first.rights == "https://creativecommons.org/publicdomain/mark/1.0/"
    assert first.datestamp == "2020-01-01T00:00:00Z"
    assert [image.url for image in first.images] == ["https://images.example/0.jpg"]
    facets = json.loads(json.dumps(first.facets))
    assert {"label": {"en": ["Identifier"]}, "value": {"none": ["MA 000000"]}} in facets


def test_a_token_is_opaque_encoded_once_and_alone() -> None:
    with OaiServer(150) as partner:
        harvest(partner)
        following = [request for request in partner.requests if "resumptionToken" in request]
    assert following == [
        {"verb": "ListRecords", "resumptionToken": "t& =metadataPrefix=oai_dc~place=100"}
    ]


def test_changes_are_asked_for_from_the_first_answer_less_an_overlap() -> None:
    with OaiServer(10, apart=timedelta(days=1)) as partner:
        bookmark = ending(harvest(partner)).bookmark
        assert bookmark == {"from": "2020-01-11T00:00:00Z"}
        partner.now += timedelta(days=5)
        partner.records["oai:partner:3"].changed = partner.now - timedelta(days=1)
        partner.records["oai:partner:4"].changed = partner.now - timedelta(days=1)
        partner.records["oai:partner:4"].deleted = True
        events = harvest(partner, since=bookmark)
        assert partner.requests[-1]["from"] == "2020-01-11T00:00:00Z"
    assert numbers(events) == [3]
    assert deletions(events) == ["4"]
    assert not ending(events).whole
    assert ending(events).bookmark == {"from": "2020-01-16T00:00:00Z"}


def test_nothing_changed_is_no_error() -> None:
    with OaiServer(10, granularity=DAYS) as partner:
        events = harvest(partner, since={"from": "2020-02-01T13:00:00Z"})
        assert partner.requests[-1]["from"] == "2020-02-01"
    assert not numbers(events)
    assert not ending(events).whole


@pytest.mark.parametrize("deleted_record", ["no", "transient"])
def test_without_kept_deletions_every_harvest_names_everything(deleted_record: str) -> None:
    with OaiServer(10, deleted_record=deleted_record) as partner:
        partner.records["oai:partner:4"].deleted = True
        events = harvest(partner, since={"from": "2020-02-01T00:00:00Z"})
    assert numbers(events) == [n for n in range(10) if n != 4]
    assert ending(events).whole
    assert ending(events).bookmark is None


def test_a_source_can_ask_for_changes_alone() -> None:
    with OaiServer(10, deleted_record="no") as partner:
        events = harvest(partner, {"incremental": True, "overlap_hours": 2})
        assert ending(events).bookmark == {"from": "2019-12-31T22:11:00Z"}
        assert not numbers(harvest(partner, {"incremental": True}, since={"from": "2021-01-01"}))


def test_sets_are_asked_for_in_full_and_told_apart_in_changes() -> None:
    with OaiServer(6) as partner:
        for number, sets in enumerate([("vases",), ("vases:red",), ("coins",), ("vases2",), ()]):
            partner.records[f"oai:partner:{number}"].sets = sets
        options: dict[str, Json] = {"sets": ["vases"]}
        events = harvest(partner, options)
        assert numbers(events) == [0, 1]
        assert partner.requests[-1]["set"] == "vases"
        assert not deletions(events)
        partner.records["oai:partner:0"].sets = ("coins",)
        changes = harvest(partner, options, since={"from": "2020-01-01T00:00:00Z"})
        assert "set" not in partner.requests[-1]
    assert numbers(changes) == [1]
    assert deletions(changes) == ["0", "2", "3", "4", "5"]


def test_a_kill_goes_on_behind_the_last_page() -> None:
    with OaiServer(90, page=20) as partner:
        whole = harvest(partner)
        for point in checkpoints(whole):
            state = json.loads(json.dumps(point.state))
            rest = harvest(partner, state=state)
            assert numbers(rest) == list(range(point.done, 90))
            assert ending(rest) == ending(whole)


def test_an_expired_token_begins_again_at_the_last_safe_date() -> None:
    with OaiServer(90, page=20) as partner:
        point = checkpoints(harvest(partner))[2]
        partner.expire_tokens = True
        partner.page = 1000
        events = harvest(partner, state=point.state)
        assert partner.requests[-1]["from"] == "2020-01-01T00:59:00Z"
    assert numbers(events) == list(range(59, 90))
    assert ending(events).whole


def test_an_expired_token_of_an_unordered_list_begins_all_again() -> None:
    with OaiServer(90, page=20) as partner:
        partner.records = dict(reversed(partner.records.items()))
        point = checkpoints(harvest(partner))[2]
        partner.expire_tokens = True
        partner.page = 1000
        assert numbers(harvest(partner, state=point.state)) == list(range(90))


def test_a_token_that_is_always_refused_ends_the_harvest() -> None:
    with OaiServer(90, apart=timedelta(0), page=20) as partner:
        partner.expire_tokens = True
        with pytest.raises(HarvestError, match="badResumptionToken") as caught:
            harvest(partner)
    assert caught.value.reason == Reason.PARTNER_REFUSED


def test_the_best_format_on_offer_is_asked_for() -> None:
    formats = {
        "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
        "x": "http://www.lido-schema.org",
    }
    with OaiServer(1, formats=formats) as partner:
        harvest(partner)
        assert partner.requests[-1]["metadataPrefix"] == "x"
        harvest(partner, {"metadata_prefix": "oai_dc"})
        assert partner.requests[-1]["metadataPrefix"] == "oai_dc"
        with pytest.raises(HarvestError, match="cannotDisseminateFormat"):
            harvest(partner, {"metadata_prefix": "nope"})


def test_a_copied_url_with_a_verb_is_a_base_url() -> None:
    with OaiServer(1) as partner, Fetcher(POLICY) as fetcher:
        harvester = OaiPmhHarvester(f"{partner.endpoint}?verb=Identify", {}, fetcher)
        assert numbers(list(harvester.harvest())) == [0]


def test_windows_of_the_operator() -> None:
    with OaiServer(10, apart=timedelta(days=1)) as partner:
        events = harvest(partner, {"from": "2020-01-03", "until": "2020-01-05T12:00:00Z"})
        assert numbers(events) == [2, 3, 4]
        assert not numbers(harvest(partner, {"from": "2020-02-03", "until": "2020-01-05"}))


def test_manifests_are_followed_where_the_source_asks_for_it() -> None:
    record = (
        '<r xmlns:dcterms="http://purl.org/dc/terms/">'
        "<dcterms:isReferencedBy>{}</dcterms:isReferencedBy></r>"
    )
    body = {"id": "https://i.example/1.jpg", "type": "Image", "format": "image/jpeg"}
    annotation = {"type": "Annotation", "motivation": "painting", "body": body}
    canvas = {"type": "Canvas", "items": [{"type": "AnnotationPage", "items": [annotation]}]}
    manifest = {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": "https://partner.example/manifest",
        "type": "Manifest",
        "items": [canvas],
    }
    with OaiServer(2) as partner:
        partner.faults.append(
            lambda asked, _: json.dumps(manifest).encode() if "manifest" in asked else None
        )
        for number, url in enumerate(("?manifest=1", "?verb=Identify")):
            text = record.format(partner.endpoint + url)
            partner.records[f"oai:partner:{number}"].metadata = text
        assert all(not event.images for event in harvest(partner) if isinstance(event, Record))
        events = harvest(partner, {"follow_manifests": True})
    (read,) = [event for event in events if isinstance(event, Record)]
    assert [image.url for image in read.images] == ["https://i.example/1.jpg"]
    assert read.manifest is not None
    assert read.manifest_url == f"{partner.endpoint}?manifest=1"
    assert [failure.reason for failure in failures(events)] == [Reason.NOT_JSON]


@pytest.mark.parametrize(
    "options",
    [{"set": "a"}, {"from": "yesterday"}, {"sets": "a"}, {"overlap_hours": -1}, {"sets": [""]}],
)
def test_wrong_options_are_named(options: dict[str, Json]) -> None:
    with Fetcher(POLICY) as fetcher, pytest.raises(SettingsError, match=r"Known options: .*sets"):
        OaiPmhHarvester("https://partner.example/oai", options, fetcher)


def test_a_repository_that_is_down_fails_the_harvest() -> None:
    with OaiServer(1) as partner:
        partner.faults.append(lambda asked, _: (503, b"") if asked["verb"] == "Identify" else None)
        with pytest.raises(FetchError):
            harvest(partner)
