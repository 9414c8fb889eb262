"""Local evidence: surfaces that two pictures share, by their features and their geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evidence.features import MIRRORED, LocalFeatures
from iiif_dedup.evidence.geometry import Agreement, Size, best_agreement, project
from iiif_dedup.evidence.matching import matching_ratio, mutual_matches
from iiif_dedup.evidence.regions import shared_surface
from iiif_dedup.types import MatchedRegion, Point

SURPRISING = 6.0
"""−log₁₀ of the chance agreements from which on a region counts as matched: one in a million."""
MOST_REGIONS = 4
"""Surfaces looked for in one pair of pictures."""
_MIRROR_KEYPOINTS = 500
"""Strongest features that mirror images are looked for with: a quarter of the work."""
_SAME_PLACE = 3.0
"""Pixels within which two matches are one, seen at two scales or in two directions."""

Places: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Where M matches are in the anchor and in the candidate, pixels, M×2 each."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A surface that both pictures show.

    Attributes:
        region: What the steps after this one hear of it.
        transform: float64 3×3, from pixels of the anchor's features to those of the candidate's.
        sizes: Width and height of the two pictures that these pixels are of.
        anchor: float32, N×2; the inliers' places in the anchor, in pixels of its features.
        candidate: The same in the candidate.
    """

    region: MatchedRegion
    transform: NDArray[np.float64]
    sizes: tuple[Size, Size]
    anchor: NDArray[np.float32]
    candidate: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LocalEvidence:
    """What the local features of two pictures say.

    Attributes:
        shared: Surfaces that both show, the most surprising first.
        matches: Features that are each other's nearest.
        ratio: SIFT matching ratio, 0 to 1; paper 003, equation 5.
        surprise: Of the most surprising agreement, also where that is no shared surface; ≥ 0.
    """

    shared: tuple[Shared, ...]
    matches: int
    ratio: float
    surprise: float

    def inliers(self) -> int:
        """Return the matches that lie on shared surfaces."""
        return sum(one.region.inliers for one in self.shared)


def compare_features(anchor: LocalFeatures, candidate: LocalFeatures) -> LocalEvidence | None:
    """Return what the local features of two pictures say; None where one has next to none.

    Each found surface is taken away and the rest looked through again, so that two paintings in
    one photograph are two surfaces. Mirror images are looked for where nothing else is found. The
    same features give the same answer.
    """
    if min(len(anchor.points), len(candidate.points)) < 2:
        return None
    matches = mutual_matches(anchor.vectors(), candidate.vectors())
    shared, surprise = _surfaces(anchor, candidate, matches, mirrored=False)
    if not shared:
        mirrored = mutual_matches(
            anchor.vectors(_MIRROR_KEYPOINTS)[:, MIRRORED], candidate.vectors(_MIRROR_KEYPOINTS)
        )
        shared, of_mirror = _surfaces(anchor, candidate, mirrored, mirrored=True)
        surprise = of_mirror if shared else surprise
    return LocalEvidence(
        shared=tuple(shared),
        matches=len(matches),
        ratio=matching_ratio(len(matches), len(anchor.points), len(candidate.points)),
        surprise=surprise,
    )


def _surfaces(
    anchor: LocalFeatures,
    candidate: LocalFeatures,
    matches: NDArray[np.intp],
    *,
    mirrored: bool,
) -> tuple[list[Shared], float]:
    """Return the shared surfaces, and the surprise of the best agreement, 0 without one."""
    sizes = (anchor.width, anchor.height), (candidate.width, candidate.height)
    places = _distinct(anchor.points[matches[:, 0]], candidate.points[matches[:, 1]])
    # Transforms keep the way round, so a mirror image is turned over first, and back in the end.
    turn = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    turn[0, 2] = anchor.width if mirrored else 0
    found: list[Shared] = []
    surprise = 0.0
    while len(found) < MOST_REGIONS:
        turned = project(turn, places[0].astype(np.float64)).astype(np.float32)
        agreement = best_agreement(turned, places[1], sizes) if len(turned) else None
        if agreement is None:
            break
        surprise = max(surprise, agreement.surprise)
        if agreement.surprise < SURPRISING:
            break
        inliers = places[0][agreement.inliers], places[1][agreement.inliers]
        found.append(_shared(agreement, turn, inliers, sizes, mirrored=mirrored))
        places = _elsewhere(places, found[-1].region, sizes)
    return sorted(found, key=lambda one: -one.region.surprise), surprise


def _shared(
    agreement: Agreement,
    turn: NDArray[np.float64],
    inliers: Places,
    sizes: tuple[Size, Size],
    *,
    mirrored: bool,
) -> Shared:
    transform = agreement.transform @ turn
    outlines = shared_surface(transform, inliers[1], sizes)
    region = MatchedRegion(
        anchor=_as_shares(outlines[0], sizes[0]),
        candidate=_as_shares(outlines[1], sizes[1]),
        inliers=len(inliers[0]),
        surprise=agreement.surprise,
        mirrored=mirrored,
    )
    return Shared(region, transform, sizes, *inliers)


def _elsewhere(places: Places, region: MatchedRegion, sizes: tuple[Size, Size]) -> Places:
    """Return the matches that do not lie on a region in both pictures."""
    anchor = _within(places[0], region.anchor, sizes[0])
    candidate = _within(places[1], region.candidate, sizes[1])
    left = ~(anchor & candidate)
    return places[0][left], places[1][left]


def _within(points: NDArray[np.float32], outline: Sequence[Point], size: Size) -> NDArray[np.bool_]:
    contour = np.array(outline, dtype=np.float32) * np.array(size, dtype=np.float32)
    return np.array(
        [cv2.pointPolygonTest(contour, (x, y), measureDist=False) >= 0 for x, y in points.tolist()],
        dtype=np.bool_,
    )


def _distinct(anchor: NDArray[np.float32], candidate: NDArray[np.float32]) -> Places:
    """Return matches without those between places where there is one already."""
    cells = np.rint(np.hstack([anchor, candidate]) / _SAME_PLACE)
    _, first = np.unique(cells, axis=0, return_index=True)
    kept = np.sort(first)
    return anchor[kept], candidate[kept]


def _as_shares(outline: NDArray[np.float64], size: Size) -> tuple[Point, ...]:
    shares = np.clip(outline / np.array(size), 0.0, 1.0)
    return tuple((float(x), float(y)) for x, y in shares)
