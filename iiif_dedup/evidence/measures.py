"""What is known of one pair of pictures, as named numbers; what is not known has no number.

The fusion turns them into a probability, the explanation into words. Each speaks one way: more of
it never makes a pair less likely, or never more likely.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    # It loads OpenCV, which who only reads probabilities has no need of.
    from iiif_dedup.evidence.local import LocalEvidence

Measures: TypeAlias = Mapping[str, float]
"""Name of a measure → number, of those that are known."""


class Measure(StrEnum):
    """Measures beside the distances, which are named after what made them."""

    SAME_FILE = "same_file"
    """1 where both files are of the same bytes."""
    SURPRISE = "surprise"
    """−log₁₀ of the chance agreements like the best one of the local features, less where what it
    covers is small: a scale bar or a colour card is in every photograph of a studio."""
    INLIERS = "inliers"
    """Features on the surfaces that both pictures show."""
    MATCHING_RATIO = "matching_ratio"
    """Of paper 003, equation 5; 0 to 1."""
    COVERED = "covered"
    """Share of the picture that is covered more that the shared surfaces take up, 0 to 1: near 1
    where one picture is a detail of the other, or hangs in it on a wall."""
    COVERED_BOTH = "covered_both"
    """Share of the picture that is covered less, 0 to 1."""
    OVERLAY = "overlay"
    """Correlation of the pixels when one is laid over the other, −1 to 1."""
    METADATA_AGREEMENT = "metadata_agreement"
    METADATA_CONTRADICTION = "metadata_contradiction"


LOCAL = frozenset(
    {
        Measure.SURPRISE,
        Measure.INLIERS,
        Measure.MATCHING_RATIO,
        Measure.COVERED,
        Measure.COVERED_BOTH,
        Measure.OVERLAY,
    }
)
"""What is known of a pair that was verified."""
_FOR = frozenset(set(Measure) - {Measure.METADATA_CONTRADICTION})
RELATIVE = "_relative"
"""End of the name of a distance as a share of the query's nearest ones'."""
_ENOUGH = 0.25
"""Share of a picture that a surface must cover for its surprise to count in full."""
_ABSOLUTE_NORM = "clone"
"""Norms of different queries are never compared; see DESIGN of the clone rule."""


def direction(measure: str) -> int:
    """Return 1 for a measure of which more speaks for a pair, −1 for one of which less does."""
    return 1 if measure in _FOR else -1


def of_distances(
    distances: Mapping[str, float], relative: Mapping[str, float], *, same_file: bool
) -> dict[str, float]:
    """Return the measures that the search has found.

    Args:
        distances: As in `types.Candidate`.
        relative: As in `types.Candidate`.
        same_file: Whether both files are of the same bytes.
    """
    found = {name: value for name, value in distances.items() if name != _ABSOLUTE_NORM}
    found |= {name + RELATIVE: value for name, value in relative.items()}
    if same_file:
        found[Measure.SAME_FILE] = 1.0
    return found


def of_local(local: LocalEvidence | None, overlay: float | None) -> dict[str, float]:
    """Return the measures of local evidence; none where it could not be had.

    Args:
        local: Of the pair.
        overlay: Of its most surprising surface; None without one.
    """
    if local is None:
        return {}
    least, most = sorted(_covered(local))
    found = {
        Measure.SURPRISE.value: local.surprise * min(1.0, most / _ENOUGH) if local.shared else 0.0,
        Measure.INLIERS.value: float(local.inliers()),
        Measure.MATCHING_RATIO.value: local.ratio,
        Measure.COVERED.value: most,
        Measure.COVERED_BOTH.value: least,
    }
    if overlay is not None:
        found[Measure.OVERLAY.value] = overlay
    return found


def _covered(local: LocalEvidence) -> tuple[float, float]:
    """Return the shares of the anchor and of the candidate that are shared surfaces."""
    regions = [one.region for one in local.shared]
    anchor = sum(area(region.anchor) for region in regions)
    candidate = sum(area(region.candidate) for region in regions)
    return min(1.0, anchor), min(1.0, candidate)


def area(outline: tuple[tuple[float, float], ...]) -> float:
    """Return the area of a polygon, by the shoelace formula."""
    following = outline[1:] + outline[:1]
    crossed = (x * v - u * y for (x, y), (u, v) in zip(outline, following, strict=True))
    return abs(sum(crossed)) / 2
