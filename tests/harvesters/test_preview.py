"""What is guessed of a URL, and what a look at it costs."""

from __future__ import annotations

from typing import Any

import pytest

from harvesters.guessing import Guess, guess
from harvesters.preview import Deadline, estimate, preview
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.settings import load_settings
from tests.harvesters.partner import Partner

OAI = b"""<?xml version="1.0"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><error code="badVerb"/></OAI-PMH>"""


@pytest.mark.parametrize(
    ("page", "protocol"),
    [
        ({"type": "Collection", "items": []}, "iiif_collection"),
        ({"type": "Manifest", "items": []}, "iiif_collection"),
        ({"@type": "sc:Collection", "manifests": []}, "iiif_collection"),
        ({"@type": "sc:Manifest"}, "iiif_collection"),
        ({"type": "OrderedCollection", "last": {}}, "iiif_discovery"),
        ({"type": "OrderedCollectionPage", "orderedItems": []}, "iiif_discovery"),
        ({"data": [{"id": 1}]}, "json_catalogue"),
        ([{"id": 1}], "json_catalogue"),
        (OAI, "oai_pmh"),
        ((OAI, {}, 422), "oai_pmh"),
    ],
)
def test_the_answer_tells_the_protocol(
    partner: Partner, fetcher: Fetcher, page: Any, protocol: str
) -> None:
    partner.pages["/somewhere"] = page
    assert guess(partner.url("/somewhere"), fetcher).protocol == protocol


def test_an_oai_service_is_asked_who_it_is(partner: Partner, fetcher: Fetcher) -> None:
    def page(query: dict[str, str], headers: Any) -> Any:
        return OAI if query.get("verb") else b"<html>Welcome</html>"

    partner.pages["/oai"] = page
    found = guess(partner.url("/oai?verb="), fetcher)
    assert found == Guess("oai_pmh", partner.url("/oai"))


def test_a_search_at_europeana_becomes_its_options(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/record/v2/search.json"] = (
        {"success": False, "error": "Unauthorized"}, {}, 401
    )  # fmt: skip
    url = partner.url("/record/v2/search.json?wskey=secret&query=kylix&qf=TYPE:IMAGE")
    assert guess(url, fetcher) == Guess(
        "europeana",
        partner.url("/record/v2/search.json"),
        {"query": "kylix", "qf": ["TYPE:IMAGE"]},
    )


@pytest.mark.parametrize("page", [b"<html></html>", {"hello": "world"}, [], [1], b"", 404])
def test_what_is_no_known_protocol(partner: Partner, fetcher: Fetcher, page: Any) -> None:
    partner.pages["/page"] = page
    with pytest.raises(HarvestError) as caught:
        guess(partner.url("/page"), fetcher)
    assert caught.value.reason is Reason.UNKNOWN_PROTOCOL


def test_files_are_looked_at_beneath_their_root_alone(fetcher: Fetcher) -> None:
    with pytest.raises(FetchError) as caught:
        guess("file:///etc/passwd", fetcher)
    assert caught.value.reason is Reason.ADDRESS_REFUSED


def test_five_records_are_enough(partner: Partner, fetcher: Fetcher) -> None:
    members = [partner.manifest(f"/{number}") for number in range(30)]
    partner.pages["/1"] = b"<html>"
    partner.collection("/all", *members)
    found = preview(Guess("iiif_collection", partner.url("/all")), fetcher, Deadline(20))
    assert [record.identifier for record in found.records] == [
        partner.url(f"/{number}") for number in (0, 2, 3, 4, 5)
    ]
    assert [failure.identifier for failure in found.failures] == [partner.url("/1")]
    assert found.total == 30
    assert sum(partner.asked.values()) < 20
    cost = estimate(found, fetcher, load_settings({}))
    assert cost is not None
    assert cost.images == 30
    assert 60 <= cost.requests <= 120
    assert 30 * 100_000 <= cost.disk_bytes <= 30 * 130_000
    slim = estimate(found, fetcher, load_settings({}, derivatives=False))
    assert slim is not None
    assert slim.disk_bytes < cost.disk_bytes / 5


def test_politeness_tells_the_time(partner: Partner) -> None:
    partner.collection("/all", *[partner.manifest(f"/{number}") for number in range(3)])
    policy = FetchPolicy(delay_s=0.05, allow_loopback=True)
    with Fetcher(policy) as slow:
        found = preview(Guess("iiif_collection", partner.url("/all")), slow, Deadline(20))
        cost = estimate(found, slow, load_settings({}))
    assert found.total == 3
    assert cost is not None
    assert cost.seconds >= 0.05 * cost.requests


def test_a_slow_partner_is_not_waited_for(partner: Partner) -> None:
    partner.collection("/all", *[partner.manifest(f"/{number}") for number in range(30)])
    deadline = Deadline(0.5)
    policy = FetchPolicy(delay_s=0.2, retries=0, allow_loopback=True)
    with Fetcher(policy, sleep=deadline.sleep) as slow:
        found = preview(Guess("iiif_collection", partner.url("/all")), slow, deadline)
    assert found.seconds < 5
    assert len(found.records) < 5


def test_what_cannot_be_read_at_all_is_an_error(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/all"] = {"type": "OrderedCollection"}
    with pytest.raises(HarvestError):
        preview(Guess("iiif_collection", partner.url("/all")), fetcher, Deadline(20))
