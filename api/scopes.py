"""Which of a result's candidates are shown: all, of other sources, of one source, of one facet."""

from __future__ import annotations

from iiif_dedup.publish.facets import folded, folded_texts
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


def sources(scope: str, anchor: RecordView) -> tuple[str | None, str | None]:
    """Return the one source that a scope keeps, and the one that it leaves out, if there is one."""
    if scope.startswith(_SOURCE):
        return scope.removeprefix(_SOURCE), None
    return None, anchor.source_key if scope == OTHER_SOURCES else None


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
            folded(label) in folded_texts(facet.get("label"))
            and folded(value) in folded_texts(facet.get("value"))
            for facet in mappings(list(candidate.facets))
        )
    return True
