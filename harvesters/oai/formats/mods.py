"""MODS 3: `location/url` tells by `access`, `note` and `usage` what a URL is.

MODS user guidelines, `location`: "preview" is a thumbnail, "raw object" the file itself, "object
in context" the page; partners add `note="iiif-manifest"` and `note="iiifManifest"`.
"""

from __future__ import annotations

import re

from harvesters.oai.formats.draft import Draft, children, local_name, text_of
from harvesters.oai.xml import Element
from harvesters.values import http_url

_HREF = "{http://www.w3.org/1999/xlink}href"
_MANIFEST = re.compile(r"iiif.?manifest", re.IGNORECASE)
_IMAGE = re.compile(r"\bimage\b", re.IGNORECASE)
_FACETS = (
    ("Creator", ("name", "namePart")),
    ("Type", ("typeOfResource",)),
    ("Genre", ("genre",)),
    ("Description", ("abstract",)),
    ("Note", ("note",)),
    ("Date", ("originInfo", "dateCreated")),
    ("Date", ("originInfo", "dateIssued")),
    ("Place", ("originInfo", "place", "placeTerm")),
    ("Publisher", ("originInfo", "publisher")),
    ("Form", ("physicalDescription", "form")),
    ("Extent", ("physicalDescription", "extent")),
    ("Language", ("language", "languageTerm")),
    ("Subject", ("subject", "topic")),
    ("Subject", ("subject", "geographic")),
    ("Subject", ("subject", "temporal")),
    ("Collection", ("relatedItem", "titleInfo", "title")),
    ("Shelf mark", ("location", "shelfLocator")),
)


def records(root: Element) -> list[Element]:
    """Return the `mods` elements of a `modsCollection`, or the root when it is one."""
    return [root] if local_name(root) == "mods" else children(root, "mods")


def read(mods: Element, draft: Draft) -> None:
    """Put what one `mods` element says into the draft."""
    _titles(mods, draft)
    for label, path in _FACETS:
        for element in children(mods, *path):
            draft.facet(label, text_of(element), element.get("lang"))
    for element in children(mods, "identifier"):
        if http_url(text_of(element), "") is None:
            draft.facet("Identifier", text_of(element))
    for element in children(mods, "accessCondition"):
        if not draft.right(element.get(_HREF)) and not draft.right(text_of(element)):
            draft.facet("Rights", text_of(element))
    _urls(mods, draft)
    _holder(mods, draft)


def _titles(mods: Element, draft: Draft) -> None:
    for info in children(mods, "titleInfo"):
        parts = [text_of(part) for name in ("nonSort", "title") for part in children(info, name)]
        below = [text_of(part) for part in children(info, "subTitle")]
        text = " : ".join([" ".join(filter(None, parts)), *below])
        if info.get("type") in {None, "translated"}:
            draft.title(text, info.get("lang"))
        else:
            draft.facet("Other title", text, info.get("lang"))


def _urls(mods: Element, draft: Draft) -> None:
    urls = children(mods, "location", "url")
    kinds = [*children(mods, "typeOfResource"), *children(mods, "physicalDescription", "form")]
    media = [text_of(node) for node in children(mods, "physicalDescription", "internetMediaType")]
    pictured = any(_IMAGE.search(text_of(kind)) for kind in kinds) or any(
        text.startswith("image/") for text in media
    )
    for url in urls:
        text, access = text_of(url), url.get("access", "")
        labelled = bool(_IMAGE.search(url.get("displayLabel", "")))
        if _MANIFEST.search(url.get("note", "")):
            draft.manifest(text)
        elif access == "preview":
            draft.preview(text)
        elif access == "raw object":
            draft.picture(text, trusted=pictured or labelled)
        elif access != "object in context" and not url.get("usage"):
            draft.picture(text)
    pages = [url for url in urls if url.get("access") == "object in context"]
    pages += [url for url in urls if url.get("usage") and url.get("access") != "raw object"]
    for page in pages:
        draft.page(text_of(page))
    for element in children(mods, "identifier"):
        if element.get("type") == "uri":
            draft.page(text_of(element))


def _holder(mods: Element, draft: Draft) -> None:
    owners = [note for note in children(mods, "note") if note.get("type") == "ownership"]
    places = [
        place for place in children(mods, "location", "physicalLocation") if not place.get("type")
    ]
    sources = children(mods, "recordInfo", "recordContentSource")
    for element in (*owners, *places, *sources):
        draft.provider = draft.provider or text_of(element) or None
