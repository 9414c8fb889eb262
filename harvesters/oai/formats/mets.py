"""METS: pages in the order of the physical structure, one file each, described by MODS.

METS primer, `fileSec` and `structMap`; the names of file groups are those of the DFG viewer's
profile. Of several sizes the middle one is taken, which is about as large as a search needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from harvesters.oai.formats import mods as mods_format
from harvesters.oai.formats.draft import Draft, children, local_name, text_of
from harvesters.oai.xml import Element

_HREF = "{http://www.w3.org/1999/xlink}href"
_GROUPS = ("DEFAULT", "PRESENTATION", "REFERENCE", "IMAGE", "IMAGES", "MAX", "MASTER", "ARCHIVE")
_PREVIEWS = ("THUMBS", "THUMBNAIL", "THUMBNAILS", "MIN", "TEASER")


def read(mets: Element, draft: Draft) -> None:
    """Put what a `mets` element says into the draft."""
    description = next(_descriptions(mets), None)
    if description is not None:
        mods_format.read(description, draft)
    for division in _divisions(mets, "LOGICAL"):
        if not draft.has_title:
            draft.title(division.get("LABEL", ""))
        break
    for element in mets.iter():
        _rights(element, draft)
    files = _files(mets)
    for file_ids in _pages(mets) or [[file_id] for file_id in files]:
        _page([files[file_id] for file_id in file_ids if file_id in files], draft)


def _descriptions(mets: Element) -> Iterator[Element]:
    """Yield the MODS of the sections that the logical structure names first, then of all."""
    sections = {section.get("ID"): section for section in children(mets, "dmdSec")}
    first = next(_divisions(mets, "LOGICAL"), None)
    named = first.get("DMDID", "").split() if first is not None else []
    for section in [*(sections.get(name) for name in named), *sections.values()]:
        if section is not None:
            yield from children(section, "mdWrap", "xmlData", "mods")


def _divisions(mets: Element, kind: str) -> Iterator[Element]:
    """Yield the divisions of the structure of a kind, from the top, in document order."""
    for structure in children(mets, "structMap"):
        if structure.get("TYPE", "").upper() == kind:
            yield from (element for element in structure.iter() if local_name(element) == "div")


def _rights(element: Element, draft: Draft) -> None:
    """Take what the DFG viewer's profile says about rights, owner and links."""
    name = local_name(element)
    if name == "license":
        draft.right(text_of(element))
    elif name == "owner":
        draft.provider = draft.provider or text_of(element) or None
    elif name == "presentation":
        draft.page(text_of(element))
    elif name == "iiif":
        draft.manifest(text_of(element))


def _files(mets: Element) -> dict[str, tuple[str, str, str]]:
    """Return group, media type and URL of each file by its id, in document order."""
    found: dict[str, tuple[str, str, str]] = {}
    for group in (element for element in mets.iter() if local_name(element) == "fileGrp"):
        for file in children(group, "file"):
            for location in children(file, "FLocat")[:1]:
                use = (group.get("USE") or file.get("USE") or "").upper()
                url = location.get(_HREF) or ""
                found[file.get("ID", url)] = (use, file.get("MIMETYPE", ""), url)
    return found


def _pages(mets: Element) -> list[list[str]]:
    """Return the ids of the files of each page, in order."""
    pages = []
    for division in _divisions(mets, "PHYSICAL"):
        files = [pointer.get("FILEID", "") for pointer in children(division, "fptr")]
        if files and division.get("TYPE", "").lower() != "physsequence":
            pages.append(files)
    return pages


def _page(files: list[tuple[str, str, str]], draft: Draft) -> None:
    """Add one page's picture: the first that is one, best group first."""

    def place(file: tuple[str, str, str]) -> int:
        return _GROUPS.index(file[0]) if file[0] in _GROUPS else len(_GROUPS)

    for use, _, url in files:
        if use in _PREVIEWS:
            draft.preview(url)
    for _, media_type, url in sorted(
        (file for file in files if file[0] not in _PREVIEWS), key=place
    ):
        if draft.picture(url, media_type or None):
            break
