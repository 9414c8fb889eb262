"""The image slots of harvested records: which are to be fetched, asked again, or gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from iiif_dedup.errors import Reason
from iiif_dedup.store import ids
from iiif_dedup.store.images import REF_COLUMNS, ImageState
from iiif_dedup.store.models import Image
from iiif_dedup.store.text import storable
from iiif_dedup.types import ImageRef

CANVAS_COLUMNS = ("canvas_id", "canvas_width", "canvas_height")
"""What says where a picture is shown; the rest of `REF_COLUMNS` says how it is fetched."""
RETRIABLE = (
    Reason.CONNECTION_FAILED,
    Reason.HOST_RESTS,
    Reason.HTTP_SERVER_ERROR,
    Reason.NAME_NOT_RESOLVED,
    Reason.RATE_LIMITED,
    Reason.TIMED_OUT,
)
"""Why a picture or record may have failed that may be had at the next harvest."""
_LARGEST_INTEGER = 2**31 - 1


def store_images(
    session: Session, refs: Mapping[str, Sequence[ImageRef]], *, changed: Collection[str]
) -> bool:
    """Bring the slots of records to what is announced now.

    New pictures, and those that are to be fetched from elsewhere, become pending; those that the
    record no longer has are gone. Where the record's content has changed, what had failed becomes
    pending too, and what is ready is to be asked for again, since its pixels may have changed.

    Args:
        session: A write session.
        refs: Record id → its pictures.
        changed: Records whose content is another than before.

    Returns:
        Whether a slot is ready no more.
    """
    there: dict[tuple[str, int], Image] = {}
    for slot in session.scalars(select(Image).where(Image.record_id.in_(list(refs)))):
        there[slot.record_id, slot.position] = slot
    ready = [slot for slot in there.values() if slot.state == ImageState.READY]
    for record_id, announced in refs.items():
        for ref in announced:
            columns = _image_columns(ref)
            if (record_id, ref.position) in there:
                slot = there.pop((record_id, ref.position))
                _update_slot(slot, columns, changed=record_id in changed)
            else:
                slot_id = ids.image_id(record_id, ref.position)
                new = Image(id=slot_id, record_id=record_id, position=ref.position, **columns)
                session.add(new)
    for slot in there.values():
        slot.state, slot.reason, slot.detail = ImageState.GONE.value, None, None
        slot.recheck = False
    session.flush()
    return any(slot.state != ImageState.READY for slot in ready)


def ask_failed_again(session: Session, record_ids: Sequence[str]) -> None:
    """Make pictures pending again whose failure may have passed."""
    if not record_ids:
        return
    failed = update(Image).where(Image.record_id.in_(record_ids), Image.state == ImageState.FAILED)
    session.execute(
        failed.where(Image.reason.in_(RETRIABLE)).values(
            state=ImageState.PENDING, reason=None, detail=None
        )
    )


def _update_slot(slot: Image, columns: Mapping[str, Any], *, changed: bool) -> None:
    fetched_from = [name for name in columns if name not in CANVAS_COLUMNS]
    moved = any(getattr(slot, name) != columns[name] for name in fetched_from)
    failed = slot.state == ImageState.FAILED and (changed or slot.reason in RETRIABLE)
    if moved or failed or slot.state == ImageState.GONE:
        slot.state, slot.reason, slot.detail = ImageState.PENDING.value, None, None
        slot.recheck = False
    elif slot.state == ImageState.READY:
        slot.recheck = slot.recheck or changed
    for name, value in columns.items():
        setattr(slot, name, value)


def _image_columns(ref: ImageRef) -> dict[str, Any]:
    """Return what `ref` says in values that every database holds."""
    return {name: _storable(getattr(ref, name)) for name in REF_COLUMNS}


def _storable(value: str | int | None) -> str | int | None:
    if isinstance(value, int):
        # Sizes are a partner's claim; one that no database column holds is none.
        return value if 0 <= value <= _LARGEST_INTEGER else None
    return None if value is None else storable(value)
