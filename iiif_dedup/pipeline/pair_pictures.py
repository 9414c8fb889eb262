"""Pictures that explain a pair, drawn from what this machine keeps of both."""

from __future__ import annotations

import hashlib

from iiif_dedup.evidence import features
from iiif_dedup.evidence.local import compare_features
from iiif_dedup.evidence.overlay_pictures import difference_picture, overlay_picture
from iiif_dedup.evidence.pictures import as_jpeg, matches_picture
from iiif_dedup.pipeline.pictures import KeptPictures

VERSION = "1"
"""Changes whenever they are drawn in another way."""
MATCHES, OVERLAY, DIFFERENCE = "matches", "overlay", "difference"


def pair_picture(kept: KeptPictures, anchor: str, candidate: str, name: str) -> bytes | None:
    """Return a picture of a pair as a JPEG file.

    Args:
        kept: Pictures of this machine.
        anchor: SHA-256 of the anchor's file, as 64 hexadecimal digits.
        candidate: The same of the candidate's.
        name: "matches", "overlay" or "difference".

    Returns:
        The file; None where a picture is not kept, or where nothing can be laid over.
    """
    ours, theirs = kept.picture(anchor), kept.picture(candidate)
    pixels, others = ours.pixels(), theirs.pixels()
    if pixels is None or others is None:
        return None
    found, sought = ours.features(), theirs.features()
    local = compare_features(found, sought) if found and sought else None
    if name == MATCHES:
        return as_jpeg(matches_picture(pixels, others, local))
    if local is None:
        return None
    draw = {OVERLAY: overlay_picture, DIFFERENCE: difference_picture}[name]
    drawn = draw(pixels, others, local)
    return None if drawn is None else as_jpeg(drawn)


def picture_tag(anchor: str, candidate: str, name: str) -> str:
    """Return an ETag that changes whenever `pair_picture` may; the arguments are the same."""
    made_of = "\n".join([VERSION, features.VERSION, anchor, candidate, name])
    return hashlib.sha256(made_of.encode()).hexdigest()[:40]
