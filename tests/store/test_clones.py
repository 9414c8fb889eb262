"""The read model of suggestions, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event

from iiif_dedup.store import clones
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Image, Record
from iiif_dedup.store.work import enqueue_search
from tests.api.builders import FINISHED, claimed, image_id, museums, record_id, run
from tests.api.test_clones import NEAREST

ANCHOR = record_id(1)


def test_the_number_of_queries_does_not_grow_with_the_candidates(database: Database) -> None:
    museums(database)
    counts = []
    for nearest in (NEAREST[:1], NEAREST):
        run_id = run(database, ANCHOR, nearest, parameters={"n": len(nearest)})
        statements: list[str] = []

        def note(*arguments: object, seen: list[str] = statements) -> None:
            seen.append(str(arguments[2]))

        event.listen(database.engine, "before_cursor_execute", note)
        with database.read() as session:
            found = clones.load_run(session, run_id)
            assert found is not None
            assert len(clones.suggestions(session, found)) == len(nearest)
        event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 9


def test_what_is_gone_is_left_out(database: Database) -> None:
    museums(database)
    run_id = run(database, ANCHOR, NEAREST)
    with database.write() as session:
        session.get_one(Image, image_id(2)).state = "gone"
        session.get_one(Record, record_id(3)).state = "deleted"
    with database.read() as session:
        found = clones.load_run(session, run_id)
        assert found is not None
        left = [item.record.id for item in clones.suggestions(session, found)]
    assert left == [record_id(5, "berlin"), record_id(6, "berlin"), record_id(4)]


def test_a_suggestion_remembers_when_it_came_up_first(database: Database) -> None:
    museums(database)
    run(database, ANCHOR, NEAREST[:1])
    later = FINISHED + timedelta(days=1)
    run_id = run(database, ANCHOR, NEAREST[:2], finished_at=later, covered_sequence=11)
    with database.read() as session:
        found = clones.load_run(session, run_id)
        assert found is not None
        first, second = clones.suggestions(session, found)
        assert (first.first_seen, second.first_seen) == (FINISHED, later)
        assert clones.ever_suggested(session, ANCHOR) == {
            (image_id(1), record_id(5, "berlin")), (image_id(1), record_id(2))
        }  # fmt: skip


def test_a_search_that_ended_is_found_for_a_while(database: Database) -> None:
    museums(database)
    with database.write() as session:
        default = enqueue_search(session, ANCHOR, recipe="paper")
        other = enqueue_search(session, ANCHOR, position=0, recipe="paper")
    for job in (default, other):
        claimed(database, job.id).fail("No.")
    with database.read() as session:
        last = clones.last_search(session, ANCHOR, utc_now() - timedelta(seconds=60))
        assert last is not None
        assert last.id == default.id
        assert clones.last_search(session, ANCHOR, utc_now() + timedelta(seconds=1)) is None
        assert clones.last_search(session, record_id(2), FINISHED) is None


def test_records_that_were_searched_last_come_first(database: Database) -> None:
    museums(database)
    run(database, record_id(2), NEAREST[:1])
    run(database, ANCHOR, NEAREST[:1], finished_at=FINISHED + timedelta(hours=1))
    with database.read() as session:
        listed = [record.id for record in clones.records_with_runs(session, 10)]
        assert listed == [ANCHOR, record_id(2)]
        assert len(clones.records_with_runs(session, 1)) == 1
