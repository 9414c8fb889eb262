"""What the end of a harvest takes from view, what it keeps, and when it asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from iiif_dedup import pipeline
from iiif_dedup.errors import FetchError, Reason, StoreError
from iiif_dedup.pipeline.moving import MoveCounts
from iiif_dedup.pipeline.rereading import Reread
from iiif_dedup.store import (
    aliases,
    events,
    harvest_failures,
    harvests,
    images,
    jobs,
    pool,
    records,
    sources,
    work,
)
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Harvest, Image, Job, Record
from iiif_dedup.types import (
    Checkpoint,
    Deletion,
    Ending,
    HarvestEvent,
    Json,
    RecordFailure,
    Renaming,
    Unchanged,
    Validators,
)
from iiif_dedup.types import Record as Harvested
from tests.pipeline.rows import job, take
from tests.store.examples import add_source, record, see_all

WHOLE = Ending(whole=True)
BOOKMARK: dict[str, Json] = {"until": "2026-01-01"}


@dataclass
class Night:
    """What a partner says in one harvest, and what was asked of it."""

    events: Sequence[HarvestEvent]
    states: list[Any] = field(default_factory=list)
    since: Any = None
    known: Any = None

    def __call__(self, state: Any, *, since: Any = None, known: Any = None) -> Iterator[Any]:
        self.states.append(state)
        self.since, self.known = since, known
        yield from self.events


def name(number: int) -> str:
    return record(number).identifier


def harvest(
    database: Database, *said: HarvestEvent, reread: Reread | None = None, **asked: Any
) -> Harvest:
    """Harvest what a partner says; the source is added if needed."""
    return follow(database, Night(said), reread=reread, **asked)


def follow(
    database: Database, night: Night, *, reread: Reread | None = None, **asked: Any
) -> Harvest:
    with database.write() as session:
        if sources.get(session, "athens") is None:
            add_source(session)
        job_id = work.enqueue_harvest(session, "athens", **asked).id
    pipeline.harvest(take(database, job_id), database, night, reread=reread)
    with database.read() as session:
        return harvests.list_harvests(session, limit=1).items[0]


def states(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {row.identifier: row.state for row in session.scalars(select(Record))}


def active(database: Database) -> set[int]:
    there = {identifier for identifier, state in states(database).items() if state == "active"}
    return {number for number in range(200) if name(number) in there}


def everyone(count: int) -> list[HarvestEvent]:
    return [record(number) for number in range(count)]


# What goes


def test_a_whole_pass_deletes_what_it_did_not_meet(database: Database) -> None:
    harvest(database, *everyone(5), WHOLE)
    see_all(database)
    done = harvest(database, record(0), Unchanged(name(1)), record(3), WHOLE)
    assert (done.state, done.counts["deleted"], done.counts["same"]) == ("finished", 2, 3)
    assert active(database) == {0, 1, 3}
    with database.read() as session:
        assert len(pool.retired_sequences(session)) == 2


@pytest.mark.parametrize("ending", [(), (Ending(whole=False),)])
def test_another_pass_deletes_only_what_it_was_told(
    database: Database, ending: Sequence[Ending]
) -> None:
    harvest(database, *everyone(3), WHOLE)
    done = harvest(database, Deletion(name(1)), Deletion("never seen"), *ending)
    assert (done.counts["deleted"], active(database)) == (1, {0, 2})


def test_a_deletion_waits_for_the_end_of_the_pass(database: Database) -> None:
    harvest(database, *everyone(3), WHOLE)

    def breaks(state: Any, **_: object) -> Iterator[HarvestEvent]:
        if state is None:
            yield Deletion(name(1))
            yield Checkpoint({"done": 1}, 1, None)
            raise FetchError(Reason.TIMED_OUT, "The partner is slow.")
        yield Ending(whole=False)

    with database.write() as session:
        job_id = work.enqueue_harvest(session, "athens").id
    with pytest.raises(FetchError):
        pipeline.harvest(take(database, job_id), database, breaks)
    assert active(database) == {0, 1, 2}
    pipeline.harvest(take(database, job_id), database, breaks)
    assert active(database) == {0, 2}


def test_what_is_said_last_counts(database: Database) -> None:
    harvest(database, *everyone(2), WHOLE)
    harvest(
        database,
        Deletion(name(0)),
        record(0),
        record(1),
        Checkpoint({}, 1, None),
        Deletion(name(1)),
        WHOLE,
    )
    assert active(database) == {0}


def test_a_pass_with_failures_deletes_nothing_that_it_was_not_told(database: Database) -> None:
    harvest(database, *everyone(4), WHOLE)
    unknown = RecordFailure("who knows", None, Reason.NOT_JSON, "No JSON.")
    done = harvest(database, record(0), unknown, Deletion(name(1)), WHOLE)
    assert (done.counts["deleted"], done.counts["absent"]) == (1, 2)
    assert active(database) == {0, 2, 3}


def test_a_failure_that_names_a_known_record_hides_no_other(database: Database) -> None:
    harvest(database, *everyone(4), WHOLE)
    failures = [
        RecordFailure(name(0), None, Reason.TIMED_OUT, "Slow."),
        RecordFailure("other", record(1).manifest_url, Reason.NOT_JSON, "No JSON."),
    ]
    done = harvest(database, *failures, record(2), WHOLE)
    assert (done.counts["failed"], done.counts["deleted"]) == (2, 1)
    assert active(database) == {0, 1, 2}


# What returns, and what was taken down


@pytest.mark.parametrize("event", [record(1), Unchanged(name(1))])
def test_a_record_that_returns_gets_everything_back(
    database: Database, event: HarvestEvent
) -> None:
    harvest(database, *everyone(3), WHOLE)
    see_all(database)
    with database.read() as session:
        before = {row.id: row.current_version_id for row in session.scalars(select(Image))}
    harvest(database, record(0), record(2), WHOLE)
    back = harvest(database, record(0), event, record(2), WHOLE)
    assert (back.counts["changed"], active(database)) == (1, {0, 1, 2})
    with database.read() as session:
        after = {row.id: row.current_version_id for row in session.scalars(select(Image))}
        assert after == before
        assert images.count_pending(session, "athens") == 0
        assert images.to_recheck(session, "athens", behind="", limit=9) == []
        assert pool.retired_sequences(session) == []


# When much would go


def test_a_pass_that_would_delete_much_waits(database: Database) -> None:
    harvest(database, *everyone(40), WHOLE)
    waiting = harvest(database, *everyone(29), WHOLE)
    assert (waiting.state, waiting.counts["would_delete"]) == ("waiting", 11)
    assert len(active(database)) == 40
    with database.read() as session:
        (event,) = events.list_events(session).items
        assert (event.kind, event.subject) == ("harvest_waiting", "athens")
        assert event.detail == {"harvest": waiting.id, "would_delete": 11, "records": 40}
    with database.write() as session:
        assert harvests.confirm(session, waiting.id).state == "finished"
        with pytest.raises(StoreError, match="is finished"):
            harvests.confirm(session, waiting.id)
    assert active(database) == set(range(29))


def test_ten_records_of_a_small_source_go_without_a_question(database: Database) -> None:
    harvest(database, *everyone(20), WHOLE)
    assert harvest(database, *everyone(10), WHOLE).state == "finished"
    assert len(active(database)) == 10


def test_what_comes_in_place_of_others_does_not_hide_that_they_go(database: Database) -> None:
    harvest(database, *everyone(40), WHOLE)
    replaced = [record(number) for number in range(100, 140)]
    assert harvest(database, *replaced, WHOLE).state == "waiting"
    assert len(active(database)) == 80


def test_a_waiting_harvest_can_be_dismissed_or_overtaken(database: Database) -> None:
    harvest(database, *everyone(40), WHOLE)
    first = harvest(database, *everyone(10), Ending(whole=True, bookmark=BOOKMARK))
    with database.read() as session:
        assert sources.get_one(session, "athens").bookmark is None
    with database.write() as session:
        assert harvests.dismiss(session, first.id).counts["deleted"] == 0
        assert sources.get_one(session, "athens").bookmark == BOOKMARK
    second = harvest(database, *everyone(10), WHOLE, anew=True)
    assert second.state == "waiting"
    harvest(database, *everyone(40), WHOLE, anew=True)
    with database.write() as session:
        with pytest.raises(StoreError, match="is finished"):
            harvests.confirm(session, second.id)
        assert session.get_one(Harvest, second.id).error is not None
    assert len(active(database)) == 40


# Bookmarks and what is known


def test_the_next_harvest_asks_from_the_bookmark_of_the_last_that_ended(
    database: Database,
) -> None:
    assert harvest(database, record(0), Ending(whole=True, bookmark=BOOKMARK)).kind == "whole"
    later: dict[str, Json] = {"until": "later"}

    def breaks(state: Any, *, since: Any = None, **_: object) -> Iterator[HarvestEvent]:
        assert since == BOOKMARK
        yield Ending(whole=False, bookmark=later)
        raise FetchError(Reason.TIMED_OUT, "The partner is slow.")

    with database.write() as session:
        job_id = work.enqueue_harvest(session, "athens").id
    with pytest.raises(FetchError):
        pipeline.harvest(take(database, job_id), database, breaks)
    night = Night([Ending(whole=False, bookmark=later)])
    pipeline.harvest(take(database, job_id), database, night)
    assert night.since == BOOKMARK
    last = Night([])
    assert follow(database, last).kind == "incremental"
    assert last.since == later
    with database.write() as session:
        sources.update(session, "athens", endpoint="https://athens.example/elsewhere")
    assert follow(database, Night([])).kind == "whole"


def test_the_bookmark_stays_while_something_fails_that_may_pass(database: Database) -> None:
    failure = RecordFailure(name(1), None, Reason.TIMED_OUT, "Slow.")
    ending = Ending(whole=True, bookmark=BOOKMARK)
    harvest(database, record(0), failure, ending)
    with database.read() as session:
        assert sources.get_one(session, "athens").bookmark is None
    harvest(database, record(0), replace(failure, reason=Reason.NOT_JSON), ending)
    with database.read() as session:
        assert sources.get_one(session, "athens").bookmark == BOOKMARK


def test_documents_are_known_with_their_validators(database: Database) -> None:
    tagged = replace(record(0), validators=Validators('"a"', None))
    harvest(database, tagged, record(1), WHOLE)
    again = replace(tagged, validators=Validators('"b"', "today"))
    night = Night([again, WHOLE])
    assert follow(database, night).counts["same"] == 1
    found = night.known(record(0).manifest_url)
    assert (found.identifier, found.validators) == (name(0), Validators('"b"', "today"))
    assert night.known("https://example.org/never") is None
    anew = Night([again, record(1), WHOLE])
    follow(database, anew, anew=True)
    assert anew.known(record(0).manifest_url).validators == Validators()


# Reading again


def test_what_failed_for_a_while_comes_first_the_next_time(database: Database) -> None:
    failures = [
        RecordFailure(name(number), record(number).manifest_url, reason, "A sentence.")
        for number, reason in ((1, Reason.TIMED_OUT), (2, Reason.NOT_JSON))
    ]
    asked: list[tuple[str, str | None]] = []

    def reread(identifier: str, url: str | None) -> Harvested | RecordFailure:
        asked.append((identifier, url))
        return record(1) if identifier == name(1) else failures[1]

    ending = Ending(whole=True, bookmark=BOOKMARK)
    first = harvest(database, record(0), *failures, ending, reread=reread)
    assert asked == []
    night = Night([record(3), Ending(whole=False, bookmark=BOOKMARK)])
    assert follow(database, night, reread=reread).counts["new"] == 2
    assert asked == [(name(1), record(1).manifest_url)]
    assert night.states == [None]
    assert active(database) == {0, 1, 3}

    retried = harvest(database, record(9), reread=reread, only=first.id)
    assert (retried.kind, retried.counts["same"], retried.counts["failed"]) == ("retry", 1, 1)
    assert active(database) == {0, 1, 3}
    with database.read() as session:
        assert harvest_failures.by_reason(session, first.id) == {"not_json": 1, "timed_out": 1}


def test_a_harvester_that_reads_no_single_records_harvests_all(database: Database) -> None:
    failure = RecordFailure(name(1), None, Reason.TIMED_OUT, "Slow.")
    first = harvest(database, record(0), failure, WHOLE)
    retried = harvest(database, record(0), record(1), WHOLE, only=first.id)
    assert (retried.kind, retried.counts["new"]) == ("whole", 1)


# Renamings and moves


def test_a_renamed_record_keeps_its_id_and_images(database: Database) -> None:
    harvest(database, *everyone(2), WHOLE)
    see_all(database)
    with database.read() as session:
        before = records.find(session, "athens", name(0))
        assert before is not None
    new = replace(record(0), identifier="urn:new")
    for _ in range(2):
        done = harvest(database, Renaming(name(0), "urn:new"), new, record(1), WHOLE)
        assert done.counts["deleted"] == 0
        with database.read() as session:
            (after,) = {records.find(session, "athens", one) for one in (name(0), "urn:new")}
            assert after is not None
            assert (after.id, after.identifier, after.state) == (before.id, "urn:new", "active")
            assert images.count_pending(session, "athens") == 0
            assert len(session.scalars(select(Record)).all()) == 2
    harvest(database, Renaming("urn:new", name(0)), record(0), record(1), WHOLE)
    with database.read() as session:
        back = records.find(session, "athens", "urn:new")
        assert back is not None
        assert (back.id, back.identifier) == (before.id, name(0))


def test_a_record_gives_way_to_one_that_is_there_already(database: Database) -> None:
    harvest(database, *everyone(2), WHOLE)
    with database.read() as session:
        old, new = (records.find(session, "athens", name(number)) for number in range(2))
    assert old is not None
    assert new is not None
    done = harvest(database, Renaming(name(0), name(1)), record(1), WHOLE)
    assert done.counts["renamed"] == 1
    with database.read() as session:
        assert aliases.resolve(session, old.id) == new.id
        assert aliases.resolve(session, new.id) == new.id
        assert session.get_one(Record, old.id).state == "deleted"
    assert active(database) == {1}


def moved(number: int) -> Harvested:
    """Return the record `number` at another address, told by one thing each."""
    page = f"https://museum.example/{number}"
    at_home = replace(record(number), landing_page=page)
    if number % 3 == 0:
        return replace(at_home, identifier=f"oai:museum:{number + 500}", manifest_url=None)
    if number % 3 == 1:
        return replace(at_home, identifier=f"oai:museum:{number}", landing_page=None)
    return replace(at_home, identifier=f"urn:moved:{number}", manifest_url="https://x", images=())


def test_a_move_keeps_the_ids_of_what_it_recognises(database: Database) -> None:
    before = [
        replace(record(number), landing_page=f"https://museum.example/{number}")
        for number in range(9)
    ]
    harvest(database, *before, WHOLE)
    with database.read() as session:
        ids = {row.id for row in session.scalars(select(Record))}
    after = [*(moved(number) for number in range(8)), replace(record(77), identifier="urn:x:77")]
    counts = pipeline.rehearse_move(database, "athens", after)
    assert (counts.new, counts.left, sum(counts.matched.values())) == (1, 1, 8)
    with database.write() as session:
        job = sources.move(
            session, "athens", protocol="oai_pmh", endpoint="https://new.example", options={}
        )
    pipeline.harvest(take(database, job.id), database, Night([*after, WHOLE]))
    with database.read() as session:
        rows = session.scalars(select(Record)).all()
        kept = {row.identifier for row in rows if row.id in ids and row.state == "active"}
        assert kept == {moved(number).identifier for number in range(8)}
        assert harvests.list_harvests(session).items[0].kind == "move"
    assert pipeline.rehearse_move(database, "athens", after) == MoveCounts(9, {}, 0, 0)


# A harvest that is given up


def test_the_harvest_of_a_job_that_is_given_up_is_failed(database: Database) -> None:
    with database.write() as session:
        add_source(session)
        job_id = work.enqueue_harvest(session, "athens").id
    claim = take(database, job_id)
    with database.write() as session:
        harvests.start(session, "athens", job_id)
    claim.fail("Unreadable.", retry_in_s=None)
    with database.read() as session:
        (row,) = harvests.list_harvests(session).items
        assert (row.state, row.error) == ("failed", "Unreadable.")
        (event,) = events.list_events(session).items
        assert (event.kind, event.detail["error"]) == ("harvest_failed", "Unreadable.")
    with database.write() as session:
        job_id = work.enqueue_harvest(session, "athens").id
        harvests.start(session, "athens", job_id)
        jobs.request_cancel(session, job_id)
    assert job(database, job_id).state == "cancelled"
    with database.read() as session:
        assert [row.state for row in session.scalars(select(Harvest))] == ["failed", "failed"]
        assert len(events.list_events(session).items) == 1


def test_a_lost_job_is_given_up_with_its_harvest(database: Database) -> None:
    with database.write() as session:
        add_source(session)
        job_id = work.enqueue_harvest(session, "athens").id
    take(database, job_id)
    with database.write() as session:
        harvests.start(session, "athens", job_id)
        row = session.get_one(Job, job_id)
        row.lease_until = row.created_at
    given_up = jobs.claim(database, job_id, owner="test", lease_s=60, max_attempts=1)
    assert given_up is None
    with database.read() as session:
        assert harvests.list_harvests(session).items[0].state == "failed"
