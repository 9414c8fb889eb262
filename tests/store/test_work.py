from __future__ import annotations

from iiif_dedup.store import work
from iiif_dedup.store.database import Database


def test_each_kind_says_what_to_do_and_for_whom(database: Database) -> None:
    with database.write() as session:
        harvest = work.enqueue_harvest(session, "athens")
        process = work.enqueue_process_images(session, "athens")
        search = work.enqueue_search(session, "r", position=2, recipe="paper")
    assert (harvest.kind, harvest.queue, harvest.arguments) == (
        "harvest",
        "batch",
        {"source": "athens"},
    )
    assert (process.kind, process.queue, process.arguments) == (
        "process_images",
        "batch",
        {"source": "athens"},
    )
    assert (search.kind, search.queue) == ("search", "interactive")
    assert search.arguments == {"record": "r", "image": 2, "recipe": "paper"}


def test_the_same_work_is_queued_once(database: Database) -> None:
    with database.write() as session:
        jobs = [
            work.enqueue_harvest(session, "a"),
            work.enqueue_harvest(session, "b"),
            work.enqueue_process_images(session, "a"),
            work.enqueue_search(session, "r", recipe="paper"),
            work.enqueue_search(session, "r", position=0, recipe="paper"),
            work.enqueue_search(session, "r", recipe="other"),
        ]
        assert len({job.id for job in jobs}) == 6
        assert work.enqueue_harvest(session, "a") is jobs[0]
        assert work.enqueue_search(session, "r", position=0, recipe="paper") is jobs[4]
