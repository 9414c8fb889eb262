"""Harvests: one pass over a source, stored batch by batch with the checkpoint it can go on from.

A batch is what a harvester yielded between two checkpoints. `store_batch` writes it in one
transaction with the second, so that after a kill nothing is stored twice and nothing is missing.

Counts of a harvest, each of records if nothing else is said:

- `new`, `changed`, `same`, `renamed`: by what became of them; a record that returns is changed;
- `failed`: could not be read; by reason in `harvest_failures`;
- `images`: announced by records that were read;
- `requests`, `bytes`: made and received;
- `deleted`: taken from view at the end;
- `absent`: not met in a whole pass, and kept since the pass had failures;
- `would_delete`: what an operator is asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from iiif_dedup.errors import StoreError
from iiif_dedup.store import deletions, events, harvest_failures, ids, sources
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.harvested import store_events
from iiif_dedup.store.models import Harvest, Source
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.text import storable
from iiif_dedup.types import Checkpoint, Ending, HarvestEvent, Json, RecordFailure

COUNTS = ("new", "changed", "same", "deleted", "renamed", "failed", "images", "requests", "bytes")
"""The counts that every harvest has."""


class HarvestState(StrEnum):
    """Where a harvest stands."""

    RUNNING = "running"
    WAITING = "waiting"
    """It would delete much, and waits for `confirm` or `dismiss`."""
    FINISHED = "finished"
    FAILED = "failed"


class HarvestKind(StrEnum):
    """What a harvest asks for."""

    WHOLE = "whole"
    INCREMENTAL = "incremental"
    """What changed since the bookmark."""
    RETRY = "retry"
    """What another harvest could not read."""
    MOVE = "move"
    """Everything, after the source got another address."""


def start(
    session: Session,
    source_key: str,
    job_id: str,
    *,
    kind: HarvestKind | None = None,
    clock: Clock = utc_now,
) -> Harvest:
    """Return the harvest that this job does: the one it began, to go on with, or a new one.

    A source has one active harvest job at most, so another harvest of it that is still marked as
    running was left behind; it becomes failed. One that waits is out of date now, and ends
    without deleting anything.

    Args:
        session: A write session.
        source_key: The source.
        job_id: The job.
        kind: None for an incremental one where the source has a bookmark, else a whole one. A
            move that did not come to its end is taken up whatever is asked for.
        clock: Gives the time, aware.

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
    last = _last(session, source)
    _end_others(session, source, clock())
    kind = _kind(source, last, kind)
    number = 1 if last is None else last.number + 1
    harvest = Harvest(
        id=ids.stable_id(source.key, str(number)),
        source_key=source.key,
        number=number,
        job_id=job_id,
        state=HarvestState.RUNNING.value,
        kind=kind.value,
        since=source.bookmark if kind is HarvestKind.INCREMENTAL else None,
        counts=dict.fromkeys(COUNTS, 0),
        started_at=clock(),
    )
    session.add(harvest)
    session.flush()
    return harvest


def store_batch(
    session: Session,
    harvest_id: str,
    batch: Sequence[HarvestEvent],
    checkpoint: Checkpoint | None,
    *,
    requests: int = 0,
    received: int = 0,
    clock: Clock = utc_now,
) -> Harvest:
    """Store what came up to `checkpoint`, and return the harvest with its new counts.

    Records are new, changed or the same by their content; see `harvested` and `harvested_images`.
    A record that comes twice in one harvest is counted once.

    Args:
        session: A write session.
        harvest_id: The running harvest.
        batch: In the harvester's order.
        checkpoint: None behind the harvester's last checkpoint.
        requests: Made since the last batch.
        received: Bytes received since the last batch.
        clock: Gives the time, aware.

    Raises:
        StoreError: There is no such harvest.
    """
    harvest = _locked(session, harvest_id)
    counts = Counter(harvest.counts)
    counts.update(store_events(session, harvest, batch, now=clock()))
    failures = [event for event in batch if isinstance(event, RecordFailure)]
    counts["failed"] += harvest_failures.store(session, harvest, failures)
    counts.update(requests=requests, bytes=received)
    harvest.counts = dict(counts)
    if checkpoint is not None:
        harvest.checkpoint = {
            "state": dict(checkpoint.state),
            "done": checkpoint.done,
            "total": checkpoint.total,
        }
    session.flush()
    return harvest


