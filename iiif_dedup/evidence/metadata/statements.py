"""From a record's facets and titles to statements of known kinds, within limits.

Partners' records may be of any shape and size: what is too much is left out, nothing raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from iiif_dedup.evidence.metadata.described import Described
from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.labels import TITLE, announced
from iiif_dedup.evidence.metadata.words import plain, plain_lines

MAX_FACETS: Final = 500
"""Pairs of label and value that are looked at in one record."""
MAX_STATEMENTS: Final = 12
"""Statements of one kind that are compared."""
_MAX_TEXTS: Final = 40
"""Texts that are looked at in one language map."""


class Statement(NamedTuple):
    """What a catalogue writes under one label.

    Attributes:
        words: Its words as plain text.
        label: The label as plain text, in the first language in which it is known.
        role: As in `labels.Announced`.
        firm: As in `labels.Announced`.
    """

    words: str
    label: str
    role: str
    firm: bool


def statements(described: Described) -> dict[Kind, list[Statement]]:
    """Return a record's statements by kind; those of facets come before those of titles."""
    found: dict[Kind, list[Statement]] = {}
    for facet in described.facets[:MAX_FACETS]:
        if isinstance(facet, Mapping):
            labels = [plain(text) for text in _texts(facet.get("label"))]
            _read(found, labels, facet.get("value"))
    _read(found, [TITLE], described.titles)
    return found


def _read(found: dict[Kind, list[Statement]], labels: list[str], value: object) -> None:
    label, entries = next(
        ((label, known) for label in labels if (known := announced(label))), ("", ())
    )
    places = [(entry, found.setdefault(entry.kind, [])) for entry in entries]
    if all(len(kept) >= MAX_STATEMENTS for _, kept in places):
        return
    words = [line for text in _texts(value) for line in plain_lines(text)]
    for entry, kept in places:
        for text in words[: MAX_STATEMENTS - len(kept)]:
            kept.append(Statement(text, label, entry.role, entry.firm))


def _texts(value: object) -> Iterator[object]:
    """Yield the texts of a language map, or of what a partner wrote instead."""
    return islice(_all_texts(value), _MAX_TEXTS)


def _all_texts(value: object) -> Iterator[object]:
    maps = value.values() if isinstance(value, Mapping) else [value]
    for texts in maps:
        if isinstance(texts, list | tuple):
            yield from texts
        else:
            yield texts
