"""Step 2: fetch the images of a source, chunk by chunk, and store what was seen and described."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

from sqlalchemy.orm import Session

from iiif_dedup.errors import FetchError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.pipeline.comparing import Comparing, seen
from iiif_dedup.pipeline.describing import describe, load_descriptors
from iiif_dedup.pipeline.training import enqueue_training_if_due
from iiif_dedup.process.descriptors import Descriptor
from iiif_dedup.process.images import Outcome, ProcessedImage, process_many
from iiif_dedup.process.picture_files import KnownImage
from iiif_dedup.settings import Settings
from iiif_dedup.store import descriptors, images
from iiif_dedup.store.database import Database
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.descriptors import Vector
from iiif_dedup.store.images import FailedImage, ImageState, KeptImage, PendingImage, SeenImage
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Job

CHUNK = 32
"""Images of one transaction; at the default politeness a kill costs 16 seconds of fetching."""
PORTION = 1000
"""Images that are read at once; while a chunk of them is stored, the next are being fetched."""
LOOKED_AT_ONCE = 1000
"""Images whose derivatives are looked for at once."""

_Fetched = Sequence[tuple[PendingImage, Outcome]]
_Results = Sequence[tuple[PendingImage, SeenImage | KeptImage | FailedImage]]
_NextPortion = Callable[[Session, str], list[PendingImage]]
"""Returns the images behind an id."""


def process_images(
    claim: Claim, database: Database, fetcher: Fetcher, settings: Settings, source_key: str
) -> Sequence[Job]:
    """Process every pending image of a source, describe what is not yet, and end the job.

    An image that cannot be had or read becomes a failed slot with its reason; the next harvest
    tries again those whose failure may have passed. A ready image whose record has changed is
    asked for again, with the validators of its file: only if other pixels come, it is another
    version. It stays in the pool meanwhile, and when the server cannot give it now; it leaves
    when the server refuses it. A ready image without a vector of each descriptor in force, as
    after a change of the setting, or without a derivative, is fetched once more; if that fails it
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
        FetchError: A server asks for a longer pause than the policy waits; what came before is
            stored.
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
    work.recheck(made_by)
    work.complete(made_by)
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
        self._derivatives = Derivatives(settings.derivatives_folder)
        self._comparing = Comparing(database, self._derivatives)
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
                portion = images.pending(session, self._source_key, limit=PORTION)
            if not portion:
                return
            self._compare_and_store(portion, made_by, "Processing images")

    def recheck(self, made_by: Sequence[Descriptor]) -> None:
        """Ask again for what is ready and may have changed."""
        source_key = self._source_key
        for portion in self._portions(
            lambda session, behind: images.to_recheck(
                session, source_key, behind=behind, limit=PORTION
            )
        ):
            self._compare_and_store(portion, made_by, "Asking for images again")

    def complete(self, made_by: Sequence[Descriptor]) -> None:
        """Fetch once more what is ready and lacks a vector or a derivative."""
        source_key = self._source_key
        versions = [descriptor.version for descriptor in made_by]
        for portion in self._portions(
            lambda session, behind: descriptors.undescribed(
                session, source_key, versions, behind=behind, limit=PORTION
            )
        ):
            self._fetch_once_more(portion, made_by)
        if self._settings.derivatives:
            for portion in self._without_derivative():
                self._fetch_once_more(portion, made_by)

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

    def _portions(self, next_portion: _NextPortion) -> Iterator[list[PendingImage]]:
        behind = ""
        while True:
            with self._database.read() as session:
                portion = next_portion(session, behind)
            if not portion:
                return
            behind = portion[-1].image_id
            yield portion

    def _without_derivative(self) -> Iterator[list[PendingImage]]:
        """Yield ready images whose derivative is missing, some at a time."""
        behind = ""
        while True:
            with self._database.read() as session:
                ready = images.ready_contents(
                    session, self._source_key, behind=behind, limit=LOOKED_AT_ONCE
                )
            if not ready:
                return
            behind = ready[-1][0]
            lacking = [slot for slot, sha256 in ready if not self._derivatives.has(sha256)]
            for start in range(0, len(lacking), PORTION):
                with self._database.read() as session:
                    portion = images.load(session, lacking[start : start + PORTION])
                yield portion

    def _compare_and_store(
        self, portion: Sequence[PendingImage], made_by: Sequence[Descriptor], text: str
    ) -> None:
        with closing(self._fetch(portion, made_by)) as chunks:
            for fetched in chunks:
                pause = next(
                    (outcome for _, outcome in fetched if self._asks_for_pause(outcome)), None
                )
                found = [
                    (image, outcome, self._comparing.result(image, outcome))
                    for image, outcome in fetched
                    if not self._asks_for_pause(outcome)
                ]
                other = [outcome for _, outcome, result in found if isinstance(result, SeenImage)]
                pictures = [outcome for outcome in other if isinstance(outcome, ProcessedImage)]
                results = [(image, result) for image, _, result in found if result is not None]
                self._store(results, pictures, made_by, len(fetched), text)
                if isinstance(pause, FetchError):
                    raise pause

    def _fetch_once_more(
        self, portion: Sequence[PendingImage], made_by: Sequence[Descriptor]
    ) -> None:
        """Fetch ready images; those that cannot be had stay as they are."""
        with closing(self._fetch(portion, made_by)) as chunks:
            for chunk in chunks:
                fetched = [
                    (image, outcome)
                    for image, outcome in chunk
                    if isinstance(outcome, ProcessedImage)
                ]
                results = [(image, seen(picture)) for image, picture in fetched]
                pictures = [picture for _, picture in fetched]
                text = "Describing images again"
                self._store(results, pictures, made_by, len(chunk), text, reopen=True)

    def _store(
        self,
        results: _Results,
        pictures: Sequence[ProcessedImage],
        made_by: Sequence[Descriptor],
        asked: int,
        text: str,
        *,
        reopen: bool = False,
    ) -> None:
        """Store results, and what is made of those pictures that are not known yet."""
        for picture in pictures:
            if picture.derivative is not None and not self._derivatives.has(picture.sha256):
                self._derivatives.write(picture.sha256, picture.derivative)
        vectors: list[Vector] = describe(pictures, made_by, self._database)
        with self._claim.write() as session:
            if reopen:
                images.reopen(session, [image for image, _ in results])
            images.store_results(session, results, clock=self._claim.clock)
            descriptors.add(session, vectors)
            self._done += asked
            total = max(self._done, self._pending)
            self._claim.progress(session, self._done, total, text)

    def _fetch(
        self, portion: Sequence[PendingImage], made_by: Sequence[Descriptor]
    ) -> Generator[_Fetched, None, None]:
        """Yield what became of the images, a chunk at a time, while the next are being fetched.

        A picture that several images of the portion name is asked for once.
        """
        settings = self._settings
        alike: dict[tuple[object, ...], list[PendingImage]] = {}
        for image in portion:
            alike.setdefault(_asked_for(image), []).append(image)
        groups = list(alike.values())
        firsts = [group[0] for group in groups]
        outcomes = process_many(
            (image.ref for image in firsts),
            self._fetcher,
            workers=self._fetcher.policy.concurrency,
            size=settings.image_size,
            max_pixels=settings.image_max_megapixels * 1_000_000,
            describe=bool(made_by),
            derivative_size=settings.derivative_size if settings.derivatives else None,
            known={
                place: known
                for place, image in enumerate(firsts)
                if (known := _known(image)) is not None
            },
            about={place: image.record_id for place, image in enumerate(firsts)},
        )
        with closing(outcomes):
            while chunk := list(islice(outcomes, CHUNK)):
                yield [(image, outcome) for place, outcome in chunk for image in groups[place]]

    def _asks_for_pause(self, outcome: Outcome) -> bool:
        """Tell whether a server asks for a longer pause than the policy waits."""
        pause = outcome.retry_after_s if isinstance(outcome, FetchError) else None
        return pause is not None and pause > self._fetcher.policy.retry_after_cap_s


def _known(image: PendingImage) -> KnownImage | None:
    """Return what an earlier fetch of an image gave, if it still counts."""
    if not image.ready or image.before is None:
        return None
    return KnownImage(image.before.request_url, image.before.validators)


def _asked_for(image: PendingImage) -> tuple[object, ...]:
    """Return what is the same for images that one request serves."""
    return replace(image.ref, position=0, canvas_id=None), image.ready, _known(image)
