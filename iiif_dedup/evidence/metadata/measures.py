"""How much the points of a comparison weigh together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from iiif_dedup.evidence.metadata.compare import WAYS, facts
from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.labels import announced
from iiif_dedup.evidence.metadata.ways import Fact, Verdict
from iiif_dedup.types import MetadataPoint

AGREEMENT, CONTRADICTION = "metadata_agreement", "metadata_contradiction"

_SUMMED: Final = frozenset({Kind.DIMENSIONS})
"""Kinds whose agreements add up, since each measure is taken for itself. Of the others the
heaviest counts: two entries of a bibliography, or place and country, go together."""
MOST_SUMMED: Final = 2.5

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
    agreeing: dict[Kind, list[float]] = defaultdict(list)
    contradicting: set[Kind] = set()
    for point in points:
        kind = Kind(point.kind)
        if point.agrees:
            agreeing[kind].append(weight(point))
        else:
            contradicting.add(kind)
    if not agreeing and not contradicting:
        return {}
    return {
        AGREEMENT: sum(_together(kind, weights) for kind, weights in agreeing.items()),
        CONTRADICTION: sum(AGAINST[kind] for kind in sorted(contradicting)),
    }


def _together(kind: Kind, weights: list[float]) -> float:
    return min(sum(weights), MOST_SUMMED) if kind in _SUMMED else max(weights)


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
    return [fact for role in roles for fact in facts(kind, words, role)]
