"""How much the points of a comparison weigh together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from iiif_dedup.evidence.metadata.compare import WAYS
from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.labels import announced
from iiif_dedup.evidence.metadata.ways import Fact, Verdict
from iiif_dedup.types import MetadataPoint

AGREEMENT, CONTRADICTION = "metadata_agreement", "metadata_contradiction"

MOST: Final = {
    Kind.INVENTORY_NUMBER: 4.0,
    Kind.REFERENCE: 4.0,
    Kind.PUBLICATION: 3.0,
    Kind.DIMENSIONS: 2.5,
    Kind.ATTRIBUTION: 1.0,
    Kind.PLACE: 1.0,
    Kind.DATE: 0.5,
    Kind.SHAPE: 0.6,
    Kind.TECHNIQUE: 0.5,
    Kind.MATERIAL: 0.3,
}
"""Most that all agreements of one kind weigh together. A weight is about −log₁₀ of how often two
records of unlike objects agree so; all are chosen, none is fitted."""

AGAINST: Final = {
    Kind.INVENTORY_NUMBER: 1.0,
    Kind.REFERENCE: 1.0,
    Kind.DIMENSIONS: 0.7,
    Kind.DATE: 0.7,
    Kind.SHAPE: 1.0,
    Kind.TECHNIQUE: 1.0,
    Kind.MATERIAL: 0.7,
}
"""What a kind in which two records contradict each other weighs, however often they do."""


def metadata_measures(points: Iterable[MetadataPoint]) -> Mapping[str, float]:
    """Return `metadata_agreement` and `metadata_contradiction` of the points, both ≥ 0.

    Returns:
        Both measures, or nothing where there are no points: records that could not be compared
        are no evidence either way. The words of each point are weighed again, so that points
        that were stored can be measured by later weights.
    """
    agreeing: dict[Kind, float] = defaultdict(float)
    contradicting: set[Kind] = set()
    for point in points:
        kind = Kind(point.kind)
        if point.agrees:
            agreeing[kind] += weight(point)
        else:
            contradicting.add(kind)
    if not agreeing and not contradicting:
        return {}
    return {
        AGREEMENT: sum(min(total, MOST[kind]) for kind, total in agreeing.items()),
        CONTRADICTION: sum(AGAINST[kind] for kind in sorted(contradicting)),
    }


def weight(point: MetadataPoint) -> float:
    """Return what an agreement weighs, ≥ 0, by its words; 0 for a contradiction."""
    if not point.agrees:
        return 0.0
    kind = Kind(point.kind)
    relate = WAYS[kind].relate
    relations = [
        relate(ours, theirs)
        for ours in _facts(kind, point.anchor, point.anchor_label)
        for theirs in _facts(kind, point.candidate, point.candidate_label)
    ]
    return max((each.weight for each in relations if each.verdict is Verdict.SAME), default=0.0)


def _facts(kind: Kind, words: str, label: str) -> list[Fact]:
    roles = [entry.role for entry in announced(label) if entry.kind is kind]
    return [fact for role in roles for fact in WAYS[kind].read(words, role)]
