"""All evidence of one pair, weighed."""

from __future__ import annotations

from iiif_dedup.evidence.fusion import Fusion
from iiif_dedup.evidence.measures import Measure, Measures, of_local
from iiif_dedup.evidence.metadata import metadata_measures
from iiif_dedup.evidence.verification import Verified
from iiif_dedup.types import Evidence, MatchedRegion, MetadataPoint, Relation

_SAME_PIXELS = 0.7
"""Overlay from which on pictures are one picture rather than two of one thing."""
_MOST_OF_BOTH = 0.5
"""Share of both pictures that must be shared for that."""
_LIKELY = 0.5


def weigh(
    found: Measures,
    verified: Verified | None,
    metadata: tuple[MetadataPoint, ...],
    fusion: Fusion,
) -> Evidence:
    """Return what all measures say of a pair, together.

    Args:
        found: What the search has measured; see `measures.of_distances`.
        verified: What verification found; None where the pair was not verified.
        metadata: What the catalogues say; see `metadata.compare_metadata`.
        fusion: Makes the probability.
    """
    known = {**found, **metadata_measures(metadata)}
    regions: tuple[MatchedRegion, ...] = ()
    if verified is not None and verified.local is not None:
        known |= of_local(verified.local, verified.overlay)
        regions = tuple(one.region for one in verified.local.shared)
    probability = fusion.probability(known)
    return Evidence(
        probability=probability,
        relation=_guess(known, probability),
        measures=known,
        contributions=fusion.contributions(known),
        regions=regions,
        metadata=metadata,
        fusion=fusion.version,
    )


def _guess(known: Measures, probability: float) -> Relation:
    one_picture = (
        known.get(Measure.OVERLAY, 0.0) >= _SAME_PIXELS
        and known.get(Measure.COVERED_BOTH, 0.0) >= _MOST_OF_BOTH
    )
    if Measure.SAME_FILE in known or (one_picture and probability >= _LIKELY):
        return Relation.SAME_IMAGE
    return Relation.SAME_OBJECT if probability >= _LIKELY else Relation.SIMILAR
