"""Step 2: fetch the images of a source, chunk by chunk, and store what was seen and described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy.orm import Session

from iiif_dedup.errors import FetchError, ImageError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.pipeline.describing import describe, load_descriptors
from iiif_dedup.pipeline.training import enqueue_training_if_due
from iiif_dedup.process.descriptors import Descriptor
from iiif_dedup.process.images import ProcessedImage, process_many
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.settings import Settings
from iiif_dedup.store import descriptors, images
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector
from iiif_dedup.store.images import FailedImage, ImageState, PendingImage, SeenImage
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Job

CHUNK = 32
"""Images of one transaction; at the default politeness a kill costs 16 seconds of fetching."""

_Outcome: TypeAlias = ProcessedImage | FetchError | ImageError


def process_images(
    claim: Claim, database: Database, fetcher: Fetcher, settings: Settings, source_key: str
) -> Sequence[Job]:
    """Process every pending image of a source, describe what is not yet, and end the job.

    An image that cannot be had or read becomes a failed slot with its reason; the next harvest
    tries again those whose failure may have passed. A ready image without a vector of each
    descriptor in force, as after a change of the setting, is fetched once more; if that fails it
    stays as it is, until the next job.

    Args:
        claim: Of a job of kind `process_images`.
        database: Where the claim is.
        fetcher: With the source's policy.
        settings: The settings in force.
        source_key: The source.

    Returns:
        The job that trains the collection's encoder, to be woken, if it has grown enough for one.

    Raises:
        SettingsError: A descriptor does not exist, or cannot be loaded.
        LeaseLostError: Another attempt has the job.
        JobCancelledError: Somebody asked the job to stop.
    """
    work = _Work(claim, database, fetcher, settings, source_key)
    if not work.total:
        work.end()
        return work.follow_ups
    made_by = load_descriptors(settings)
    work.process_pending(made_by)
    work.describe_again(made_by)
    while not work.end():
        work.process_pending(made_by)
    return work.follow_ups


class _Work:
    """One attempt at a job, chunk by chunk.

    Attributes:
        total: Images that are pending or ready at its begin.
        follow_ups: Jobs to be woken after `end`.
    """

    def __init__(
        self,
        claim: Claim,
        database: Database,
        fetcher: Fetcher,
        settings: Settings,
        source_key: str,
    ) -> None:
        self._claim = claim
        self._database = database
        self._fetcher = fetcher
        self._settings = settings
        self._source_key = source_key
        self._done = 0
        with database.read() as session:
            counts = images.counts(session, source_key)
        self._pending = counts[ImageState.PENDING]
        self.total = self._pending + counts[ImageState.READY]
        self.follow_ups: list[Job] = []

    def process_pending(self, made_by: Sequence[Descriptor]) -> None:
        """Fetch what is pending, until nothing is."""
        while True:
            with self._database.read() as session:
                chunk = images.pending(session, self._source_key, limit=CHUNK)
            if not chunk:
                return
            outcomes = self._fetch(chunk)
            results = [(image, _stored_form(outcome)) for image, outcome in outcomes]
            vectors = self._describe(outcomes, made_by)
            with self._claim.write() as session:
                images.store_results(session, results, clock=self._claim.clock)
                descriptors.add(session, vectors)
                self._progress(session, len(chunk), "Processing images")

    def describe_again(self, made_by: Sequence[Descriptor]) -> None:
        """Fetch once more what is ready and lacks a vector; keep what cannot be had again."""
        versions = [descriptor.version for descriptor in made_by]
        behind = ""
        while True:
            with self._database.read() as session:
                chunk = descriptors.undescribed(
                    session, self._source_key, versions, behind=behind, limit=CHUNK
                )
            if not chunk:
                return
            behind = chunk[-1].image_id
            outcomes = [
                (image, outcome)
                for image, outcome in self._fetch(chunk)
                if isinstance(outcome, ProcessedImage)
            ]
            results = [(image, _stored_form(outcome)) for image, outcome in outcomes]
            vectors = self._describe(outcomes, made_by)
            with self._claim.write() as session:
                images.reopen(session, [image for image, _ in outcomes])
                images.store_results(session, results, clock=self._claim.clock)
                descriptors.add(session, vectors)
                self._progress(session, len(chunk), "Describing images again")

    def end(self) -> bool:
        """End the job if nothing is pending, and tell so."""
        with self._claim.write() as session:
            counts = images.counts(session, self._source_key)
            if counts[ImageState.PENDING]:
                return False
            # In the transaction that looked: a harvest that comes now queues a new job.
            self._claim.succeed(session, {state.value: counts[state] for state in counts})
            training = enqueue_training_if_due(session, self._settings, clock=self._claim.clock)
        self.follow_ups = [] if training is None else [training]
        return True

    def _progress(self, session: Session, more: int, text: str) -> None:
        self._done += more
        self._claim.progress(session, self._done, max(self._done, self._pending), text)

    def _fetch(self, chunk: Sequence[PendingImage]) -> list[tuple[PendingImage, _Outcome]]:
        outcomes = process_many(
            (image.ref for image in chunk),
            self._fetcher,
            workers=self._fetcher.policy.concurrency,
            size=self._settings.image_size,
            max_pixels=self._settings.image_max_megapixels * 1_000_000,
        )
        return [(chunk[place], outcome) for place, outcome in outcomes]

    def _describe(
        self,
        outcomes: Sequence[tuple[PendingImage, _Outcome]],
        made_by: Sequence[Descriptor],
    ) -> list[Vector]:
        seen = [outcome for _, outcome in outcomes if isinstance(outcome, ProcessedImage)]
        return describe(seen, made_by, self._database)


def _stored_form(outcome: _Outcome) -> SeenImage | FailedImage:
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
