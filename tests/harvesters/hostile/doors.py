"""Where a hostile page meets a harvester: one door for each kind of document that it reads.

Behind a door stands a partner whose other pages are good. A document that is the collection
itself ends the harvest; one of a single record becomes a failure between two good records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from harvesters.base import Harvester
from harvesters.europeana import EuropeanaHarvester
from harvesters.iiif_collection import IiifCollectionHarvester
from harvesters.iiif_discovery import IiifDiscoveryHarvester
from harvesters.json_catalogue import JsonCatalogueHarvester
from harvesters.oai_pmh import OaiPmhHarvester
from iiif_dedup.fetch import Fetcher
from tests.harvesters.partner import Partner


@dataclass(frozen=True, slots=True)
class Opening:
    """A partner that is ready, but for one page.

    Attributes:
        harvester: Of the partner.
        put: Takes the page that is missing.
        good: The document that ought to stand there.
        others: Identifiers of the records that are good whatever stands there.
    """

    harvester: Harvester
    put: Callable[[Any], None]
    good: bytes
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """One kind of document of one protocol.

    Attributes:
        name: As in the document.
        format: "json" or "xml".
        opened: Makes the partner.
        ends: Whether the harvest ends with what is wrong here.
        first: Whether nothing else is asked before.
    """

    name: str
    format: str
    opened: Callable[[Partner, Fetcher], Opening]
    ends: bool = True
    first: bool = True


def _hole(partner: Partner, path: str) -> tuple[Callable[[Any], None], bytes]:
    """Return what puts a page at a path, and the good one that stands there."""
    good = json.dumps(partner.pages[path]).encode()

    def put(page: Any) -> None:
        partner.pages[path] = page

    return put, good


def _collection(partner: Partner, fetcher: Fetcher) -> Opening:
    partner.collection("/c", partner.manifest("/m"))
    return Opening(IiifCollectionHarvester(partner.url("/c"), {}, fetcher), *_hole(partner, "/c"))


def _below(partner: Partner, fetcher: Fetcher) -> Opening:
    inner = partner.collection("/inner", partner.manifest("/within"))
    partner.collection("/c", partner.manifest("/a"), inner, partner.manifest("/z"))
    harvester = IiifCollectionHarvester(partner.url("/c"), {}, fetcher)
    return Opening(harvester, *_hole(partner, "/inner"), (partner.url("/a"), partner.url("/z")))


def _manifest(partner: Partner, fetcher: Fetcher) -> Opening:
    partner.collection("/c", *(partner.manifest(path) for path in ("/a", "/m", "/z")))
    harvester = IiifCollectionHarvester(partner.url("/c"), {}, fetcher)
    return Opening(harvester, *_hole(partner, "/m"), (partner.url("/a"), partner.url("/z")))


_SEARCH = "/record/v2/search.json"


def _europeana(partner: Partner, fetcher: Fetcher, *identifiers: str) -> EuropeanaHarvester:
    partner.pages[_SEARCH] = {
        "success": True,
        "totalResults": len(identifiers),
        "items": [{"id": identifier} for identifier in identifiers],
    }
    for identifier in identifiers:
        view = {"edmIsShownBy": partner.url(f"{identifier}.jpg")}
        partner.pages[f"/record/v2{identifier}.json"] = {
            "success": True,
            "object": {"type": "IMAGE", "aggregations": [view]},
        }
    return EuropeanaHarvester(partner.url(_SEARCH), {"query": "vase"}, fetcher)


def _europeana_search(partner: Partner, fetcher: Fetcher) -> Opening:
    return Opening(_europeana(partner, fetcher, "/1/m"), *_hole(partner, _SEARCH))


def _europeana_record(partner: Partner, fetcher: Fetcher) -> Opening:
    harvester = _europeana(partner, fetcher, "/1/a", "/1/m", "/1/z")
    return Opening(harvester, *_hole(partner, "/record/v2/1/m.json"), ("/1/a", "/1/z"))


def _stream(partner: Partner, fetcher: Fetcher, hole: str) -> Opening:
    """A stream of two pages, the older of which names the record that is missing."""
    names = ("/a", "/m", "/z")
    for name in names:
        partner.manifest(name)
    last, first = partner.url("/page/2"), partner.url("/page/1")
    partner.pages["/stream"] = {
        "@context": "http://iiif.io/api/discovery/1/context.json",
        "id": partner.url("/stream"),
        "type": "OrderedCollection",
        "last": {"id": last, "type": "OrderedCollectionPage"},
    }
    for url, held in ((first, ("/m",)), (last, ("/a", "/z"))):
        partner.pages[url.removeprefix(partner.base)] = {
            "@context": "http://iiif.io/api/discovery/1/context.json",
            "id": url,
            "type": "OrderedCollectionPage",
            "orderedItems": [
                {"type": "Create", "object": {"id": partner.url(name), "type": "Manifest"}}
                for name in held
            ],
            **({"prev": {"id": first, "type": "OrderedCollectionPage"}} if url == last else {}),
        }
    harvester = IiifDiscoveryHarvester(partner.url("/stream"), {}, fetcher)
    others = (partner.url("/a"), partner.url("/z")) if hole == "/m" else ()
    return Opening(harvester, *_hole(partner, hole), others)


_PAGED: Mapping[str, Any] = {
    "items": "items",
    "identifier": "id",
    "titles": "title",
    "paging": {"by": "next", "next": "next"},
}


def _catalogue(partner: Partner, fetcher: Fetcher, hole: str) -> Opening:
    partner.pages["/api"] = {
        "items": [{"id": "a", "title": "A"}, {"id": "z", "title": "Z"}],
        "next": partner.url("/api/2"),
    }
    partner.pages["/api/2"] = {"items": [{"id": "m", "title": "M"}]}
    harvester = JsonCatalogueHarvester(partner.url("/api"), {"mapping": _PAGED}, fetcher)
    return Opening(harvester, *_hole(partner, hole))


_OAI = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
  <responseDate>{}T23:00:00Z</responseDate><request>http://a.example/oai</request>
  {}
</OAI-PMH>"""
# A list that cannot be read is narrowed to days, of which there is one here.
_TODAY = datetime.now(UTC).date().isoformat()
OAI_IDENTIFY = f"""<Identify><repositoryName>R</repositoryName><baseURL>http://a.example/oai</baseURL>
  <protocolVersion>2.0</protocolVersion><earliestDatestamp>{_TODAY}</earliestDatestamp>
  <deletedRecord>no</deletedRecord><granularity>YYYY-MM-DD</granularity></Identify>"""
