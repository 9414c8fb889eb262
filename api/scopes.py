"""Which of a result's candidates are shown: all, of other sources, of one source, of one facet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iiif_dedup.publish.clean import plain_text
from iiif_dedup.publish.presentation import mappings
from iiif_dedup.types import RecordView

ALL = "all"
OTHER_SOURCES = "other_sources"
_SOURCE = "source:"
_FACET = "facet:"


def is_scope(text: str) -> bool:
    """Tell whether `text` is all, other_sources, source:KEY or facet:LABEL=VALUE."""
    if text.startswith(_FACET):
        label, equals, value = text.removeprefix(_FACET).partition("=")
        return bool(label.strip() and equals and value.strip())
    return text in {ALL, OTHER_SOURCES} or (len(text) > len(_SOURCE) and text.startswith(_SOURCE))


def contains(scope: str, candidate: RecordView, anchor: RecordView) -> bool:
    """Tell whether a candidate is in the scope of a search from `anchor`.

    A facet counts in any of its languages, whatever the case of its letters.
    """
    if scope == OTHER_SOURCES:
        return candidate.source_key != anchor.source_key
    if scope.startswith(_SOURCE):
        return candidate.source_key == scope.removeprefix(_SOURCE)
    if scope.startswith(_FACET):
        label, _, value = scope.removeprefix(_FACET).partition("=")
        return any(
            _same(label, facet.get("label")) and _same(value, facet.get("value"))
            for facet in mappings(list(candidate.facets))
        )
    return True


def _same(wanted: str, texts: object) -> bool:
    return any(_folded(text) == _folded(wanted) for text in _texts(texts))


def _texts(language_map: object) -> Iterator[str]:
    values = language_map.values() if isinstance(language_map, Mapping) else ()
    for several in values:
        if isinstance(several, list):
            yield from (text for text in several if isinstance(text, str))


def _folded(text: str) -> str:
    return plain_text(text).casefold()
