"""What a fetched picture means for its slot: the picture seen before, another one, or a failure."""

from __future__ import annotations

import numpy as np

from iiif_dedup.errors import FetchError, ImageError, Reason
from iiif_dedup.process.decode import decode
from iiif_dedup.process.images import Outcome, ProcessedImage, UnchangedImage
from iiif_dedup.process.material import differs_materially, tiles_differ
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.store import images
from iiif_dedup.store.database import Database
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.images import FailedImage, KeptImage, PendingImage, SeenImage
from iiif_dedup.types import TILE_SHAPE

TAKEN_AWAY = (Reason.HTTP_CLIENT_ERROR, Reason.RESTRICTED)
"""Why a picture that was had before is not to be shown any more; other failures may pass."""
_MOST_PIXELS = 2048**2
"""Of a derivative."""


class Comparing:
    """Compares pictures with what is kept of those that were in their slots before."""

    def __init__(self, database: Database, derivatives: Derivatives) -> None:
        """Name what is kept: derivatives, and where there is none, tiles of the database."""
        self._database = database
        self._derivatives = derivatives

    def result(
        self, image: PendingImage, outcome: Outcome
    ) -> SeenImage | KeptImage | FailedImage | None:
        """Return what is to be stored; None leaves the slot as it is, to be asked for later.

        Other bytes of the same picture, as after another encoding, do not count as another one.
        """
        if isinstance(outcome, UnchangedImage):
            return KeptImage(outcome.validators)
        if isinstance(outcome, ProcessedImage):
            return KeptImage(outcome.validators) if self._is_same(image, outcome) else seen(outcome)
        if image.ready and outcome.reason not in TAKEN_AWAY:
            return None
        return failed(outcome)

    def _is_same(self, image: PendingImage, now: ProcessedImage) -> bool:
        if image.before is None:
            return False
        return image.before.sha256 == now.sha256 or self._looks_same(image.before.sha256, now)

    def _looks_same(self, sha256: str, now: ProcessedImage) -> bool:
        kept = self._derivatives.read(sha256)
        if kept is not None and now.derivative is not None:
            try:
                before, after = (
                    decode(file, max_pixels=_MOST_PIXELS).pixels for file in (kept, now.derivative)
                )
            except ImageError:
                # A file that was damaged on this machine: the picture counts as another one.
                return False
            return not differs_materially(before, after)
        with self._database.read() as session:
            pixels = images.tile(session, sha256, PREPROCESSING)
        if pixels is None:
            return False
        return not tiles_differ(np.frombuffer(pixels, np.uint8).reshape(TILE_SHAPE), now.tile)


def seen(image: ProcessedImage) -> SeenImage:
    """Return a picture as it is stored."""
    return SeenImage(
        sha256=image.sha256,
        request_url=image.request_url,
        byte_size=image.byte_size,
        width=image.width,
        height=image.height,
        preprocessing=PREPROCESSING,
        pixels=image.tile.tobytes(),
        phash=image.phash,
        blank=image.blank,
        validators=image.validators,
    )


def failed(error: FetchError | ImageError) -> FailedImage:
    """Return a failure as it is stored."""
    return FailedImage(reason=error.reason, detail=str(error))
