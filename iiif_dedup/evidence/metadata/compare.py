"""Compares what two catalogues say: what agrees, and what cannot both be true."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, product
from typing import Any, Final, NamedTuple

from iiif_dedup.evidence.metadata.dates import DATES
from iiif_dedup.evidence.metadata.described import Described
from iiif_dedup.evidence.metadata.dimensions import DIMENSIONS
from iiif_dedup.evidence.metadata.inventory import INVENTORY
from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.names import name_way
from iiif_dedup.evidence.metadata.publications import PUBLICATIONS
from iiif_dedup.evidence.metadata.references import REFERENCES
from iiif_dedup.evidence.metadata.statements import Statement, statements
from iiif_dedup.evidence.metadata.terms import term_way
from iiif_dedup.evidence.metadata.ways import Fact, Relation, Verdict, Way
from iiif_dedup.evidence.metadata.words import MAX_CITED
from iiif_dedup.types import MetadataPoint

MAX_FACTS: Final = 24
"""Facts of one kind in one record that are compared with the other record's."""
MAX_AGREEMENTS: Final = 4
"""Agreements of one kind that are told, the heaviest."""

WAYS: Final[dict[Kind, Way[Any]]] = {
    Kind.INVENTORY_NUMBER: INVENTORY,
    Kind.REFERENCE: REFERENCES,
    Kind.PUBLICATION: PUBLICATIONS,
    Kind.DIMENSIONS: DIMENSIONS,
    Kind.ATTRIBUTION: name_way(Kind.ATTRIBUTION),
    Kind.PLACE: name_way(Kind.PLACE),
    Kind.DATE: DATES,
    Kind.SHAPE: term_way(Kind.SHAPE),
    Kind.TECHNIQUE: term_way(Kind.TECHNIQUE),
    Kind.MATERIAL: term_way(Kind.MATERIAL),
}
_OF_ONE_PROVIDER: Final = frozenset({Kind.INVENTORY_NUMBER})
"""Kinds in which two records contradict each other where one provider wrote both."""


class _Claim(NamedTuple):
    """A fact with the statement that makes it."""

    fact: Fact
    statement: Statement


def compare_metadata(anchor: Described, candidate: Described) -> tuple[MetadataPoint, ...]:
    """Return where two records agree or contradict each other, each in its own words.

    What only one of them says is no point. The kinds come in the order of `Kind`, in each the
    agreements, heaviest first, before the contradictions.
    """
    ours, theirs = statements(anchor), statements(candidate)
    one_provider = anchor.shares_provider(candidate)
    points: list[MetadataPoint] = []
    for kind in Kind:
        if kind in ours and kind in theirs:
            pairs = product(
                _claims(kind, ours[kind], local=one_provider),
                _claims(kind, theirs[kind], local=one_provider),
            )
            opposable = one_provider or kind not in _OF_ONE_PROVIDER
            points.extend(_points(kind, pairs, opposable=opposable))
    return tuple(points)


@lru_cache(maxsize=8192)
def facts(kind: Kind, words: str, role: str) -> tuple[Fact, ...]:
    """Return the facts of one kind in a catalogue's words under a label of that role."""
    return tuple(WAYS[kind].read(words, role))


def _claims(kind: Kind, made: list[Statement], *, local: bool) -> list[_Claim]:
    """Return a record's facts of one kind, without those that sharper ones imply."""
    every = (
        _Claim(fact, statement)
        for statement in made
        for fact in facts(kind, statement.words, statement.role)
        if local or not fact.local
    )
    claims = list(islice(every, MAX_FACTS))
    implies = WAYS[kind].implies
    return [
        claim for claim in claims if not any(implies(other.fact, claim.fact) for other in claims)
    ]


def _points(
    kind: Kind, pairs: Iterable[tuple[_Claim, _Claim]], *, opposable: bool
) -> list[MetadataPoint]:
    agreed: dict[str, tuple[float, bool, MetadataPoint]] = {}
    opposed: dict[str, MetadataPoint] = {}
    settled: set[str] = set()
    for ours, theirs in pairs:
        relation = WAYS[kind].relate(ours.fact, theirs.fact)
        if relation.verdict is Verdict.SAME:
            point = _point(kind, ours, theirs, agrees=True)
            entry = (relation.weight, point.anchor == point.candidate, point)
            # Of several wordings of one agreement the same words on both sides are cited.
            if relation.about not in agreed or entry[:2] > agreed[relation.about][:2]:
                agreed[relation.about] = entry
        if relation.verdict in {Verdict.SAME, Verdict.COMPATIBLE}:
            settled.add(relation.group)
        elif _contradicts(relation, ours, theirs) and opposable:
            opposed.setdefault(relation.group, _point(kind, ours, theirs, agrees=False))
    heaviest = sorted(agreed.values(), key=lambda entry: -entry[0])[:MAX_AGREEMENTS]
    contradictions = [point for group, point in opposed.items() if group not in settled]
    return [point for *_, point in heaviest] + contradictions


def _contradicts(relation: Relation, ours: _Claim, theirs: _Claim) -> bool:
    firm = ours.statement.firm and theirs.statement.firm
    return relation.verdict is Verdict.OPPOSED and firm


def _point(kind: Kind, ours: _Claim, theirs: _Claim, *, agrees: bool) -> MetadataPoint:
    return MetadataPoint(
        kind=kind.value,
        agrees=agrees,
        anchor=ours.fact.words[:MAX_CITED],
        candidate=theirs.fact.words[:MAX_CITED],
        anchor_label=ours.statement.label,
        candidate_label=theirs.statement.label,
    )
