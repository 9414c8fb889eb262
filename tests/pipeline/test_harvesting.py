from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import delete

from iiif_dedup import pipeline
from iiif_dedup.errors import FetchError, JobCancelledError, LeaseLostError, Reason
from iiif_dedup.pipeline.harvesting import MakeEvents
from iiif_dedup.store import harvests, jobs, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Base
from iiif_dedup.types import Checkpoint, HarvestEvent, Json, RecordFailure
from tests.pipeline.rows import everything, job, take
from tests.store.examples import add_source, record

State = Mapping[str, Json] | None


class KilledError(Exception):
    """Stands for a process that ends here."""


def events(state: State, *, since: State = None, known: object = None) -> Iterator[HarvestEvent]:
    """Seven records with a checkpoint behind every second, one failure, two behind the last."""
    done = 0 if state is None else int(str(state["done"]))
    for number in range(done, 7):
        yield record(number, pictures=number % 3)
        if number == 4:
            yield RecordFailure("broken", None, Reason.NOT_JSON, "No JSON.")
        if number % 2:
            yield Checkpoint({"done": number + 1}, number + 1, 7)


def killed_after(count: int) -> MakeEvents:
    def make(state: State, **_: object) -> Iterator[HarvestEvent]:
        for place, event in enumerate(events(state)):
            if place == count:
                raise KilledError
            yield event

    return make


def begin(database: Database) -> str:
    with database.write() as session:
        add_source(session)
        return work.enqueue_harvest(session, "athens").id


def harvest_row(database: Database) -> tuple[str, str | None]:
    with database.read() as session:
        (row,) = harvests.list_harvests(session).items
        return row.state, row.error


def test_a_harvest_stores_all_and_queues_the_images(database: Database) -> None:
    job_id = begin(database)
    follow_up = pipeline.harvest(take(database, job_id), database, events)
    assert (follow_up.kind, follow_up.arguments) == ("process_images", {"source": "athens"})
    assert job(database, follow_up.id).state == jobs.JobState.QUEUED
    done = job(database, job_id)
    assert done.state == jobs.JobState.SUCCEEDED
    assert done.result is not None
    counts = {name: count for name, count in done.result["counts"].items() if count}
    assert counts == {"new": 7, "failed": 1, "images": 6}
    assert (done.progress_done, done.progress_total) == (6, 7)
    assert harvest_row(database) == ("finished", None)


def test_a_harvest_killed_anywhere_ends_as_if_it_had_not_been(database: Database) -> None:
    job_id = begin(database)
    pipeline.harvest(take(database, job_id), database, events)
    expected = everything(database)
    for kill_at in range(12):
        with database.write() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
        job_id = begin(database)
        for _ in range(2):
            try:
                pipeline.harvest(take(database, job_id), database, killed_after(kill_at))
            except KilledError:
                continue
            break
        else:
            pipeline.harvest(take(database, job_id), database, events)
        assert everything(database) == expected


def test_what_came_before_an_unreadable_page_is_kept(database: Database) -> None:
    def fails(state: State, **_: object) -> Iterator[HarvestEvent]:
        for event in events(state):
            yield event
            if isinstance(event, Checkpoint):
                raise FetchError(Reason.TIMED_OUT, "The partner is slow.")

    job_id = begin(database)
    with pytest.raises(FetchError):
        pipeline.harvest(take(database, job_id), database, fails)
    assert harvest_row(database) == ("failed", "The partner is slow.")
    assert len(everything(database)["record"]) == 2
    pipeline.harvest(take(database, job_id), database, events)
    assert harvest_row(database) == ("finished", None)
    assert len(everything(database)["record"]) == 7


def test_a_cancelled_harvest_stops_at_its_next_checkpoint(database: Database) -> None:
    job_id = begin(database)

    def cancelled(state: State, **_: object) -> Iterator[HarvestEvent]:
        for event in events(state):
            if isinstance(event, Checkpoint) and event.done == 4:
                with database.write() as session:
                    jobs.request_cancel(session, job_id)
            yield event

    claim = take(database, job_id)
    with pytest.raises(JobCancelledError):
        pipeline.harvest(claim, database, cancelled)
    claim.cancelled()
    assert harvest_row(database)[0] == "failed"
    assert len(everything(database)["record"]) == 2


def test_a_harvest_that_was_taken_over_stores_nothing_more(database: Database) -> None:
    job_id = begin(database)

    def paused(state: State, **_: object) -> Iterator[HarvestEvent]:
        for event in events(state):
            if isinstance(event, Checkpoint) and event.done == 4:
                pipeline.harvest(take(database, job_id), database, events)
            yield event

    with pytest.raises(LeaseLostError):
        pipeline.harvest(take(database, job_id), database, paused)
    assert harvest_row(database) == ("finished", None)
    assert len(everything(database)["record"]) == 7


def test_the_harvester_is_closed_when_the_harvest_ends_early(database: Database) -> None:
    closed = []

    def make(state: State, **_: object) -> Iterator[HarvestEvent]:
        try:
            yield from events(state)
        finally:
            closed.append(True)

    job_id = begin(database)
    claim = take(database, job_id)
    take(database, job_id)
    with pytest.raises(LeaseLostError):
        pipeline.harvest(claim, database, make)
    assert closed == []
    again = take(database, job_id)

    def lost(state: State, **_: object) -> Iterator[HarvestEvent]:
        for event in make(state):
            if isinstance(event, Checkpoint):
                take(database, job_id)
            yield event

    with pytest.raises(LeaseLostError):
        pipeline.harvest(again, database, lost)
    assert closed == [True]
