"""Step 5: the evidence of every candidate of a search."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from iiif_dedup.evidence.fusion import Fusion
from iiif_dedup.evidence.measures import of_distances
from iiif_dedup.evidence.metadata import Described, compare_metadata
from iiif_dedup.evidence.verification import Verified, verify
from iiif_dedup.evidence.weighing import weigh
from iiif_dedup.pipeline.pictures import KeptPictures
from iiif_dedup.search.candidates import SAME_FILE
from iiif_dedup.store.database import Database
from iiif_dedup.store.evidence import ProposedImage, Words, proposed_images, words
from iiif_dedup.store.runs import Anchor
from iiif_dedup.types import Evidence, MetadataPoint, SearchResult


def weigh_candidates(
    database: Database,
    anchor: Anchor,
    result: SearchResult,
    *,
    pictures: KeptPictures,
    fusion: Fusion,
    verified: int,
) -> dict[str, Evidence]:
    """Return image version id → the evidence of each candidate, in the result's order.

    Local features are made where they are missing, and kept.

    Args:
        database: Read first and let go, since comparing pictures takes its time.
        anchor: The picture that was searched.
        result: What was found.
        pictures: Of this machine.
        fusion: Makes the probabilities.
        verified: Candidates that are compared by their local features, the first in order.
    """
    ids = [one.image_version_id for one in result.candidates]
    with database.read() as session:
        images = {one.image_version_id: one for one in proposed_images(session, ids)}
        said = words(session, {anchor.record_id, *(one.record_id for one in images.values())})
    metadata = _metadata(anchor.record_id, images, said)
    found = _verified(anchor, [images[one] for one in ids[:verified] if one in images], pictures)
    return {
        one.image_version_id: weigh(
            of_distances(one.distances, one.relative, same_file=SAME_FILE in one.generators),
            found.get(one.image_version_id),
            metadata[images[one.image_version_id].record_id],
            fusion,
        )
        for one in result.candidates
        if one.image_version_id in images
    }


def _verified(
    anchor: Anchor, images: list[ProposedImage], pictures: KeptPictures
) -> Mapping[str, Verified]:
    ours = pictures.picture(anchor.sha256)
    if images:
        ours.features()  # before threads that would each make them
    compare = partial(verify, ours)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = threads.map(compare, (pictures.picture(one.sha256) for one in images))
        return {one.image_version_id: each for one, each in zip(images, found, strict=True)}


def _metadata(
    record_id: str, images: Mapping[str, ProposedImage], said: Mapping[str, Words]
) -> dict[str, tuple[MetadataPoint, ...]]:
    """Return record id → where its words and the anchor's record's agree or contradict."""
    ours = _described(said[record_id])
    others = {one.record_id for one in images.values()}
    return {other: compare_metadata(ours, _described(said[other])) for other in sorted(others)}


def _described(said: Words) -> Described:
    return Described(said.titles, said.facets, said.provider)
