"""What looks like a picture of a record, among the pictures of all others; no search, no job.

The web process reads the vectors where the workers of its machine keep them, in the packs. On a
machine without workers it makes them itself, once. No model is loaded: the picture that is asked
about was described when it came.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from iiif_dedup.errors import PoolBusyError
from iiif_dedup.pipeline.packs import Packs
from iiif_dedup.pipeline.pool_view import PoolView
from iiif_dedup.search.similar import cosines, nearest_first
from iiif_dedup.store import clones, descriptors, records
from iiif_dedup.types import ImageView, RecordView

LOOKED_AT = 2_000
"""Pictures at each end of the order that are looked at for records that are accepted."""
_FIRST_CHUNK, _LARGEST_CHUNK = 64, 1024
_WAIT_S = 5


@dataclass(frozen=True, slots=True)
class OwnVector:
    """What a descriptor made of the picture that is asked about.

    Attributes:
        name: Of the descriptor.
        version: Of the descriptor.
        values: D, of length 1.
    """

    name: str
    version: str
    values: NDArray[np.float32]

    @property
    def dimensions(self) -> int:
        """D."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class SimilarPicture:
    """A picture of another record.

    Attributes:
        record: The record, with images and without manifest.
        image: The picture.
        similarity: Cosine of the two vectors, −1 to 1; 1 for the same picture.
    """

    record: RecordView
    image: ImageView
    similarity: float


@dataclass(frozen=True, slots=True)
class SimilarPictures:
    """What looks like a picture.

    Attributes:
        compared: Pictures of other records, of the sources asked for, that it was compared with.
        undescribed: Those that it could not be compared with, since they have no vector yet.
        nearest: The most similar picture of each of the most similar records, best first.
        farthest: The least similar picture of a further record; None when there is none.
    """

    compared: int
    undescribed: int
    nearest: tuple[SimilarPicture, ...]
    farthest: SimilarPicture | None


def own_vectors(session: Session, image: ImageView) -> dict[str, OwnVector]:
    """Return the vectors of a picture by the descriptor's name, of each the latest version."""
    stored = descriptors.of_content(session, image.sha256) if image.sha256 else {}
    found: dict[str, OwnVector] = {}
    for version, values in stored.items():
        # Vectors of a picture's parts have a version that goes on from that of the whole.
        if not any(version.startswith(f"{other}/") for other in stored):
            # Versions begin with the descriptor's name; see `process.descriptors`.
            name = version.partition("/")[0]
            vector = np.frombuffer(values, dtype="<f2").astype(np.float32)
            found.setdefault(name, OwnVector(name, version, vector))
    return found


class SimilarFinder:
    """Finds similar pictures over the packs of one folder; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Name the folder of the packs, without touching it."""
        self._folder = folder
        self._packs: dict[str, Packs] = {}
        self._lock = threading.Lock()

    def find(
        self,
        session: Session,
        record_id: str,
        own: OwnVector,
        *,
        limit: int,
        only_source: str | None = None,
        without_source: str | None = None,
        accept: Callable[[RecordView], bool],
    ) -> SimilarPictures:
        """Return the pictures that look most, and least, like one of a record.

        Pictures of the record itself, of the same record by other routes, and of records that are
        deleted or withdrawn are left out.

        Args:
            session: A read session.
            record_id: The record.
            own: Of its picture, by one descriptor.
            limit: Most records.
            only_source: Key of the one source that is asked for; None for all.
            without_source: Key of a source that is left out; None for none.
            accept: Tells of a record whether it is wanted; see `LOOKED_AT`.

        Raises:
            PoolBusyError: The packs are being made.
        """
        view = self._view(session, record_id, own)
        exclude = view.exclude
        if only_source is not None:
            exclude = exclude | ~_of_source(session, view, only_source)
        if without_source is not None:
            exclude = exclude | _of_source(session, view, without_source)
        similarities = cosines(view.pool.vectors[own.name], own.values)
        undescribed = int(np.isnan(similarities[~exclude]).sum())
        similarities[exclude] = np.nan
        order = nearest_first(similarities)
        near = _pictures(session, view, order[:LOOKED_AT], similarities, accept)
        nearest = tuple(islice(near, limit))
        shown = {one.record.id for one in nearest}
        far = _pictures(session, view, order[::-1][:LOOKED_AT], similarities, accept)
        farthest = next((one for one in far if one.record.id not in shown), None)
        return SimilarPictures(len(order), undescribed, nearest, farthest)

    def _view(self, session: Session, record_id: str, own: OwnVector) -> PoolView:
        if not self._lock.acquire(timeout=_WAIT_S):
            raise PoolBusyError(
                "The pictures' vectors are being brought to this machine; ask again later."
            )
        try:
            packs = self._packs.setdefault(own.version, Packs(self._folder, lambda: [own]))
            return packs.view(session, record_id)
        finally:
            self._lock.release()


def _of_source(session: Session, view: PoolView, source_key: str) -> NDArray[np.bool_]:
    """Return a mask of the pool: which pictures are of a source's records."""
    ours = view.pool.record_ids
    theirs = [one.encode() for one in records.ids_of_source(session, source_key)]
    return np.isin(ours, np.array(theirs, dtype=ours.dtype))


def _pictures(
    session: Session,
    view: PoolView,
    order: NDArray[np.int64],
    similarities: NDArray[np.float32],
    accept: Callable[[RecordView], bool],
) -> Iterator[SimilarPicture]:
    """Yield the pictures at these places whose records are accepted, each record once."""
    seen: set[str] = set()
    start, size = 0, _FIRST_CHUNK
    while start < len(order):
        places: dict[str, int] = {}
        for place in order[start : start + size].tolist():
            record_id = view.pool.record_ids[place].decode()
            if record_id not in seen:
                seen.add(record_id)
                places[record_id] = place
        for record in clones.load_records(session, list(places)):
            if accept(record):
                place = places[record.id]
                version_id = view.pool.image_version_ids[place].decode()
                (image,) = (one for one in record.images if one.version_id == version_id)
                yield SimilarPicture(record, image, float(similarities[place]))
        start, size = start + size, min(2 * size, _LARGEST_CHUNK)