def finish(
    session: Session,
    harvest_id: str,
    ending: Ending,
    *,
    rereads: bool = False,
    clock: Clock = utc_now,
) -> Harvest:
    """End a harvest that came to its end: delete what is gone, or wait for an operator.

    Args:
        session: A write session.
        harvest_id: The harvest.
        ending: As the harvester yielded it.
        rereads: Whether the next harvest reads again by itself what failed for a while. Where it
            does not, the bookmark stays where it was as long as something did.
        clock: Gives the time, aware.

    Raises:
        StoreError: There is no such harvest.
    """
    harvest = _locked(session, harvest_id)
    bookmark = None if ending.bookmark is None else dict(ending.bookmark)
    harvest.checkpoint = (harvest.checkpoint or {}) | {
        "ending": {"whole": ending.whole, "bookmark": bookmark, "rereads": rereads}
    }
    loss = deletions.loss(session, harvest, whole=ending.whole)
    if loss.absent:
        harvest.counts = harvest.counts | {"absent": loss.absent}
    if not loss.is_large:
        return _complete(session, harvest, delete=True, now=clock())
    harvest.state, harvest.finished_at = HarvestState.WAITING.value, clock()
    harvest.counts = harvest.counts | {"would_delete": loss.records}
    detail: dict[str, Json] = {
        "harvest": harvest.id,
        "would_delete": loss.records,
        "records": loss.before,
    }
    events.add(session, events.HARVEST_WAITING, harvest.source_key, detail, clock=clock)
    session.flush()
    return harvest


def confirm(session: Session, harvest_id: str, *, clock: Clock = utc_now) -> Harvest:
    """Delete what a waiting harvest did not find, and finish it.

    Raises:
        StoreError: There is no such harvest, or it does not wait.
    """
    return _complete(session, _waiting(session, harvest_id), delete=True, now=clock())


def dismiss(session: Session, harvest_id: str, *, clock: Clock = utc_now) -> Harvest:
    """Finish a waiting harvest without deleting anything. Raises as `confirm`.

    A later whole pass asks again; deletions that an incremental one was told are not told again.
    """
    return _complete(session, _waiting(session, harvest_id), delete=False, now=clock())


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


def _last(session: Session, source: Source) -> Harvest | None:
    highest = select(func.max(Harvest.number)).where(Harvest.source_key == source.key)
    statement = select(Harvest).where(
        Harvest.source_key == source.key, Harvest.number == highest.scalar_subquery()
    )
    return session.scalar(statement)


def _kind(source: Source, last: Harvest | None, asked: HarvestKind | None) -> HarvestKind:
    if last is not None and (last.kind, last.state) == (HarvestKind.MOVE, HarvestState.FAILED):
        return HarvestKind.MOVE
    if asked is not None:
        return asked
    return HarvestKind.WHOLE if source.bookmark is None else HarvestKind.INCREMENTAL


def _end_others(session: Session, source: Source, now: datetime) -> None:
    """End harvests that no job goes on with."""
    for state, outcome, error in (
        (HarvestState.RUNNING, HarvestState.FAILED, "Its job ended without finishing it."),
        (
            HarvestState.WAITING,
            HarvestState.FINISHED,
            "A later harvest began before somebody decided; nothing was deleted.",
        ),
    ):
        statement = update(Harvest).where(Harvest.source_key == source.key, Harvest.state == state)
        session.execute(statement.values(state=outcome, error=error, finished_at=now))


def _complete(session: Session, harvest: Harvest, *, delete: bool, now: datetime) -> Harvest:
    ending = (harvest.checkpoint or {})["ending"]
    if delete:
        deleted = deletions.apply(session, harvest, whole=ending["whole"])
        harvest.counts = harvest.counts | {"deleted": deleted}
    harvest.state, harvest.finished_at = HarvestState.FINISHED.value, now
    knows_all = ending["rereads"] or not harvest_failures.may_pass(session, harvest.id)
    if ending["bookmark"] is not None and knows_all:
        sources.get_one(session, harvest.source_key).bookmark = ending["bookmark"]
    session.flush()
    return harvest


def _waiting(session: Session, harvest_id: str) -> Harvest:
    harvest = _locked(session, harvest_id)
    if harvest.state != HarvestState.WAITING:
        raise StoreError(
            f"Harvest {harvest_id} is {harvest.state}; only a waiting one can be confirmed or "
            "dismissed."
        )
    return harvest


def _locked(session: Session, harvest_id: str) -> Harvest:
    harvest = session.get(Harvest, harvest_id, with_for_update=True)
    if harvest is None:
        raise StoreError(f"There is no harvest {harvest_id!r}. Start one for its source.")
    return harvest
