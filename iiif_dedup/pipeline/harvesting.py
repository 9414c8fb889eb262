"""Step 1: store what a harvester yields, from checkpoint to checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeAlias

from iiif_dedup.errors import FetchError, HarvestError, JobCancelledError
from iiif_dedup.store import harvests
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Job
from iiif_dedup.store.work import enqueue_process_images
from iiif_dedup.types import Checkpoint, HarvestEvent, Json, Record, RecordFailure

MakeEvents: TypeAlias = Callable[[Mapping[str, Json] | None], Iterator[HarvestEvent]]
"""Begins at a checkpoint's state, or at the beginning for None; a harvester's `harvest`."""


def harvest(claim: Claim, database: Database, make_events: MakeEvents) -> Job:
    """Do the harvest of the claimed job, from where it was left, and end the job.

    Args:
        claim: Of a job of kind `harvest`.
        database: Where the claim is.
        make_events: Yields what the source holds.

    Returns:
        The job that processes the source's images, to be woken.

    Raises:
        FetchError: The collection cannot be fetched; so with `HarvestError`. What came before is
            stored, and the next attempt goes on behind it.
        LeaseLostError: Another attempt has the job.
        JobCancelledError: Somebody asked the job to stop.
    """
    source_key = str(claim.arguments["source"])
    with claim.write() as session:
        begun = harvests.start(session, source_key, claim.job_id, clock=claim.clock)
    state = None if begun.checkpoint is None else begun.checkpoint["state"]
    try:
        # The generator may have requests under way, which end when it is closed.
        with closing(_as_generator(make_events(state))) as events:
            tail = _store_batches(claim, begun.id, events)
        return _finish(claim, begun.id, source_key, tail)
    except (FetchError, HarvestError, JobCancelledError) as error:
        # A cancelled job takes no more writes of its claim, but nobody else has it either.
        with database.write() as session:
            harvests.fail(session, begun.id, str(error), clock=claim.clock)
        raise


@dataclass(slots=True)
class _Batch:
    """What came since the last checkpoint."""

    records: list[Record] = field(default_factory=list)
    failures: list[RecordFailure] = field(default_factory=list)


def _store_batches(claim: Claim, harvest_id: str, events: Iterator[HarvestEvent]) -> _Batch:
    """Store what comes up to the last checkpoint, and return what came behind it."""
    batch = _Batch()
    for event in events:
        if isinstance(event, Record):
            batch.records.append(event)
        elif isinstance(event, RecordFailure):
            batch.failures.append(event)
        elif isinstance(event, Checkpoint):
            _store(claim, harvest_id, batch, event)
            batch = _Batch()
    return batch


def _store(claim: Claim, harvest_id: str, batch: _Batch, checkpoint: Checkpoint) -> None:
    with claim.write() as session:
        harvests.store_batch(
            session, harvest_id, batch.records, batch.failures, checkpoint, clock=claim.clock
        )
        claim.progress(session, checkpoint.done, checkpoint.total, "Reading records")


def _finish(claim: Claim, harvest_id: str, source_key: str, tail: _Batch) -> Job:
    with claim.write() as session:
        harvests.store_batch(
            session, harvest_id, tail.records, tail.failures, None, clock=claim.clock
        )
        done = harvests.finish(session, harvest_id, clock=claim.clock)
        follow_up = enqueue_process_images(session, source_key, clock=claim.clock)
        claim.succeed(session, {"harvest": harvest_id, "counts": done.counts})
    return follow_up


def _as_generator(events: Iterator[HarvestEvent]) -> Generator[HarvestEvent, None, None]:
    yield from events