_FORMATS = """<ListMetadataFormats><metadataFormat><metadataPrefix>oai_dc</metadataPrefix>
  <metadataNamespace>http://www.openarchives.org/OAI/2.0/oai_dc/</metadataNamespace>
  </metadataFormat></ListMetadataFormats>"""
_HEADER = f"<header><identifier>{{}}</identifier><datestamp>{_TODAY}</datestamp></header>"
_DUBLIN_CORE = """<metadata><dc xmlns="http://www.openarchives.org/OAI/2.0/oai_dc/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Krater</dc:title>
  <dc:identifier>https://images.example/1.jpg</dc:identifier></dc></metadata>"""


def oai_response(inner: str) -> bytes:
    """Return a response of a repository."""
    return _OAI.format(_TODAY, inner).encode()


def oai_list(verb: str, *records: str) -> bytes:
    """Return a response with records, each written as XML."""
    return oai_response(f"<{verb}>{''.join(records)}</{verb}>")


def oai_record(identifier: str, metadata: str = _DUBLIN_CORE) -> str:
    """Return a record; the identifier is XML already."""
    return f"<record>{_HEADER.format(identifier)}{metadata}</record>"


def _repository(partner: Partner, fetcher: Fetcher, hole: str) -> Opening:
    names = ("oai:a", "oai:m", "oai:z")
    pages: dict[str, Any] = {
        "Identify": oai_response(OAI_IDENTIFY),
        "ListMetadataFormats": oai_response(_FORMATS),
        "ListRecords": oai_list("ListRecords", *map(oai_record, names)),
        "ListIdentifiers": oai_list("ListIdentifiers", *map(_HEADER.format, names)),
    }

    def answer(query: Mapping[str, list[str]], _headers: Mapping[str, str]) -> Any:
        if query["verb"] == ["GetRecord"]:
            return oai_list("GetRecord", oai_record(query["identifier"][0]))
        return pages[query["verb"][0]]

    def put(page: Any) -> None:
        pages[hole] = page

    partner.pages["/oai"] = answer
    return Opening(OaiPmhHarvester(partner.url("/oai"), {}, fetcher), put, pages[hole])


DOORS: tuple[Door, ...] = (
    Door("iiif_collection collection", "json", _collection),
    Door("iiif_collection sub-collection", "json", _below, ends=False, first=False),
    Door("iiif_collection manifest", "json", _manifest, ends=False, first=False),
    Door("europeana search", "json", _europeana_search),
    Door("europeana record", "json", _europeana_record, ends=False, first=False),
    Door("iiif_discovery stream", "json", partial(_stream, hole="/stream")),
    Door("iiif_discovery page", "json", partial(_stream, hole="/page/1"), first=False),
    Door("iiif_discovery manifest", "json", partial(_stream, hole="/m"), ends=False, first=False),
    Door("json_catalogue page", "json", partial(_catalogue, hole="/api")),
    Door("json_catalogue next page", "json", partial(_catalogue, hole="/api/2"), first=False),
    Door("oai_pmh Identify", "xml", partial(_repository, hole="Identify")),
    Door("oai_pmh ListRecords", "xml", partial(_repository, hole="ListRecords"), first=False),
)


def doors(format_: str) -> Iterator[Door]:
    """Yield the doors that documents of a format come through."""
    return (door for door in DOORS if door.format == format_)
