"""MARC 21 in MARCXML: electronic locations stand in field 856.

MARC 21 bibliographic, 856: $u is the URL, $q the type, $3, $y and $z say in words what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harvesters.oai.formats.draft import (
    Draft,
    children,
    local_name,
    looks_like_image,
    looks_like_manifest,
    text_of,
)
from harvesters.oai.xml import Element

_PREVIEW = re.compile(r"thumb|vorschau|preview|cover", re.IGNORECASE)
_MANIFEST = re.compile(r"iiif|manifest", re.IGNORECASE)
_END = " /:;,="
_FACETS = (
    ("Creator", ("100", "110", "700", "710"), "a"),
    ("Other title", ("246", "240"), "a"),
    ("Place", ("260", "264"), "a"),
    ("Publisher", ("260", "264"), "b"),
    ("Date", ("260", "264"), "c"),
    ("Extent", ("300",), "a"),
    ("Medium", ("340",), "a"),
    ("Note", ("500", "545"), "a"),
    ("Description", ("520",), "a"),
    ("Rights", ("540",), "a"),
    ("Subject", ("600", "610", "650", "651"), "a"),
    ("Genre", ("655",), "a"),
    ("Identifier", ("020", "024"), "a"),
)


def records(root: Element) -> list[Element]:
    """Return the `record` elements of a `collection`, or the root when it is one."""
    return [root] if local_name(root) == "record" else children(root, "record")


def control_number(record: Element) -> str:
    """Return field 001, "" when there is none."""
    for field in children(record, "controlfield"):
        if field.get("tag") == "001":
            return text_of(field)
    return ""


def read(record: Element, draft: Draft) -> None:
    """Put what one MARC record says into the draft."""
    fields: dict[str, list[Element]] = {}
    for field in children(record, "datafield"):
        fields.setdefault(field.get("tag", ""), []).append(field)
    for field in fields.get("245", []):
        parts = [part.rstrip(_END) for code in "ab" for part in _subfields(field, code)]
        draft.title(" : ".join(filter(None, parts)))
    for label, tags, code in _FACETS:
        for text in (text for tag in tags for text in _values(fields, tag, code)):
            draft.facet(label, text.rstrip(_END))
    for text in _values(fields, "852", "ba"):
        draft.provider = draft.provider or text
    for text in _values(fields, "540", "u"):
        draft.right(text)
    for field in fields.get("856", []):
        _location(field, draft)


def _values(fields: Mapping[str, list[Element]], tag: str, codes: str) -> Iterator[str]:
    for field in fields.get(tag, []):
        for code in codes:
            yield from _subfields(field, code)


def _location(field: Element, draft: Draft) -> None:
    media_type = next(_subfields(field, "q"), None)
    said = " ".join(text for code in "3yz" for text in _subfields(field, code))
    for url in _subfields(field, "u"):
        named = bool(_MANIFEST.search(said)) and not looks_like_image(url)
        if named or looks_like_manifest(url) or media_type == "application/ld+json":
            draft.manifest(url)
        elif _PREVIEW.search(said):
            draft.preview(url)
        elif not draft.picture(url, media_type):
            draft.page(url)


def _subfields(field: Element, code: str) -> Iterator[str]:
    for subfield in children(field, "subfield"):
        text = text_of(subfield) if subfield.get("code") == code else ""
        if text:
            yield text
