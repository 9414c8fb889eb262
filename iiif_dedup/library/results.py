"""What people get from a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iiif_dedup.errors import Reason


@dataclass(frozen=True, slots=True)
class Match:
    """A picture that may show the same as the one that was searched for.

    Attributes:
        path: Of the picture.
        rank: 1-based place by all generators together.
        norm: What the clone rule compares with τ, ≥ 0; smaller is more alike.
        accepted: Whether norm ≤ τ + δ.
        found_by: Who found it at which rank: "clone", "sha256" (the same file), a fingerprint
            ("phash", "block_mean"), or a descriptor.
    """

    path: Path
    rank: int
    norm: float
    accepted: bool
    found_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that may show the same; see `Match`.

    Attributes:
        first: Path of the one.
        second: Path of the other.
        rank: 1-based place in the scan.
        norm: The smaller one of both directions.
        accepted: Whether the clone rule accepts it within the budget; if not, it is the same file
            or a twin by its fingerprints.
        found_by: The better rank of both directions.
    """

    first: Path
    second: Path
    rank: int
    norm: float
    accepted: bool
    found_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FolderScan:
    """All pairs of a folder.

    Attributes:
        pairs: Best first, each once.
        searched: How many pictures were compared: all but blank ones.
        delta: What the budget added to τ on average, δ.
        budget_status: "met", "extrapolated" or "uncalibrated"; see `iiif_dedup.search.budget`.
    """

    pairs: tuple[Pair, ...]
    searched: int
    delta: float
    budget_status: str


@dataclass(frozen=True, slots=True)
class UnreadablePicture:
    """A picture file that could not be read, with the reason's code and a sentence."""

    path: Path
    reason: Reason
    detail: str
