"""One OAI-PMH response as values: records, headers, errors, the token, Identify, the formats.

OAI-PMH 2.0, sections 2.5, 3.2, 3.5, 3.6 and 4. Records are converted while they are parsed, and
their elements dropped, so that a page takes the memory of its records alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from harvesters.oai import formats, xml
from harvesters.oai.dates import Granularity, parse
from harvesters.oai.xml import Element
from harvesters.values import clean_text
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import Deletion, Record, RecordFailure

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_RECORD, _HEADER, _METADATA = f"{_OAI}record", f"{_OAI}header", f"{_OAI}metadata"
_LISTS = frozenset({f"{_OAI}ListRecords", f"{_OAI}GetRecord"})
_ANSWERS = frozenset(
    {"Identify", "ListMetadataFormats", "ListSets", "ListIdentifiers", "ListRecords", "GetRecord"}
)
_SIMPLE = ("responseDate", "error", "resumptionToken", "metadataFormat", *sorted(_ANSWERS))
_TAGS = (_RECORD, _HEADER, *(f"{_OAI}{name}" for name in _SIMPLE))


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a record.

    Attributes:
        identifier: Without outer blanks; None when it is missing.
        datestamp: As written; None when it is missing or none that the protocol knows.
        sets: The sets it is in.
        deleted: Whether it says that the record is gone.
    """

    identifier: str | None
    datestamp: str | None
    sets: frozenset[str]
    deleted: bool

    def is_in(self, wanted: frozenset[str]) -> bool:
        """Whether it is in one of the sets, or in a set below one; `a:b` is below `a`."""
        return any(
            name == one or name.startswith(f"{one}:") for name in self.sets for one in wanted
        )


@dataclass(frozen=True, slots=True)
class Member:
    """A header with what became of its record."""

    header: Header
    events: tuple[Record | RecordFailure | Deletion, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What Identify says; see OAI-PMH 2.0, section 4.2."""

    base_url: str
    granularity: Granularity
    deleted_record: str
    earliest: datetime


@dataclass(slots=True)
class Page:
    """One response.

    Attributes:
        answered: Whether it has the element of a verb, as every response without errors has.
        response_date: None when it is missing or malformed.
        errors: Code and message of each error.
        members: Records of a list, in order.
        headers: Headers of ListIdentifiers, in order.
        token: The resumption token without outer blanks; None where the list is complete.
        size: `completeListSize`; None when it is missing or no number.
        formats: Prefix and namespace of each metadata format.
        identity: The answer to Identify.
    """

    answered: bool = False
    response_date: datetime | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    token: str | None = None
    size: int | None = None
    formats: list[tuple[str, str]] = field(default_factory=list)
    identity: Identity | None = None

    def has_error(self, code: str) -> bool:
        """Whether one of the errors has this code."""
        return any(one == code for one, _ in self.errors)


def read_page(body: bytes, url: str, *, limit: int, thumbnails: bool = False) -> Page:
    """Return what a response says.

    Args:
        body: As fetched.
        url: What was asked, for messages and failures.
        limit: Most bytes of an unannounced gzip stream after unpacking.
        thumbnails: Whether a preview is a picture where there is nothing better.

    Raises:
        HarvestError: NOT_XML, NOT_OAI_PMH (something else, or no answer in it), XML_WITH_DTD, or
            INVALID_DATESTAMP in Identify.
        FetchError: TOO_LARGE.
    """
    return xml.read(body, url, limit, lambda good: _parse(good, url, thumbnails=thumbnails))


def _parse(body: bytes, url: str, *, thumbnails: bool) -> Page:
    page = Page()
    for element in xml.events(body, _TAGS, url):
        name = str(element.tag).removeprefix(_OAI)
        parent = element.getparent()
        if name == "record" and parent is not None and parent.tag in _LISTS:
            page.members.append(_member(element, url, len(page.members), thumbnails=thumbnails))
            _drop(element)
        elif name == "header" and parent is not None and parent.tag == f"{_OAI}ListIdentifiers":
            page.headers.append(_header(element))
            _drop(element)
        elif name not in {"record", "header"}:
            _simple(page, name, element, url)
    if not page.answered and not page.errors:
        raise HarvestError(
            Reason.NOT_OAI_PMH,
            f"Expected an answer or an error from {url}, got none of them.",
        )
    return page


def _drop(element: Element) -> None:
    """Free an element and those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _simple(page: Page, name: str, element: Element, url: str) -> None:
    text = clean_text(element.text or "")
    if name == "responseDate":
        page.response_date = parse(text)
    elif name == "error":
        page.errors.append((clean_text(element.get("code", ""))[:100], text[:500]))
    elif name == "resumptionToken":
        page.token = (element.text or "").strip() or None
        size = element.get("completeListSize", "").strip()
        page.size = int(size) if size.isdecimal() and len(size) < 16 else None
    elif name == "metadataFormat":
        prefix, namespace = _child(element, "metadataPrefix"), _child(element, "metadataNamespace")
        if prefix:
            page.formats.append((prefix, namespace))
    elif name in _ANSWERS:
        page.answered = True
        page.identity = _identity(element, url) if name == "Identify" else None


def _child(element: Element, name: str) -> str:
    return clean_text(element.findtext(f"{_OAI}{name}", ""))


def _identity(element: Element, url: str) -> Identity:
    written = _child(element, "earliestDatestamp")
    earliest = parse(written)
    if earliest is None:
        raise HarvestError(
            Reason.INVALID_DATESTAMP,
            f"Expected earliestDatestamp as a UTC date in the Identify response of {url}, got "
            f"{written[:50]!r}. Ask the partner to mend it.",
        )
    seconds = _child(element, "granularity").lower().endswith("ssz")
    deleted = _child(element, "deletedRecord").lower()
    return Identity(
        base_url=_child(element, "baseURL"),
        granularity=Granularity.SECONDS if seconds else Granularity.DAYS,
        deleted_record=deleted if deleted in {"transient", "persistent"} else "no",
        earliest=earliest,
    )


def _header(element: Element) -> Header:
    datestamp = _child(element, "datestamp")
    return Header(
        identifier=_child(element, "identifier") or None,
        datestamp=datestamp if parse(datestamp) else None,
        sets=frozenset(clean_text(node.text or "") for node in element.iterfind(f"{_OAI}setSpec")),
        deleted=element.get("status", "") == "deleted",
    )


def _member(element: Element, url: str, place: int, *, thumbnails: bool) -> Member:
    node = element.find(_HEADER)
    header = _header(node) if node is not None else Header(None, None, frozenset(), deleted=False)
    return Member(header, tuple(_events(element, header, url, place, thumbnails=thumbnails)))


def _events(
    element: Element, header: Header, url: str, place: int, *, thumbnails: bool
) -> Iterator[Record | RecordFailure | Deletion]:
    """Yield the records of an element, its deletion, or why it is none."""
    identifier = header.identifier
    if identifier is None:
        detail = "Its header has no identifier."
        yield RecordFailure(f"record {place + 1} of {url}", url, Reason.NOT_A_RECORD, detail)
        return
    if header.deleted:
        yield Deletion(identifier)
        return
    metadata = element.find(_METADATA)
    try:
        records = (
            formats.read(metadata, identifier, header.datestamp, thumbnails=thumbnails)
            if metadata is not None
            else []
        )
    except HarvestError as error:
        yield RecordFailure(identifier, url, error.reason, str(error))
        return
    if not records:
        detail = "It is not deleted and has no metadata, or an empty element in their place."
        yield RecordFailure(identifier, url, Reason.NOT_A_RECORD, detail)
    yield from records
