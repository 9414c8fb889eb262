"""Names of places and of makers, in whatever script and transliteration."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.tables import rows
from iiif_dedup.evidence.metadata.terms import glossary
from iiif_dedup.evidence.metadata.ways import UNRELATED, Fact, Relation, Verdict, Way
from iiif_dedup.evidence.metadata.words import fold, roots, stems

NAME_WEIGHT: Final = {Kind.PLACE: 0.8, Kind.ATTRIBUTION: 1.0}
"""Of an agreement about a name that the glossary does not know as common."""
MAX_NAME: Final = 120
"""Longest text that is taken for a name."""

_MAX_NAMES: Final = 12
_SEPARATORS: Final = {
    Kind.PLACE: re.compile(r"\s*[;,/|()>]\s*|\s(?:and|και|or|ή)\s"),
    Kind.ATTRIBUTION: re.compile(r"\s*[;|]\s*|\s(?:and|και)\s"),
}
_LIFE: Final = re.compile(r"\([^()]*\d[^()]*\)|\b1\d{3}\b.*")
_LETTERS: Final = 3
"""Letters that at least one word of a name has to have."""


@dataclass(frozen=True, slots=True)
class Name(Fact):
    """A name.

    Attributes:
        stems: Of its words, without those that name nobody and nowhere.
        role: "findspot", "origin" or "" for places; "" for makers.
        weight: Of an agreement about it.
    """

    stems: frozenset[str]
    role: str
    weight: float


@cache
def common_stems(kind: str) -> frozenset[str]:
    """Return the stems of the words that name nothing by themselves (common_words.tsv)."""
    found = [rows_[1] for rows_ in rows("common_words.tsv", columns=2) if rows_[0] == kind]
    return frozenset(each for words in found for word in words.split() for each in stems(word))


def name_way(kind: Kind) -> Way[Name]:
    """Return how places or attributions are read and compared."""
    return Way(read=_reader(kind), relate=_relate)


def _reader(kind: Kind) -> Callable[[str, str], list[Name]]:
    def read(words: str, role: str) -> list[Name]:
        parts = islice(_SEPARATORS[kind].split(words), _MAX_NAMES)
        return [name for part in parts if (name := _name(kind, part, role)) is not None]

    return read


def _name(kind: Kind, text: str, role: str) -> Name | None:
    if not text or len(text) > MAX_NAME or "://" in text:
        return None
    named = _LIFE.sub(" ", fold(text)) if kind is Kind.ATTRIBUTION else text
    found = frozenset(stems(named)) - common_stems(kind)
    if not any(len(word) >= _LETTERS and not word.isdigit() for word in found):
        return None
    if kind is Kind.ATTRIBUTION and found & common_stems("no_maker"):
        return None
    concepts = glossary(Kind.PLACE).concepts(frozenset(roots(text)))
    if kind is Kind.ATTRIBUTION and concepts and len(found) == 1:
        return None
    if kind is Kind.PLACE and concepts:
        # Attic, Αττικός and Athenian are one name, however it is written.
        narrowest = max(concepts, key=lambda concept: concept.weight)
        return Name(text, False, frozenset({narrowest.name}), role, narrowest.weight)
    return Name(text, False, found, role, NAME_WEIGHT[kind])


def _relate(ours: Name, theirs: Name) -> Relation:
    if ours.role and theirs.role and ours.role != theirs.role:
        return UNRELATED
    shorter, longer = sorted((ours.stems, theirs.stems), key=len)
    if shorter == longer or (shorter < longer and any(len(word) > _LETTERS for word in shorter)):
        weight = min(ours.weight, theirs.weight)
        return Relation(Verdict.SAME, about=" ".join(sorted(shorter)), weight=weight)
    return UNRELATED
