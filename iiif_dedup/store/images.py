"""Images: which slots wait to be fetched, and what was seen in them.

Every version of an image gets the next number of one sequence. The numbers are taken under the
lock of a counter row that is held until the commit, so that they have no gaps and a reader who
asks for everything behind the highest number it knows never misses a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from iiif_dedup.errors import Reason
from iiif_dedup.store import changes, ids
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.database import upsert
from iiif_dedup.store.models import Counter, Image, ImageVersion, Record, Tile
from iiif_dedup.store.records import ACTIVE
from iiif_dedup.store.text import storable
from iiif_dedup.types import ImageRef, Validators

SEQUENCE = "image_version"
"""Name of the counter."""
REF_COLUMNS = tuple(name for name in ImageRef.__slots__ if name != "position")
"""The columns of a slot that hold its `ImageRef`."""


class ImageState(StrEnum):
    """Where a slot stands."""

    PENDING = "pending"
    """To be fetched."""
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"
    """The record no longer has it."""


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """What was seen in a slot the last time.

    Attributes:
        sha256: Of the bytes.
        request_url: The URL that gave them.
        validators: Of the file that the URL gave last.
    """

    sha256: str
    request_url: str
    validators: Validators


@dataclass(frozen=True, slots=True)
class PendingImage:
    """A slot that waits to be fetched, or to be asked for again.

    Attributes:
        image_id: The slot.
        record_id: The record that it is of.
        ref: What is to be fetched.
        before: What is in it now; None for nothing.
        ready: Whether it is in the pool meanwhile.
    """

    image_id: str
    record_id: str
    ref: ImageRef
    before: SeenBefore | None = None
    ready: bool = False


@dataclass(frozen=True, slots=True)
class SeenImage:
    """What was seen in a slot, and what was made of it; columns as in `models`."""

    sha256: str
    request_url: str
    byte_size: int
    width: int
    height: int
    preprocessing: str
    pixels: bytes
    phash: str
    blank: bool
    validators: Validators = field(default=Validators())


@dataclass(frozen=True, slots=True)
class KeptImage:
    """That the picture is still what was seen before, whatever its bytes are.

    Attributes:
        validators: To ask with the next time.
    """

    validators: Validators


@dataclass(frozen=True, slots=True)
class FailedImage:
    """Why nothing was seen in a slot.

    Attributes:
        reason: Stable code.
        detail: One sentence for the operator.
    """

    reason: Reason
    detail: str


def pending(session: Session, source_key: str, *, limit: int) -> list[PendingImage]:
    """Return slots of a source that wait to be fetched, by record id and position."""
    statement = (
        _slots(source_key)
        .where(Image.state == ImageState.PENDING)
        .order_by(Image.record_id, Image.position)
        .limit(limit)
    )
    return [_pending(*row) for row in session.execute(statement)]


def to_recheck(session: Session, source_key: str, *, behind: str, limit: int) -> list[PendingImage]:
    """Return ready slots of a source that are to be asked for again, by id, behind that id."""
    statement = (
        _slots(source_key)
        .where(Image.state == ImageState.READY, Image.recheck.is_(True), Image.id > behind)
        .order_by(Image.id)
        .limit(limit)
    )
    return [_pending(*row) for row in session.execute(statement)]


def ready_contents(
    session: Session, source_key: str, *, behind: str, limit: int
) -> list[tuple[str, str]]:
    """Return ready slots of a source with the SHA-256 of their bytes, by id, behind that id."""
    statement = (
        select(Image.id, ImageVersion.sha256)
        .join(Record, Record.id == Image.record_id)
        .join(ImageVersion, ImageVersion.id == Image.current_version_id)
        .where(Record.source_key == source_key, Record.state == ACTIVE)
        .where(Image.state == ImageState.READY, Image.id > behind)
        .order_by(Image.id)
        .limit(limit)
    )
    return [(row.id, row.sha256) for row in session.execute(statement)]


def load(session: Session, image_ids: Sequence[str]) -> list[PendingImage]:
    """Return slots as what is to be fetched, by id."""
    statement = select(Image).where(Image.id.in_(image_ids)).order_by(Image.id)
    return [
        PendingImage(slot.id, slot.record_id, ref_of(slot)) for slot in session.scalars(statement)
    ]


def tile(session: Session, sha256: str, preprocessing: str) -> bytes | None:
    """Return the pixels of the tile of some bytes, row-major RGB; None where there is none."""
    found = session.get(Tile, (sha256, preprocessing))
    return None if found is None else found.pixels


def count_pending(session: Session, source_key: str) -> int:
    """Return how many slots of a source wait to be fetched."""
    return counts(session, source_key)[ImageState.PENDING]


def counts(session: Session, source_key: str | None = None) -> dict[ImageState, int]:
    """Return the number of slots in every state, of active records."""
    statement = (
        select(Image.state, func.count())
        .join(Record, Record.id == Image.record_id)
        .where(Record.state == ACTIVE)
        .group_by(Image.state)
    )
    if source_key is not None:
        statement = statement.where(Record.source_key == source_key)
    found = {ImageState(state): number for state, number in session.execute(statement)}
    return {state: found.get(state, 0) for state in ImageState}


def reopen(session: Session, images: Sequence[PendingImage]) -> None:
    """Let `store_results` take what was seen in slots that are ready, in the same transaction.

    A slot that is not ready any more, or is to be fetched from elsewhere by now, is left alone.
    """
    slot_ids = [image.image_id for image in images]
    locked = select(Image).where(Image.id.in_(slot_ids)).order_by(Image.id).with_for_update()
    slots = {slot.id: slot for slot in session.scalars(locked)}
    for image in images:
        slot = slots[image.image_id]
        if slot.state == ImageState.READY and ref_of(slot) == image.ref:
            slot.state = ImageState.PENDING.value
    session.flush()


def store_results(
    session: Session,
    results: Sequence[tuple[PendingImage, SeenImage | KeptImage | FailedImage]],
    *,
    clock: Clock = utc_now,
) -> None:
    """Store what became of some slots, and give new versions their numbers in that order.

    Bytes that a slot has held before make no new version. A slot that is not to be asked for any
    more, or is to be fetched from elsewhere by now, is left as it is: what was seen is out of
    date.
    """
    highest = lock_counter(session, SEQUENCE)
    slot_ids = [image.image_id for image, _ in results]
    locked = select(Image).where(Image.id.in_(slot_ids)).order_by(Image.id).with_for_update()
    slots = {slot.id: slot for slot in session.scalars(locked)}
    seen: dict[Image, SeenImage] = {}
    replaces = False
    for image, result in results:
        slot = slots[image.image_id]
        if not _is_asked_for(slot) or ref_of(slot) != image.ref:
            continue
        # A version that was current and is not, or is again.
        replaces |= slot.current_version_id is not None and not (
            isinstance(result, KeptImage) and slot.state == ImageState.READY
        )
        slot.recheck = False
        if isinstance(result, FailedImage):
            slot.state, slot.reason = ImageState.FAILED.value, result.reason.value
            slot.detail = storable(result.detail)
            continue
        slot.state = ImageState.READY.value
        slot.etag, slot.last_modified = result.validators.etag, result.validators.last_modified
        if isinstance(result, SeenImage):
            slot.current_version_id = ids.image_version_id(slot.id, result.sha256)
            seen[slot] = result
    _store_tiles(session, list(seen.values()))
    highest.value += _store_versions(session, seen, behind=highest.value, now=clock())
    session.flush()
    if replaces:
        changes.note(session)


def _is_asked_for(slot: Image) -> bool:
    if slot.state == ImageState.READY:
        return slot.recheck
    return slot.state == ImageState.PENDING


def _slots(source_key: str) -> Select[Image, ImageVersion | None]:
    """Select slots of active records, each with the version that is in it."""
    return (
        select(Image, ImageVersion)
        .join(Record, Record.id == Image.record_id)
        .outerjoin(ImageVersion, ImageVersion.id == Image.current_version_id)
        .where(Record.source_key == source_key, Record.state == ACTIVE)
    )


def _pending(slot: Image, version: ImageVersion | None) -> PendingImage:
    before = None
    if version is not None:
        validators = Validators(slot.etag, slot.last_modified)
        before = SeenBefore(version.sha256, version.request_url, validators)
    return PendingImage(
        slot.id, slot.record_id, ref_of(slot), before, slot.state == ImageState.READY
    )


def _store_versions(
    session: Session, seen: dict[Image, SeenImage], *, behind: int, now: datetime
) -> int:
    """Insert the versions that are new, numbered from `behind` + 1, and return how many."""
    version_ids = [slot.current_version_id for slot in seen]
    known = set(session.scalars(select(ImageVersion.id).where(ImageVersion.id.in_(version_ids))))
    new = [(slot, image) for slot, image in seen.items() if slot.current_version_id not in known]
    session.add_all(
        ImageVersion(
            id=slot.current_version_id,
            image_id=slot.id,
            sha256=image.sha256,
            sequence=sequence,
            request_url=storable(image.request_url),
            byte_size=image.byte_size,
            width=image.width,
            height=image.height,
            seen_at=now,
        )
        for sequence, (slot, image) in enumerate(new, start=behind + 1)
    )
    return len(new)


def _store_tiles(session: Session, images: Sequence[SeenImage]) -> None:
    rows = {
        image.sha256: {
            "sha256": image.sha256,
            "preprocessing": image.preprocessing,
            "pixels": image.pixels,
            "phash": image.phash,
            "blank": image.blank,
        }
        for image in images
    }
    upsert(session, Tile, list(rows.values()), key=["sha256", "preprocessing"])


def lock_counter(session: Session, name: str) -> Counter:
    """Return a counter that nobody else can read or raise before this transaction ends."""
    upsert(session, Counter, [{"name": name, "value": 0}], key=["name"])
    return session.get_one(Counter, name, with_for_update=True)


def ref_of(slot: Image) -> ImageRef:
    """Return what is to be fetched for a slot."""
    columns = {name: getattr(slot, name) for name in REF_COLUMNS}
    return ImageRef(position=slot.position, **columns)
