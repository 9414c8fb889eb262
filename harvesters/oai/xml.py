"""Bytes of a partner to XML events: strict first, mended once, never recovered in silence.

The parser loads no DTD, asks no network, expands no entity and refuses huge trees; a document
that brings a DTD is refused (DESIGN, section 12). What is mended is what partners are known to
break without any doubt about the meaning: blanks or notices around the document, characters that
XML forbids, bytes of Windows-1252 in UTF-8, inner XML declarations, undeclared prefixes.
"""

from __future__ import annotations

import codecs
import logging
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import TypeAlias, TypeVar

from lxml import etree

from iiif_dedup.errors import FetchError, HarvestError, Reason

logger = logging.getLogger(__name__)

Element: TypeAlias = etree._Element
T = TypeVar("T")

ROOT = "{http://www.openarchives.org/OAI/2.0/}OAI-PMH"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "edm": "http://www.europeana.eu/schemas/edm/",
    "lido": "http://www.lido-schema.org",
    "mets": "http://www.loc.gov/METS/",
    "mods": "http://www.loc.gov/mods/v3",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "ore": "http://www.openarchives.org/ore/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "svcs": "http://rdfs.org/sioc/services#",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
"""Namespaces of prefixes that partners use without declaring them."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_ROOT = re.compile(r"<((?:[A-Za-z_][\w.-]*:)?OAI-PMH)\b")
_PREFIX = re.compile(r"<([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=\s*[\"']")
_DECLARED = re.compile(r"xmlns:([A-Za-z_][\w.-]*)\s*=")
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Read a byte that is no UTF-8 as Windows-1252, what such bytes are in practice."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", "replace"), error.start + 1


codecs.register_error("iiif_dedup.windows_1252", _windows_1252)


def read(body: bytes, url: str, limit: int, consume: Callable[[bytes], T]) -> T:
    """Return what `consume` makes of a document, mended where it has to be.

    Args:
        body: As fetched; a gzip stream that nobody announced is unpacked.
        url: Where it came from, for messages.
        limit: Most bytes after unpacking.
        consume: Parses bytes with `events`; called again with mended bytes where they are broken.

    Raises:
        HarvestError: NOT_XML, also after mending; NOT_OAI_PMH for a page of HTML; whatever
            `consume` raises.
        FetchError: TOO_LARGE.
    """
    body = _unpacked(body, url, limit)
    try:
        return consume(body)
    except etree.XMLSyntaxError as error:
        broken = error
    if _HTML.match(body):
        raise HarvestError(
            Reason.NOT_OAI_PMH,
            f"Expected an OAI-PMH response from {url}, got a page of HTML. Check the base URL.",
        )
    try:
        mended = consume(_mended(body))
    except etree.XMLSyntaxError:
        raise HarvestError(
            Reason.NOT_XML,
            f"Expected XML from {url}, got {len(body)} bytes that are none: {broken}."[:1000],
        ) from None
    logger.warning("%s is not well-formed (%s) and was mended.", url, str(broken)[:200])
    return mended


def events(body: bytes, tags: Sequence[str], url: str) -> Iterator[Element]:
    """Yield each element of an OAI-PMH response that has one of `tags`, when it is complete.

    Raises:
        HarvestError: XML_WITH_DTD, or NOT_OAI_PMH for XML with another root.
        lxml.etree.XMLSyntaxError: The document is not well-formed.
    """
    parser = etree.iterparse(
        BytesIO(body),
        events=("start", "end"),
        tag=(ROOT, *tags),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    checked = False
    for event, element in parser:
        if not checked:
            _check_root(element.getroottree(), url)
            checked = True
        if event == "end" and element.tag != ROOT:
            yield element
    if not checked:
        _check_root(parser.root.getroottree(), url)


def _check_root(tree: etree._ElementTree, url: str) -> None:
    root = tree.getroot()
    if root.tag != ROOT:
        raise HarvestError(
            Reason.NOT_OAI_PMH,
            f"Expected an OAI-PMH response from {url}, got XML with the root {root.tag!s:.100}. "
            "Check the base URL.",
        )
    if tree.docinfo.internalDTD is not None:
        raise HarvestError(
            Reason.XML_WITH_DTD,
            f"Expected XML without a DTD from {url}, got one with it; a DTD can hide files, "
            "addresses and bombs, so it is not read.",
        )


def _unpacked(body: bytes, url: str, limit: int) -> bytes:
    if body.startswith(_ZSTD):
        raise HarvestError(Reason.NOT_XML, f"Expected XML from {url}, got zstd nobody asked for.")
    if not body.startswith(_GZIP):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise HarvestError(
            Reason.NOT_XML, f"Expected XML from {url}, got broken gzip: {error}."
        ) from None
    if len(unpacked) > limit:
        raise FetchError(Reason.TOO_LARGE, f"{url} unpacks to more than {limit} bytes, the limit.")
    return unpacked


def _mended(body: bytes) -> bytes:
    """Return the document as UTF-8, mended as this module's docstring says."""
    text = _decoded(body)
    root = _ROOT.search(text)
    if root is None:
        return body
    close = text.rfind(f"</{root[1]}")
    end = text.find(">", close) + 1 if close >= 0 else len(text)
    text = _DECLARATION.sub("", text[root.start() : end])
    text = _FORBIDDEN.sub("", _REFERENCE.sub(_legal_reference, text))
    undeclared = {one or other for one, other in _PREFIX.findall(text)}
    undeclared -= {"xml", "xmlns", *_DECLARED.findall(text)}
    declarations = "".join(
        f' xmlns:{prefix}="{NAMESPACES.get(prefix, f"urn:undeclared:{prefix}")}"'
        for prefix in sorted(undeclared)
    )
    name = len(root[0])
    return (text[:name] + declarations + text[name:]).encode()


def _decoded(body: bytes) -> str:
    if body.startswith(_UTF_16):
        return body.decode("utf-16", "replace")
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", body)
    try:
        encoding = codecs.lookup(declared[1].decode()).name if declared else "utf-8"
        if encoding not in {"utf-8", "utf-16", "ascii"}:
            return body.decode(encoding, "replace")
    except (LookupError, UnicodeError):
        pass
    return body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "iiif_dedup.windows_1252")


def _legal_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    legal = code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return match[0] if legal or 0x10000 <= code <= 0x10FFFF else ""
