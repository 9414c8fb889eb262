"""From what a harvester yields to rows of `record`: what is new, changed, the same, or gone."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from iiif_dedup.store import aliases, changes, ids, models
from iiif_dedup.store.database import upsert
from iiif_dedup.store.harvested_images import ask_failed_again, store_images
from iiif_dedup.store.models import Harvest
from iiif_dedup.store.records import ACTIVE, WITHDRAWN
from iiif_dedup.store.text import storable
from iiif_dedup.types import Deletion, HarvestEvent, Record, Renaming, Unchanged, Validators

_RecordEvent = Record | Unchanged | Deletion


def store_events(
    session: Session, harvest: Harvest, events: Iterable[HarvestEvent], *, now: datetime
) -> Counter[str]:
    """Store records, renamings, deletions and what is unchanged; other events are left out.

    Of what is said about one record the last counts, but renamings come before everything else.
    A deletion is only noted: it takes effect when the harvest has come to its end. A record that
    was withdrawn is left alone.

    Returns:
        Counts of new, changed, same and renamed records and of images. Records that this harvest
        has met before are not counted again.
    """
    happened = list(events)
    renamings = [event for event in happened if isinstance(event, Renaming)]
    counts = Counter(renamed=aliases.rename(session, harvest, renamings, now=now))
    said = _last_said(session, harvest, happened)
    known = _known_records(session, said)
    found = {
        record_id: event
        for record_id, event in said.items()
        if record_id not in known or known[record_id].state != WITHDRAWN
    }
    read = {key: event for key, event in found.items() if isinstance(event, Record)}
    there = [key for key, event in found.items() if isinstance(event, Unchanged) and key in known]
    counts += _store_records(session, harvest, read, known, now=now)
    back = [record_id for record_id in there if known[record_id].state != ACTIVE]
    _set(session, back, state=ACTIVE, changed_at=now)
    ask_failed_again(session, there)
    if back:
        changes.note(session)
    seen = [key for key, event in said.items() if not isinstance(event, Deletion)]
    _set(session, seen, last_harvest_id=harvest.id, deletion_harvest_id=None)
    gone = [key for key, event in said.items() if isinstance(event, Deletion)]
    _set(session, gone, deletion_harvest_id=harvest.id)
    fresh = [key for key in there if known[key].last_harvest_id != harvest.id]
    counts["changed"] += sum(known[key].state != ACTIVE for key in fresh)
    counts["same"] += sum(known[key].state == ACTIVE for key in fresh)
    return counts


@dataclass(frozen=True, slots=True)
class _Known:
    """A record as it was before this batch."""

    content_hash: str
    state: str
    last_harvest_id: str
    validators: Validators


def _last_said(
    session: Session, harvest: Harvest, events: Sequence[HarvestEvent]
) -> dict[str, _RecordEvent]:
    """Return record id → the last event about it."""
    about = [event for event in events if isinstance(event, _RecordEvent)]
    named = [ids.record_id(harvest.source_key, storable(event.identifier)) for event in about]
    resolved = aliases.resolve_many(session, named)
    return {resolved[name]: event for name, event in zip(named, about, strict=True)}


def _known_records(session: Session, record_ids: Iterable[str]) -> dict[str, _Known]:
    record = models.Record
    statement = select(
        record.id,
        record.content_hash,
        record.state,
        record.last_harvest_id,
        record.etag,
        record.last_modified,
    ).where(record.id.in_(list(record_ids)))
    return {
        row.id: _Known(
            row.content_hash,
            row.state,
            row.last_harvest_id,
            Validators(row.etag, row.last_modified),
        )
        for row in session.execute(statement)
    }


def _store_records(
    session: Session,
    harvest: Harvest,
    read: Mapping[str, Record],
    known: Mapping[str, _Known],
    *,
    now: datetime,
) -> Counter[str]:
    """Upsert records with their image slots, by record id; return their counts."""
    rows = {key: _record_row(harvest, key, record) for key, record in read.items()}
    changed = {key for key in rows if _differs(rows[key], known.get(key))}
    other = {
        key
        for key in changed
        if key not in known or known[key].content_hash != rows[key]["content_hash"]
    }
    written = [rows[key] | {"changed_at": now} for key in rows if key in changed]
    columns = [name for name in (written[0] if written else ()) if name not in _FIXED]
    upsert(session, models.Record, written, key=["id"], update=columns)
    _store_validators(session, rows, known)
    images = {key: read[key].images for key in rows if key in changed}
    retired = store_images(session, images, changed=other)
    ask_failed_again(session, [key for key in rows if key not in changed])
    if retired or any(known[key].state != ACTIVE for key in rows if key in known):
        changes.note(session)
    counts: Counter[str] = Counter()
    for key, record in read.items():
        if key in known and known[key].last_harvest_id == harvest.id:
            continue
        counts["new" if key not in known else "changed" if key in changed else "same"] += 1
        counts["images"] += len(record.images)
    return counts


_FIXED = frozenset({"id", "first_harvest_id"})


def _differs(row: Mapping[str, Any], known: _Known | None) -> bool:
    return known is None or (known.content_hash, known.state) != (row["content_hash"], ACTIVE)


def _store_validators(
    session: Session, rows: Mapping[str, Mapping[str, Any]], known: Mapping[str, _Known]
) -> None:
    """Keep what servers gave to ask later, also of records that are the same."""
    news = [
        {"id": key, "etag": row["etag"], "last_modified": row["last_modified"]}
        for key, row in rows.items()
        if key in known and known[key].validators != Validators(row["etag"], row["last_modified"])
    ]
    if news:
        session.execute(update(models.Record), news)


def _record_row(harvest: Harvest, record_id: str, record: Record) -> dict[str, Any]:
    """Return the columns of a record, but for the time."""
    content = asdict(record)
    # They change whenever a server is set up anew.
    del content["validators"]
    text = json.dumps(content, sort_keys=True, default=dict)
    plain = json.loads(text)
    validators = record.validators or Validators()
    return {
        "id": record_id,
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
        "content_hash": hashlib.sha256(text.encode()).hexdigest(),
        "state": ACTIVE,
        "etag": _text(validators.etag),
        "last_modified": _text(validators.last_modified),
        "first_harvest_id": harvest.id,
        "last_harvest_id": harvest.id,
    }


def _set(session: Session, record_ids: Sequence[str], **values: object) -> None:
    if record_ids:
        record = models.Record
        session.execute(update(record).where(record.id.in_(record_ids)).values(**values))


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)
