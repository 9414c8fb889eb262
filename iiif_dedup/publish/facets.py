"""Facets of records: compared in any language and letter case, told in the partners' own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iiif_dedup.publish.clean import plain_language_map, plain_text
from iiif_dedup.publish.presentation import mappings
from iiif_dedup.types import RecordView


def folded(text: str) -> str:
    """Return a partner's text as it is compared: plain, and whatever the case of its letters."""
    return plain_text(text).casefold()


def folded_texts(language_map: object) -> set[str]:
    """Return the texts of a language map in all its languages, as they are compared."""
    values = language_map.values() if isinstance(language_map, Mapping) else ()
    return {
        folded(text)
        for several in values
        if isinstance(several, list)
        for text in several
        if isinstance(text, str)
    }


def in_common(record: RecordView, other: RecordView) -> list[dict[str, Any]]:
    """Return the facets of `other` whose label and value `record` has too.

    Each is `{"label": …, "value": …}`, language maps of plain texts, in the words of `other`;
    of a value the texts that both have.
    """
    ours = [
        (folded_texts(facet.get("label")), folded_texts(facet.get("value")))
        for facet in mappings(list(record.facets))
    ]
    found = []
    for facet in mappings(list(other.facets)):
        labels = folded_texts(facet.get("label"))
        values = {text for label, value in ours if label & labels for text in value} - {""}
        shared = {
            language: kept
            for language, texts in plain_language_map(facet.get("value")).items()
            if (kept := [text for text in texts if text.casefold() in values])
        }
        if shared:
            found.append({"label": plain_language_map(facet.get("label")), "value": shared})
    return found
