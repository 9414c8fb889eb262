"""Pictures of a pair whose one is laid over the other: both at once, and where they differ."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from iiif_dedup.evidence.local import LocalEvidence
from iiif_dedup.evidence.overlay import aligned

SIDE = 768
"""Most pixels of each side of what is returned."""
_MOST_ENLARGED = 4.0
_LARGEST = 2400
"""Most pixels of a side of what it is cut out of."""
_MARGIN = 0.04
"""Of what is seen around the shared surfaces, as a share of their box."""
_FIELDS = 7
"""Fields of the chequerboard on the longer side."""
_FADED = 0.7

_SMOOTH = 1.5
"""Pixels over which noise is smoothed, as a standard deviation."""
_BACKDROP = (121, 121)
"""Pixels whose mean lightness is taken away from that of their middle."""
_TOLERANCE = 5
"""Pixels within which a detail may lie beside its counterpart."""
_EDGE = 9
_FAINT, _CLEAR = 0.6, 2.2
"""Differences, in standard deviations of the pictures' details, that begin to be seen and that are
seen in full colour."""
_WARM, _COLD = (214, 72, 10), (22, 82, 178)

Picture = NDArray[np.uint8]


def overlay_picture(anchor: Picture, candidate: Picture, local: LocalEvidence) -> Picture | None:
    """Return the candidate laid over the anchor, in turns like a chequerboard.

    Where both show one surface, lines run on from field to field. What is around it is faded.

    Args:
        anchor: RGB, H×W×3.
        candidate: RGB, of any size of its own.
        local: Of the two.

    Returns:
        RGB, cut to the shared surfaces; None where there are none.
    """
    laid = _laid_over(anchor, candidate, local)
    if laid is None:
        return None
    ours, theirs, mask = laid
    step = max(ours.shape[:2]) / _FIELDS
    rows, columns = (np.arange(length) // step for length in ours.shape[:2])
    fields = (rows[:, np.newaxis] + columns[np.newaxis]) % 2 == 1
    both = _chosen(fields, theirs, ours)
    # Where both agree in every pixel, the fields would not be seen at all.
    edges = np.diff(rows, prepend=0)[:, np.newaxis] + np.diff(columns, prepend=0) > 0
    return _chosen(mask & ~edges, both, _faded(_chosen(mask, both, ours)))


def difference_picture(anchor: Picture, candidate: Picture, local: LocalEvidence) -> Picture | None:
    """Return where two pictures laid over each other differ.

    Grey is what both show, warm (orange) what the anchor alone shows, cold (blue) what the
    candidate alone shows. Details are compared, in lightness: colours and the fall of light make
    no difference.

    The arguments and what is returned are those of `overlay_picture`.
    """
    laid = _laid_over(anchor, candidate, local)
    if laid is None:
        return None
    ours, theirs, mask = laid
    one, other = _details(ours, mask), _details(theirs, mask)
    apart = np.maximum(_beyond(one, other), _beyond(other, one))
    more = cv2.GaussianBlur(np.abs(one) - np.abs(other), (0, 0), _SMOOTH)
    # At its edges a picture that was laid over another one is mixed with nothing.
    near = np.ones((_EDGE, _EDGE), dtype=np.uint8)
    inner = cv2.erode(mask.astype(np.uint8), near, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    share = (np.clip((apart - _FAINT) / (_CLEAR - _FAINT), 0, 1) * inner)[..., np.newaxis]
    grey = np.repeat(_grey(ours)[..., np.newaxis], 3, axis=2)
    light = 255 - (255 - grey.astype(np.float32)) * 0.6
    tint = np.where(more[..., np.newaxis] > 0, _WARM, _COLD)
    shown = np.rint(light * (1 - share) + tint * share).astype(np.uint8)
    return _chosen(mask, shown, _faded(grey))


def _laid_over(
    anchor: Picture, candidate: Picture, local: LocalEvidence
) -> tuple[Picture, Picture, NDArray[np.bool_]] | None:
    """Return the shared surfaces in the anchor and in the candidate, and where they are."""
    if not local.shared:
        return None
    height, width = anchor.shape[:2]
    outlines = np.concatenate([np.array(one.region.anchor) for one in local.shared])
    low, high = outlines.min(axis=0), outlines.max(axis=0)
    low, high = np.clip([low - _MARGIN * (high - low), high + _MARGIN * (high - low)], 0, 1)
    box = np.maximum((high - low) * (width, height), 1)
    side = min(min(SIDE / box.max(), _MOST_ENLARGED) * max(height, width), _LARGEST)
    base = _resized(anchor, side)
    found = [aligned(base, candidate, one, max(base.shape)) for one in local.shared]
    ours, theirs, mask = found[0]
    for _, laid, within in found[1:]:
        theirs = _chosen(within & ~mask, laid, theirs)
        mask = mask | within
    (left, top), (right, bottom) = np.rint([low, high] * np.array(mask.shape[::-1])).astype(int)
    cut = slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))
    return ours[cut], theirs[cut], mask[cut]


def _resized(picture: Picture, side: float) -> Picture:
    height, width = picture.shape[:2]
    share = side / max(height, width)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    how = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def _chosen(mask: NDArray[np.bool_], inside: Picture, outside: Picture) -> Picture:
    return np.asarray(np.where(mask[..., np.newaxis], inside, outside), dtype=np.uint8)


def _grey(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _faded(picture: Picture) -> Picture:
    light = 255 - (255 - picture.astype(np.float32)) * (1 - _FADED)
    return np.asarray(np.rint(light), dtype=np.uint8)


def _details(picture: Picture, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the lightness less that around, in standard deviations of the shared surfaces."""
    grey = _grey(picture).astype(np.float32)
    weight = mask.astype(np.float32)
    # What lies beyond the surface says nothing about the light on it.
    around = cv2.blur(grey * weight, _BACKDROP) / np.maximum(cv2.blur(weight, _BACKDROP), 1e-3)
    found = (cv2.GaussianBlur(grey, (0, 0), _SMOOTH) - around) * weight
    deviation = float(found[mask].std()) if mask.any() else 0.0
    return np.asarray(found / max(deviation, 1.0), dtype=np.float32)


def _beyond(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far each value is from all that the other picture has near there."""
    near = np.ones((_TOLERANCE, _TOLERANCE), dtype=np.uint8)
    most, least = cv2.dilate(other, near), cv2.erode(other, near)
    return np.asarray(np.maximum(np.maximum(one - most, least - one), 0), dtype=np.float32)
