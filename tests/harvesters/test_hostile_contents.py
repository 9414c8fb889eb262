"""Good documents with hostile contents: identifiers, texts and links, and lists without an end.

Whatever a member holds, it becomes a record or a failure that every database stores, and its
neighbours are read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

import pytest
from pydantic import SecretStr

from harvesters import iiif_collection, iiif_discovery
from harvesters.base import Harvester
from harvesters.europeana import EuropeanaHarvester
from harvesters.iiif_collection import IiifCollectionHarvester
from harvesters.iiif_discovery import IiifDiscoveryHarvester
from harvesters.json_catalogue import JsonCatalogueHarvester
from harvesters.oai_pmh import OaiPmhHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.types import HarvestEvent, Record, RecordFailure
from tests.harvesters.hostile.doors import OAI_IDENTIFY, oai_list, oai_record, oai_response
from tests.harvesters.partner import Partner

VALUES: dict[str, Any] = {
    "slashes": "a/b//../c",
    "a way out": "../../../../etc/passwd",
    "an escaped way out": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "quotes": "a\"b'c`d",
    "a script": "</script><script>alert(1)</script>",
    "a line end": "a\nb",
    "a header": "a\r\nX-Evil: 1",
    "NUL": "a\0b",
    "control characters": "\x01\x08\x1b[31m\x7f\x9b",
    "marks that turn the direction": "\u202egpj.txt\u2066\u200f",
    "marks without width": "a\u200b\u2060\ufeffb",
    "half a pair": "a\ud800b",
    "no characters": "\ufffe\uffff\U0001ffff",
    "a plane beyond the first": "\U0001f3fa\U00010900",
    "100,000 letters": "x" * 100_000,
    "100,000 combining marks": "e" + "\u0301" * 50_000,
    "SQL": "'; DROP TABLE record; --",
    "a format": "%s%n{0.__class__}${jndi:ldap://a.example}",
    "a query": "a?b=c&verb=Identify#d",
    "backslashes": "..\\..\\a",
    "blanks": " \t ",
    "nothing": "",
    "null": None,
    "true": True,
    "a number": 17,
    "a huge number": 10**400,
    "a fraction": 1e308,
    "a list": ["a", ["b"]],
    "an object": {"a": {"b": 1}},
}
POLICY = FetchPolicy(delay_s=0, retries=0, concurrency=3, max_bytes=8_000_000, allow_loopback=True)
MOST_EVENTS = 500

Publish = Callable[[Partner, Fetcher, Any], Harvester]


@pytest.fixture
def keyed() -> Iterator[Fetcher]:
    with Fetcher(POLICY, key=SecretStr("kEy-of-a-source")) as made:
        yield made


def _collection(partner: Partner, fetcher: Fetcher, value: Any) -> Harvester:
    """A manifest whose identifier, label and metadata are the value, between two good ones."""
    odd = partner.manifest("/odd", label=value, metadata=[{"label": value, "value": value}])
    partner.pages["/odd"] |= {"id": value, "rights": value, "homepage": value, "provider": value}
    partner.collection("/c", partner.manifest("/a"), odd, partner.manifest("/z"))
    return IiifCollectionHarvester(partner.url("/c"), {}, fetcher)


def _member(partner: Partner, fetcher: Fetcher, value: Any) -> Harvester:
    """A member whose address is the value."""
    odd = {"id": value, "type": "Manifest", "label": value}
    partner.collection("/c", partner.manifest("/a"), odd, partner.manifest("/z"))
    return IiifCollectionHarvester(partner.url("/c"), {}, fetcher)


def _stream(partner: Partner, fetcher: Fetcher, value: Any) -> Harvester:
    partner.manifest("/a"), partner.manifest("/z")
    partner.pages["/stream"] = {
        "type": "OrderedCollectionPage",
        "orderedItems": [
            {"type": kind, "endTime": time, "object": {"id": name, "type": "Manifest"}}
            for kind, time, name in (
                ("Create", value, partner.url("/a")),
                ("Update", value, value),
                (value, None, value),
                ("Create", None, partner.url("/z")),
            )
        ],
    }
    return IiifDiscoveryHarvester(partner.url("/stream"), {}, fetcher)


def _catalogue(partner: Partner, fetcher: Fetcher, value: Any) -> Harvester:
    names = ("id", "title", "rights", "provider", "landing_page", "image", "extra")
    partner.pages["/api"] = {
        "items": [
            {"id": partner.url("/a"), "title": "A"},
            dict.fromkeys(names, value),
            {"id": partner.url("/z"), "title": "Z"},
        ]
    }
    mapping: Any = {
        "items": "items",
        "identifier": "id",
        "titles": "title",
        **{name: name for name in ("rights", "provider", "landing_page")},
    }
    return JsonCatalogueHarvester(partner.url("/api"), {"mapping": mapping}, fetcher)


def _europeana(partner: Partner, fetcher: Fetcher, value: Any) -> Harvester:
    items = [{"id": "/1/a"}, {"id": value, "title": value}, {"id": "/1/z"}, {"id": "/1/odd"}]
    search = {"success": True, "totalResults": value, "items": items}
    partner.pages["/record/v2/search.json"] = search
    for name in ("/1/a", "/1/z", "/1/odd"):
        view = {"edmIsShownBy": partner.url(f"{name}.jpg")}
        held: dict[str, Any] = {"type": "IMAGE", "aggregations": [view]}
        partner.pages[f"/record/v2{name}.json"] = {"success": True, "object": held}
        if name == "/1/odd":
            view |= dict.fromkeys(("edmObject", "edmRights", "edmIsShownAt", "webResources"), value)
            held |= dict.fromkeys(("proxies", "title", "timestamp_update", "concepts"), value)
    return EuropeanaHarvester(partner.url("/record/v2/search.json"), {"query": "vase"}, fetcher)


def _repository(partner: Partner, fetcher: Fetcher, value: Any) -> Harvester:
    """Records whose identifier, and whose texts, are the value as far as XML can hold it."""
    text = value if isinstance(value, str) else json.dumps(value)
    held = escape("".join(c for c in text if c in "\t\n\r" or (ord(c) > 31 and c < "\ud800")))
    metadata = (
        '<metadata><dc xmlns="http://www.openarchives.org/OAI/2.0/oai_dc/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        + "".join(f"<dc:{n}>{held}</dc:{n}>" for n in ("title", "identifier", "rights", "creator"))
        + "</dc></metadata>"
    )
    records = (
        oai_record(partner.url("/a")),
        oai_record(held),
        oai_record("oai:odd", metadata),
        oai_record(partner.url("/z")),
    )
    return _serving(partner, fetcher, *records)


def _serving(partner: Partner, fetcher: Fetcher, *records: str) -> Harvester:
    pages = {
        "Identify": oai_response(OAI_IDENTIFY),
        "ListRecords": oai_list("ListRecords", *records),
    }
    partner.pages["/oai"] = lambda query, _headers: pages[query["verb"][0]]
    return OaiPmhHarvester(partner.url("/oai"), {"metadata_prefix": "oai_dc"}, fetcher)


PUBLISHED: dict[str, tuple[Publish, tuple[str, str]]] = {
    "iiif_collection manifest": (_collection, ("/a", "/z")),
    "iiif_collection member": (_member, ("/a", "/z")),
    "iiif_discovery": (_stream, ("/a", "/z")),
    "json_catalogue": (_catalogue, ("/a", "/z")),
    "europeana": (_europeana, ("/1/a", "/1/z")),
    "oai_pmh": (_repository, ("/a", "/z")),
}


def storable(text: str | None) -> bool:
    """Tell whether every database stores a text, and every index holds it as a key."""
    return text is None or ("\0" not in text and len(text.encode("utf-8", "strict")) < 500_000)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("protocol", PUBLISHED)
def test_a_member_becomes_a_record_or_a_failure(
    protocol: str, name: str, partner: Partner, keyed: Fetcher
) -> None:
    publish, good = PUBLISHED[protocol]

    events = list(publish(partner, keyed, VALUES[name]).harvest())

    records = [event for event in events if isinstance(event, Record)]
    found = [record.identifier.removeprefix(partner.base) for record in records]
    assert set(good) <= set(found), "the neighbours are read"
    for event in events:
        if isinstance(event, Record):
            texts = (event.identifier, event.rights, event.provider, event.landing_page)
            assert all(map(storable, (*texts, event.manifest_url, event.datestamp)))
            assert storable(json.dumps([event.titles, event.facets], ensure_ascii=False))
            assert 0 < len(event.identifier) <= 10_000
            links = (event.rights, event.landing_page, *(image.url for image in event.images))
            assert all(link is None or link.startswith(("http://", "https://")) for link in links)
        if isinstance(event, RecordFailure):
            assert all(map(storable, (event.identifier, event.url, event.detail)))
            assert 0 < len(event.identifier) <= 10_000


def _twice(partner: Partner, fetcher: Fetcher, protocol: str) -> Harvester:
    match protocol:
        case "iiif_collection":
            member = partner.manifest("/a")
            partner.collection("/c", member, member, member)
            return IiifCollectionHarvester(partner.url("/c"), {}, fetcher)
        case "json_catalogue":
            partner.pages["/api"] = {"items": [{"id": "a", "title": "A"}] * 3}
            mapping: Any = {"items": "items", "identifier": "id", "titles": "title"}
            return JsonCatalogueHarvester(partner.url("/api"), {"mapping": mapping}, fetcher)
        case _:
            return _serving(partner, fetcher, *[oai_record("oai:a")] * 3)


@pytest.mark.parametrize("protocol", ["iiif_collection", "json_catalogue", "oai_pmh"])
def test_a_member_that_is_named_again_is_the_same_one(
    protocol: str, partner: Partner, keyed: Fetcher
) -> None:
    events = list(_twice(partner, keyed, protocol).harvest())

    assert len({event.identifier for event in events if isinstance(event, Record)}) == 1
    reasons = {event.reason for event in events if isinstance(event, RecordFailure)}
    assert reasons <= {Reason.DUPLICATE_MEMBER}


def _endless(partner: Partner, fetcher: Fetcher, protocol: str) -> Harvester:
    """A list that goes on for ever, each time at a place that it never named before."""
    asked = iter(range(1_000_000))

    def page(_query: Mapping[str, Any], _headers: Mapping[str, str]) -> Any:
        return shapes[protocol](next(asked))

    def chain(number: int) -> Any:
        path = f"/c?{number}"
        inner = {"id": partner.url(path), "type": "Collection", "label": {"en": ["C"]}}
        return {"id": partner.url("/c"), "type": "Collection", "label": {}, "items": [inner]}

    def oai(number: int) -> bytes:
        token = f"<ListRecords><resumptionToken>t{number}</resumptionToken></ListRecords>"
        return oai_response(OAI_IDENTIFY if number == 0 else token)

    shapes: dict[str, Callable[[int], Any]] = {
        "iiif_collection": chain,
        "iiif_discovery": lambda number: {
            "type": "OrderedCollectionPage",
            "id": partner.url(f"/c?{number}"),
            "orderedItems": [],
            "prev": {"id": partner.url(f"/c?{number + 1}"), "type": "OrderedCollectionPage"},
        },
        "json_catalogue": lambda number: {"items": [], "next": partner.url(f"/c?{number}")},
        "europeana": lambda number: {
            "success": True,
            "totalResults": 9,
            "nextCursor": f"c{number}",
        },
        "oai_pmh": oai,
    }
    partner.pages["/c"] = partner.pages["/search.json"] = page
    mapping: Any = {
        "items": "items",
        "identifier": "id",
        "titles": "title",
        "paging": {"by": "next", "next": "next"},
    }
    made: dict[str, Callable[[], Harvester]] = {
        "iiif_collection": lambda: IiifCollectionHarvester(partner.url("/c"), {}, fetcher),
        "iiif_discovery": lambda: IiifDiscoveryHarvester(partner.url("/c"), {}, fetcher),
        "json_catalogue": lambda: JsonCatalogueHarvester(
            partner.url("/c"), {"mapping": mapping}, fetcher
        ),
        "europeana": lambda: EuropeanaHarvester(
            partner.url("/search.json"), {"query": "v"}, fetcher
        ),
        "oai_pmh": lambda: OaiPmhHarvester(
            partner.url("/c"), {"metadata_prefix": "oai_dc"}, fetcher
        ),
    }
    return made[protocol]()


@pytest.mark.parametrize(
    "protocol", ["iiif_collection", "iiif_discovery", "json_catalogue", "europeana", "oai_pmh"]
)
def test_a_list_without_an_end_is_ended(
    protocol: str, partner: Partner, keyed: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iiif_collection, "MAX_COLLECTIONS", 20)
    monkeypatch.setattr(iiif_discovery, "MAX_PAGES", 20)
    events: list[HarvestEvent] = []
    reason = None
    try:
        for event in _endless(partner, keyed, protocol).harvest():
            events.append(event)
            assert len(events) < MOST_EVENTS
    except (FetchError, HarvestError) as error:
        reason = error.reason

    failures = [event.reason for event in events if isinstance(event, RecordFailure)]
    # Europeana's last page has no items; whether it was the last is told by the total.
    assert reason or failures or protocol == "europeana"
    assert not any(getattr(event, "whole", False) for event in events)
    assert keyed.requests < MOST_EVENTS
