"""Step 2: fetch the pending images of a source, chunk by chunk, and store what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from iiif_dedup.errors import FetchError, ImageError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.process.images import ProcessedImage, process_many
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.settings import Settings
from iiif_dedup.store import images
from iiif_dedup.store.database import Database
from iiif_dedup.store.images import FailedImage, PendingImage, SeenImage
from iiif_dedup.store.jobs import Claim

CHUNK = 32
"""Images of one transaction; at the default politeness a kill costs 16 seconds of fetching."""

_Result: TypeAlias = tuple[PendingImage, SeenImage | FailedImage]


def process_images(
    claim: Claim, database: Database, fetcher: Fetcher, settings: Settings, source_key: str
) -> None:
    """Process every pending image of a source, and end the job.

    An image that cannot be had or read becomes a failed slot with its reason; the next harvest
    tries again those whose failure may have passed.

    Args:
        claim: Of a job of kind `process_images`.
        database: Where the claim is.
        fetcher: With the source's policy.
        settings: The settings in force.
        source_key: The source.

    Raises:
        LeaseLostError: Another attempt has the job.
        JobCancelledError: Somebody asked the job to stop.
    """
    with database.read() as session:
        total = images.count_pending(session, source_key)
    done = 0
    results: list[_Result] = []
    while True:
        with claim.write() as session:
            images.store_results(session, results, clock=claim.clock)
            done += len(results)
            claim.progress(session, done, max(done, total), "Processing images")
            chunk = images.pending(session, source_key, limit=CHUNK)
            if not chunk:
                # In the transaction that looked: a harvest that comes now queues a new job.
                counts = images.counts(session, source_key)
                claim.succeed(session, {state.value: counts[state] for state in counts})
                return
        results = _process(chunk, fetcher, settings)


def _process(chunk: Sequence[PendingImage], fetcher: Fetcher, settings: Settings) -> list[_Result]:
    outcomes = process_many(
        (image.ref for image in chunk),
        fetcher,
        workers=fetcher.policy.concurrency,
        size=settings.image_size,
        max_pixels=settings.image_max_megapixels * 1_000_000,
    )
    return [(chunk[place], _stored_form(outcome)) for place, outcome in outcomes]


def _stored_form(outcome: ProcessedImage | FetchError | ImageError) -> SeenImage | FailedImage:
    if not isinstance(outcome, ProcessedImage):
        return FailedImage(reason=outcome.reason, detail=str(outcome))
    return SeenImage(
        sha256=outcome.sha256,
        request_url=outcome.request_url,
        byte_size=outcome.byte_size,
        width=outcome.width,
        height=outcome.height,
        preprocessing=PREPROCESSING,
        pixels=outcome.tile.tobytes(),
        phash=outcome.phash,
        blank=outcome.blank,
    )
