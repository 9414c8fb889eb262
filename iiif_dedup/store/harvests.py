"""Harvests: one pass over a source, stored batch by batch with the checkpoint it can go on from.

A batch is what a harvester yielded between two checkpoints. `store_batch` writes it in one
transaction with the second, so that after a kill nothing is stored twice and nothing is missing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from iiif_dedup.errors import StoreError
from iiif_dedup.store import ids, sources
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.database import upsert
from iiif_dedup.store.harvested import store_records
from iiif_dedup.store.models import Harvest, HarvestFailure
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.text import storable
from iiif_dedup.types import Checkpoint, Record, RecordFailure


class HarvestState(StrEnum):
    """Where a harvest stands."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


def start(session: Session, source_key: str, job_id: str, *, clock: Clock = utc_now) -> Harvest:
    """Return the harvest that this job does: the one it began, to go on with, or a new one.

    A source has one active harvest job at most, so another harvest of it that is still marked as
    running was left behind by a job that gave up; it becomes failed.

    Raises:
        StoreError: There is no such source.
    """
    # The lock makes two jobs that start at once take two numbers.
    source = sources.get_one(session, source_key, lock=True)
    statement = select(Harvest).where(Harvest.source_key == source.key, Harvest.job_id == job_id)
    begun = session.scalar(statement)
    if begun is not None:
        begun.state, begun.error, begun.finished_at = HarvestState.RUNNING.value, None, None
        return begun
    left_behind = update(Harvest).where(Harvest.source_key == source.key)
    session.execute(
        left_behind.where(Harvest.state == HarvestState.RUNNING).values(
            state=HarvestState.FAILED,
            error="Its job ended without finishing it.",
            finished_at=clock(),
        )
    )
    highest = select(func.max(Harvest.number)).where(Harvest.source_key == source.key)
    number = (session.scalar(highest) or 0) + 1
    harvest = Harvest(
        id=ids.stable_id(source.key, str(number)),
        source_key=source.key,
        number=number,
        job_id=job_id,
        state=HarvestState.RUNNING.value,
        counts={"new": 0, "changed": 0, "same": 0, "failed": 0, "images": 0},
        started_at=clock(),
    )
    session.add(harvest)
    session.flush()
    return harvest


def store_batch(
    session: Session,
    harvest_id: str,
    records: Sequence[Record],
    failures: Sequence[RecordFailure],
    checkpoint: Checkpoint | None,
    *,
    clock: Clock = utc_now,
) -> Harvest:
    """Store what came up to `checkpoint`, and return the harvest with its new counts.

    Records are new, changed or the same by their content. Of a changed one, new pictures and
    those that are fetched from elsewhere become pending, those it no longer has become gone, and
    the others keep their state. A record that comes twice in one harvest is counted once.

    Args:
        session: A write session.
        harvest_id: The running harvest.
        records: In the harvester's order.
        failures: In the harvester's order.
        checkpoint: None behind the harvester's last checkpoint.
        clock: Gives the time, aware.

    Raises:
        StoreError: There is no such harvest.
    """
    harvest = _locked(session, harvest_id)
    counts = Counter(harvest.counts)
    counts.update(store_records(session, harvest, records, now=clock()))
    counts["failed"] += _store_failures(session, harvest_id, failures)
    harvest.counts = dict(counts)
    if checkpoint is not None:
        harvest.checkpoint = {
            "state": dict(checkpoint.state),
            "done": checkpoint.done,
            "total": checkpoint.total,
        }
    session.flush()
    return harvest


def finish(session: Session, harvest_id: str, *, clock: Clock = utc_now) -> Harvest:
    """Mark a harvest as finished. Raises StoreError when there is no such harvest."""
    harvest = _locked(session, harvest_id)
    harvest.state, harvest.finished_at = HarvestState.FINISHED.value, clock()
    return harvest


def fail(session: Session, harvest_id: str, error: str, *, clock: Clock = utc_now) -> Harvest:
    """Mark a harvest as failed, which its job may take up again. Raises as `finish`."""
    harvest = _locked(session, harvest_id)
    harvest.state, harvest.finished_at = HarvestState.FAILED.value, clock()
    harvest.error = storable(error)
    return harvest


def get(session: Session, harvest_id: str) -> Harvest | None:
    """Return the harvest, or None."""
    return session.get(Harvest, harvest_id)


def list_harvests(
    session: Session,
    *,
    source_key: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Harvest]:
    """Return harvests, newest first. Raises CursorError as `paginate`."""
    statement = select(Harvest)
    if source_key is not None:
        statement = statement.where(Harvest.source_key == source_key)
    keys = (Harvest.started_at, Harvest.id)
    return paginate(session, statement, keys, cursor=cursor, limit=limit, descending=True)


def list_failures(
    session: Session, harvest_id: str, *, cursor: str | None = None, limit: int = 50
) -> Page[HarvestFailure]:
    """Return what a harvest could not read, by id. Raises CursorError as `paginate`."""
    statement = select(HarvestFailure).where(HarvestFailure.harvest_id == harvest_id)
    return paginate(session, statement, (HarvestFailure.id,), cursor=cursor, limit=limit)


def _locked(session: Session, harvest_id: str) -> Harvest:
    harvest = session.get(Harvest, harvest_id, with_for_update=True)
    if harvest is None:
        raise StoreError(f"There is no harvest {harvest_id!r}. Start one for its source.")
    return harvest


def _store_failures(session: Session, harvest_id: str, failures: Sequence[RecordFailure]) -> int:
    """Return how many failures were not stored yet; the same one twice is one row."""
    rows = {}
    for failure in failures:
        row = {
            "harvest_id": harvest_id,
            "identifier": storable(failure.identifier),
            "url": None if failure.url is None else storable(failure.url),
            "reason": failure.reason.value,
            "detail": storable(failure.detail),
        }
        natural_key = json.dumps([row["identifier"], row["url"], row["reason"]])
        row["id"] = ids.stable_id(harvest_id, natural_key)
        rows[row["id"]] = row
    there = select(HarvestFailure.id).where(HarvestFailure.id.in_(rows))
    known = len(session.scalars(there).all())
    upsert(session, HarvestFailure, list(rows.values()), key=["id"], update=["detail"])
    return len(rows) - known
