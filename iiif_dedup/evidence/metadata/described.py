"""What a catalogue says about an object, as the comparison takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from iiif_dedup.evidence.metadata.words import fold, plain
from iiif_dedup.types import Json, Record, RecordView


@dataclass(frozen=True, slots=True)
class Described:
    """The words of one record; they may be anything that a partner wrote.

    Attributes:
        titles: As in `Record`.
        facets: As in `Record`.
        provider: As in `Record`.
    """

    titles: Mapping[str, Json] | Mapping[str, tuple[str, ...]]
    facets: Sequence[Json]
    provider: str | None = None

    @classmethod
    def of(cls, record: Record | RecordView) -> Self:
        """Return the words of `record`."""
        return cls(record.titles, record.facets, record.provider)

    def shares_provider(self, other: Described) -> bool:
        """Return whether both name the same provider."""
        ours, theirs = (fold(plain(each.provider)) for each in (self, other))
        return bool(ours) and ours == theirs
