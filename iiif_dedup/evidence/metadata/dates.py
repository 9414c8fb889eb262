"""Datings: years, ranges and parts of centuries, before and after Christ.

Years are whole numbers, negative before Christ; that there was no year 0 is left aside. What
cannot be told for certain to be before or after Christ is not read at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from iiif_dedup.evidence.metadata.date_words import spans
from iiif_dedup.evidence.metadata.ways import Fact, Relation, Verdict, Way

LEAST_GAP: Final = 10
"""Years that at least lie between two datings that contradict each other."""
GAP_BY_AGE: Final = 0.02
"""The same as a share of the age: the older, the less sure are dates; 50 years in 500 BC."""
PHOTOGRAPHY: Final = 1840
"""A date from this year on may be that of the picture, and contradicts none before it."""
HEAVIEST: Final = 0.5
_SPAN: Final = 300.0
"""Years over which a collection's objects are taken to be spread."""
_PRESENT: Final = 2000


@dataclass(frozen=True, slots=True)
class Dating(Fact):
    """From which year to which."""

    first: int
    last: int

    @property
    def width(self) -> int:
        """Years that it may be."""
        return self.last - self.first + 1


def _read(words: str, _role: str) -> list[Dating]:
    return [
        Dating(cited, local=False, first=span.first, last=span.last) for cited, span in spans(words)
    ]


def _relate(ours: Dating, theirs: Dating) -> Relation:
    gap = max(ours.first, theirs.first) - min(ours.last, theirs.last)
    if gap > 0:
        return Relation(Verdict.OPPOSED if _opposed(ours, theirs, gap) else Verdict.COMPATIBLE)
    chance = (ours.width + theirs.width) / _SPAN
    if chance >= 1:
        return Relation(Verdict.COMPATIBLE)
    return Relation(Verdict.SAME, "date", weight=min(HEAVIEST, -math.log10(chance)))


def _opposed(ours: Dating, theirs: Dating, gap: int) -> bool:
    early, late = sorted((ours, theirs), key=lambda each: each.first)
    allowed = max(LEAST_GAP, GAP_BY_AGE * (_PRESENT - early.last))
    photographed = late.first >= PHOTOGRAPHY > early.last
    return gap > allowed and not photographed


def _implies(sharper: Dating, blunter: Dating) -> bool:
    inside = blunter.first <= sharper.first and sharper.last <= blunter.last
    return inside and sharper.width < blunter.width


DATES = Way(read=_read, relate=_relate, implies=_implies)
