"""From harvested records to rows of `record` and `image`: what is new, changed, the same."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from iiif_dedup.errors import Reason
from iiif_dedup.store import changes, ids, models
from iiif_dedup.store.database import upsert
from iiif_dedup.store.images import REF_COLUMNS, ImageState
from iiif_dedup.store.models import Harvest, Image
from iiif_dedup.store.records import ACTIVE
from iiif_dedup.store.text import storable
from iiif_dedup.types import ImageRef, Record

CANVAS_COLUMNS = ("canvas_id", "canvas_width", "canvas_height")
"""What says where a picture is shown; the rest of `REF_COLUMNS` says how it is fetched."""
RETRIABLE = (
    Reason.CONNECTION_FAILED,
    Reason.HTTP_SERVER_ERROR,
    Reason.NAME_NOT_RESOLVED,
    Reason.RATE_LIMITED,
    Reason.TIMED_OUT,
)
"""Why a picture may have failed that the next harvest tries again."""
_LARGEST_INTEGER = 2**31 - 1


def store_records(
    session: Session, harvest: Harvest, records: Sequence[Record], *, now: datetime
) -> Counter[str]:
    """Upsert records with their image slots; return counts of new, changed, same and images.

    Records that this harvest has stored before are not counted again.
    """
    rows = {row["id"]: row for row in (_record_row(harvest, record) for record in records)}
    refs = {_record_id(harvest, record): record.images for record in records}
    known = _known_records(session, rows)
    written = [row | {"changed_at": now} for row in rows.values() if _differs(row, known)]
    columns = [name for name in _columns(written) if name not in {"id", "first_harvest_id"}]
    upsert(session, models.Record, written, key=["id"], update=columns)
    retired = _store_images(session, {row["id"]: refs[row["id"]] for row in written})
    _try_again(session, [record_id for record_id in rows if not _differs(rows[record_id], known)])
    seen = update(models.Record).where(models.Record.id.in_(rows))
    session.execute(seen.values(last_harvest_id=harvest.id))
    if retired or any(state != ACTIVE for _, state, _ in known.values()):
        changes.note(session)
    return _count(harvest, rows, refs, known)


_Known = Mapping[str, tuple[str, str, str]]
"""Record id to content hash, state and last harvest, as they were before this batch."""


def _known_records(session: Session, record_ids: Iterable[str]) -> _Known:
    record = models.Record
    statement = select(record.id, record.content_hash, record.state, record.last_harvest_id)
    found = session.execute(statement.where(record.id.in_(list(record_ids))))
    return {row.id: (row.content_hash, row.state, row.last_harvest_id) for row in found}


def _differs(row: Mapping[str, Any], known: _Known) -> bool:
    return known.get(row["id"], ("", "", ""))[:2] != (row["content_hash"], row["state"])


def _count(
    harvest: Harvest,
    rows: Mapping[str, Mapping[str, Any]],
    refs: Mapping[str, Sequence[ImageRef]],
    known: _Known,
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for record_id, row in rows.items():
        if record_id not in known:
            counts["new"] += 1
        elif known[record_id][2] == harvest.id:
            continue
        else:
            counts["changed" if _differs(row, known) else "same"] += 1
        counts["images"] += len(refs[record_id])
    return counts


def _record_id(harvest: Harvest, record: Record) -> str:
    return ids.record_id(harvest.source_key, storable(record.identifier))


def _record_row(harvest: Harvest, record: Record) -> dict[str, Any]:
    """Return the columns of a record, but for the time."""
    content = json.dumps(asdict(record), sort_keys=True, default=dict)
    plain = json.loads(content)
    return {
        "id": _record_id(harvest, record),
        "source_key": harvest.source_key,
        "identifier": storable(record.identifier),
        "titles": plain["titles"],
        "facets": plain["facets"],
        "rights": _text(record.rights),
        "provider": _text(record.provider),
        "landing_page": _text(record.landing_page),
        "manifest_url": _text(record.manifest_url),
        "datestamp": _text(record.datestamp),
        "manifest": plain["manifest"],
        "content_hash": hashlib.sha256(content.encode()).hexdigest(),
        "state": ACTIVE,
        "first_harvest_id": harvest.id,
        "last_harvest_id": harvest.id,
    }


def _store_images(session: Session, refs: Mapping[str, Sequence[ImageRef]]) -> bool:
    """Bring the slots of changed records to what is announced now; tell if one is ready no more."""
    there: dict[tuple[str, int], Image] = {}
    for slot in session.scalars(select(Image).where(Image.record_id.in_(list(refs)))):
        there[slot.record_id, slot.position] = slot
    ready = [slot for slot in there.values() if slot.state == ImageState.READY]
    for record_id, announced in refs.items():
        for ref in announced:
            columns = _image_columns(ref)
            if (record_id, ref.position) in there:
                _update_slot(there.pop((record_id, ref.position)), columns)
            else:
                slot_id = ids.image_id(record_id, ref.position)
                new = Image(id=slot_id, record_id=record_id, position=ref.position, **columns)
                session.add(new)
    for slot in there.values():
        slot.state, slot.reason, slot.detail = ImageState.GONE.value, None, None
    session.flush()
    return any(slot.state != ImageState.READY for slot in ready)


def _update_slot(slot: Image, columns: Mapping[str, Any]) -> None:
    fetched_from = [name for name in columns if name not in CANVAS_COLUMNS]
    moved = any(getattr(slot, name) != columns[name] for name in fetched_from)
    if moved or slot.state == ImageState.GONE or _is_retriable(slot):
        slot.state, slot.reason, slot.detail = ImageState.PENDING.value, None, None
    for name, value in columns.items():
        setattr(slot, name, value)


def _is_retriable(slot: Image) -> bool:
    return slot.state == ImageState.FAILED and slot.reason in RETRIABLE


def _try_again(session: Session, record_ids: Sequence[str]) -> None:
    """Make pictures of unchanged records pending again whose failure may have passed."""
    failed = update(Image).where(Image.record_id.in_(record_ids), Image.state == ImageState.FAILED)
    session.execute(
        failed.where(Image.reason.in_(RETRIABLE)).values(
            state=ImageState.PENDING, reason=None, detail=None
        )
    )


def _image_columns(ref: ImageRef) -> dict[str, Any]:
    """Return what `ref` says in values that every database holds."""
    return {name: _storable(getattr(ref, name)) for name in REF_COLUMNS}


def _storable(value: str | int | None) -> str | int | None:
    if isinstance(value, int):
        # Sizes are a partner's claim; one that no database column holds is none.
        return value if 0 <= value <= _LARGEST_INTEGER else None
    return _text(value)


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(rows[0]) if rows else []
