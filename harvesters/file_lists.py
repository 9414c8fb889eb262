"""Reads a JSON or CSV list of records with pictures; no network, no folder.

JSON is a list of objects (or an object with that list as `records`), such as

    [{"id": "17", "title": "Krater", "images": ["17-a.jpg", "17-b.jpg"], "metadata": {…}}]

CSV has a line of column names, then one line a record; several pictures stand in one field with
`|` between them. In both, `title` and any column may be named once a language, as `title@el`, and
what has no meaning of its own here becomes a facet under its own name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harvesters.values import as_list, clean_text, language_map, mappings, titles
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import Json, LanguageMap

MAX_ENTRIES = 750_000
"""Most records of one list."""

_FIELDS = frozenset(
    {"id", "identifier", "image", "images", "metadata", "rights", "provider", "landing_page"}
    | {"manifest", "title"}
)
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a list, as written there.

    Attributes:
        identifier: "" where the list gives none.
        titles: By language.
        images: Paths or URLs of its pictures, in order.
        facets: As in `Record`.
        rights: URI of a rights statement, unchecked; so for the next two.
        landing_page: Page for people.
        manifest: URL of a IIIF manifest.
        provider: Name of the institution.
        problem: Why the entry cannot become a record, None when it can.
    """

    identifier: str
    titles: LanguageMap
    images: tuple[str, ...]
    facets: tuple[Mapping[str, Json], ...]
    rights: object = None
    landing_page: object = None
    manifest: object = None
    provider: str | None = None
    problem: str | None = None


def json_entries(document: Json, name: str) -> list[Entry]:
    """Return the entries of a JSON list.

    Args:
        document: As parsed.
        name: Of the file, for messages.

    Raises:
        HarvestError: NOT_A_LIST, or TOO_MANY_MEMBERS.
    """
    found = document.get("records") if isinstance(document, Mapping) else document
    if not isinstance(found, list):
        raise HarvestError(
            Reason.NOT_A_LIST,
            f"Expected a list of records in {name}, or an object with one as `records`, got "
            f"{type(document).__name__}.",
        )
    if len(found) > MAX_ENTRIES:
        raise _too_many(name)
    return [_entry(node) for node in found]


def csv_entries(text: str, name: str) -> list[Entry]:
    """Return the entries of a CSV list; the delimiter is the commonest in its first line.

    Args:
        text: The file, decoded.
        name: Of the file, for messages.

    Raises:
        HarvestError: NOT_A_LIST when it is no CSV with a column for identifiers, or
            TOO_MANY_MEMBERS.
    """
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip() for column in next(lines, [])]
        if not {"id", "identifier"} & set(columns):
            raise HarvestError(
                Reason.NOT_A_LIST,
                f"Expected a column `id` or `identifier` in {name}, got {first[:200]!r}.",
            )
        entries: list[Entry] = []
        for fields in filter(any, lines):
            if len(entries) == MAX_ENTRIES:
                raise _too_many(name)
            entries.append(_row(columns, fields))
    except csv.Error as error:
        raise HarvestError(
            Reason.NOT_A_LIST, f"{name} is no CSV at line {lines.line_num}: {error}."
        ) from None
    return entries


def decoded(body: bytes) -> tuple[str, bool]:
    """Return the text of a list, and whether it is UTF-8 (or UTF-16 with a mark).

    What is neither is read as Latin-1, in which every byte means something.
    """
    encoding = "utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return body.decode(encoding), True
    except UnicodeDecodeError:
        return body.decode("latin-1"), False


def _row(columns: list[str], fields: list[str]) -> Entry:
    """Return the entry of one line of a CSV list."""
    if len(fields) > len(columns):
        entry = _entry(dict(zip(columns, fields, strict=False)))
        problem = f"The line has {len(fields)} fields for {len(columns)} columns."
        return Entry(entry.identifier, {}, (), (), problem=problem)
    node: dict[str, Any] = {}
    for column, field in zip(columns, fields, strict=False):
        if column in {"image", "images"}:
            pictures = [part.strip() for part in field.split("|")]
            node["images"] = [*node.get("images", []), *filter(None, pictures)]
        elif column and field.strip():
            node[column] = field
    return _entry(node)


def _entry(node: Any) -> Entry:
    if not isinstance(node, Mapping):
        problem = f"Expected an object, got {type(node).__name__}."
        return Entry("", {}, (), (), problem=problem)
    identifier = clean_text(node.get("id")) or clean_text(node.get("identifier"))
    images = as_list(node.get("images")) or as_list(node.get("image"))
    return Entry(
        identifier=identifier,
        titles=titles(_by_language(node, "title")),
        images=tuple(filter(None, map(_address, images))),
        facets=tuple(_facets(node)),
        rights=node.get("rights"),
        landing_page=node.get("landing_page"),
        manifest=node.get("manifest"),
        provider=clean_text(node.get("provider")) or None,
        problem=None if identifier else "The entry has no `id`.",
    )


def _address(image: object) -> str:
    """Return where a picture is: a text, or `file` or `url` of an object."""
    if isinstance(image, Mapping):
        image = image.get("file") or image.get("url")
    return image if isinstance(image, str) else ""


def _facets(node: Mapping[str, Any]) -> Iterator[Mapping[str, Json]]:
    described = next(iter(mappings(node.get("metadata"))), {})
    for part in (node, described):
        names = dict.fromkeys(str(name).partition("@")[0] for name in part)
        for name in names:
            value = language_map(_by_language(part, name))
            if value and (part is described or name not in _FIELDS):
                yield {"label": language_map(name), "value": value}


def _by_language(node: Mapping[str, Any], name: str) -> list[Any]:
    """Return what stands under a name, and under the name with `@` and a language."""
    # Lists of objects, such as views with their own descriptions, are no texts.
    values = [value for value in as_list(node.get(name)) if not isinstance(value, list)]
    if any(isinstance(value, Mapping) for value in values) and len(values) > 1:
        values = []
    tagged = [
        {str(key).partition("@")[2]: value}
        for key, value in node.items()
        if str(key).startswith(f"{name}@")
    ]
    return [*values, *tagged]


def _too_many(name: str) -> HarvestError:
    return HarvestError(
        Reason.TOO_MANY_MEMBERS,
        f"Expected at most {MAX_ENTRIES} records in {name}. Split the list in several sources.",
    )
