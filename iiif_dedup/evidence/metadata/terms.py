"""Shape, technique and material: catalogue terms that the glossary (terms.tsv) knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.tables import rows
from iiif_dedup.evidence.metadata.ways import UNRELATED, Fact, Relation, Verdict, Way
from iiif_dedup.evidence.metadata.words import roots

MAX_STATEMENT: Final = 160
"""Longest statement in which terms are read; longer ones are descriptions."""


class Concept(NamedTuple):
    """An entry of the glossary.

    Attributes:
        name: Its name there.
        broader: Names of the concept above it and of those above that.
        weight: Of an agreement; see `ways.Relation`.
        excludes: Whether it cannot be true beside another such concept of its kind.
    """

    name: str
    broader: frozenset[str]
    weight: float
    excludes: bool


@dataclass(frozen=True, slots=True)
class Term(Fact):
    """A concept that a catalogue names."""

    concept: Concept


class Glossary:
    """The concepts of one kind, found by the roots of their terms."""

    def __init__(self, kind: Kind) -> None:
        entries = [row for row in rows("terms.tsv", columns=6) if row[1] == kind]
        broader = {row[0]: row[2] for row in entries}
        self._terms: dict[str, list[tuple[frozenset[str], Concept]]] = {}
        for name, _, _, weight, excludes, terms in entries:
            concept = Concept(name, _above(name, broader), float(weight), excludes == "x")
            for term in terms.split("|"):
                words = roots(term)
                rarest = max(words, key=len)
                self._terms.setdefault(rarest, []).append((frozenset(words), concept))

    def concepts(self, words: frozenset[str]) -> list[Concept]:
        """Return the narrowest concepts whose terms are among the roots `words`, by name."""
        found = {
            concept.name: concept
            for word in words
            for term, concept in self._terms.get(word, ())
            if term <= words
        }
        above = frozenset[str]().union(*(concept.broader for concept in found.values()))
        return [found[name] for name in sorted(found.keys() - above)]


@cache
def glossary(kind: Kind) -> Glossary:
    """Return the glossary of one kind."""
    return Glossary(kind)


def term_way(kind: Kind) -> Way[Term]:
    """Return how the terms of one kind are read and compared."""
    return Way(read=_reader(kind), relate=_relate, implies=_implies)


def _reader(kind: Kind) -> Callable[[str, str], list[Term]]:
    def read(words: str, _role: str) -> list[Term]:
        if len(words) > MAX_STATEMENT:
            return []
        return [
            Term(words, local=False, concept=concept)
            for concept in glossary(kind).concepts(frozenset(roots(words)))
        ]

    return read


def _relate(ours: Term, theirs: Term) -> Relation:
    a, b = ours.concept, theirs.concept
    if a == b:
        return Relation(Verdict.SAME, about=a.name, weight=a.weight)
    if a.name in b.broader or b.name in a.broader:
        wider = a if a.name in b.broader else b
        return Relation(Verdict.SAME, about=wider.name, weight=wider.weight)
    if a.excludes and b.excludes:
        return Relation(Verdict.OPPOSED)
    return UNRELATED


def _implies(sharper: Term, blunter: Term) -> bool:
    return blunter.concept.name in sharper.concept.broader


def _above(name: str, broader: dict[str, str]) -> frozenset[str]:
    above: set[str] = set()
    while name := broader.get(name, ""):
        above.add(name)
    return frozenset(above)
