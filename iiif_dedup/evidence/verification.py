"""Two pictures compared in earnest: by their local features, then laid over each other."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evidence.features import LocalFeatures
from iiif_dedup.evidence.local import LocalEvidence, compare_features
from iiif_dedup.evidence.overlay import overlay_agreement


class Picture(Protocol):
    """A picture that is read as far as it is needed."""

    def features(self) -> LocalFeatures | None:
        """Return its local features; None where the picture cannot be had."""

    def pixels(self) -> NDArray[np.uint8] | None:
        """Return it as RGB, H×W×3, some 768 pixels long; None where it cannot be had."""


class Verified(NamedTuple):
    """What came of it.

    Attributes:
        local: What the local features say; None where one picture has next to none.
        overlay: How the pixels of the most surprising surface agree, −1 to 1; None without one.
    """

    local: LocalEvidence | None
    overlay: float | None


def verify(anchor: Picture, candidate: Picture) -> Verified:
    """Compare two pictures."""
    ours, theirs = anchor.features(), candidate.features()
    if ours is None or theirs is None:
        return Verified(None, None)
    local = compare_features(ours, theirs)
    if local is None or not local.shared:
        return Verified(local, None)
    one, other = anchor.pixels(), candidate.pixels()
    if one is None or other is None:
        return Verified(local, None)
    return Verified(local, overlay_agreement(one, other, local.shared[0]))
