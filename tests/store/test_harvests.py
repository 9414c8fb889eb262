from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from iiif_dedup.errors import Reason, StoreError
from iiif_dedup.store import harvest_failures, harvests, images, records
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.images import FailedImage, ImageState
from iiif_dedup.store.models import Harvest, HarvestFailure, Image, Record
from iiif_dedup.types import Checkpoint, RecordFailure
from tests.store.examples import FakeClock, add_source, picture, record, see_all, store


@pytest.fixture
def harvest(database: Database) -> str:
    with database.write() as session:
        add_source(session)
        return harvests.start(session, "athens", "job").id


def some(harvest: Harvest) -> dict[str, int]:
    """Return the counts that are not 0."""
    return {name: count for name, count in harvest.counts.items() if count}


def slots(database: Database, number: int = 1) -> dict[int, Image]:
    wanted = record_id("athens", record(number).identifier)
    with database.read() as session:
        found = session.scalars(select(Image).where(Image.record_id == wanted)).all()
        return {slot.position: slot for slot in found}


def test_one_job_does_one_harvest(database: Database, harvest: str) -> None:
    with database.write() as session:
        assert harvests.start(session, "athens", "job").id == harvest
        second = harvests.start(session, "athens", "another job")
        assert (second.number, second.state) == (2, "running")
        first = session.get_one(Harvest, harvest)
        assert first.state == "failed"
        assert first.error == "Its job ended without finishing it."


def test_a_failed_harvest_is_taken_up_by_its_job(database: Database, harvest: str) -> None:
    with database.write() as session:
        assert harvests.fail(session, harvest, "down\x00").error == "down"
        again = harvests.start(session, "athens", "job")
        assert (again.id, again.state, again.error, again.finished_at) == (
            harvest,
            "running",
            None,
            None,
        )


def test_unknown_sources_and_harvests_are_refused(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(StoreError, match="no source"):
            harvests.start(session, "athens", "job")
        with pytest.raises(StoreError, match="no harvest"):
            harvests.store_batch(session, "none", [], None)


def test_a_batch_is_stored_with_its_checkpoint(database: Database, harvest: str) -> None:
    failure = RecordFailure("x", "https://example.org/x", Reason.NOT_JSON, "no JSON\x00")
    checkpoint = Checkpoint({"at": [1, "a"]}, 3, 7)
    with database.write() as session:
        harvests.store_batch(
            session, harvest, [record(1), record(2, pictures=2), failure], checkpoint
        )
    with database.read() as session:
        row = session.get_one(Harvest, harvest)
        assert some(row) == {"new": 2, "failed": 1, "images": 3}
        assert row.checkpoint == {"state": {"at": [1, "a"]}, "done": 3, "total": 7}
        stored = records.find(session, "athens", record(1).identifier)
        assert stored is not None
        assert stored.titles == {"el": ["Κύλιξ"], "en": ["Kylix 1"]}
        assert stored.facets == [{"label": {"en": ["Date"]}, "value": {"none": ["480 BC"]}}]
        assert stored.manifest == {"type": "Manifest", "label": {"el": ["Κύλιξ"]}}
        assert stored.first_harvest_id == stored.last_harvest_id == harvest
        failures = harvest_failures.list_failures(session, harvest).items
        assert [(f.reason, f.detail) for f in failures] == [("not_json", "no JSON")]
    assert slots(database)[0].state == ImageState.PENDING
    assert images.ref_of(slots(database)[0]) == record(1).images[0]


def test_a_repeated_batch_changes_nothing(database: Database, harvest: str) -> None:
    failure = RecordFailure("x", None, Reason.NOT_JSON, "no JSON")
    clock = FakeClock()

    def everything() -> list[object]:
        with database.read() as session:
            tables = (Harvest, HarvestFailure, Record, Image)
            rows = [row for table in tables for row in session.scalars(select(table))]
            return [{k: v for k, v in vars(row).items() if not k.startswith("_")} for row in rows]

    for _ in range(2):
        with database.write() as session:
            harvests.store_batch(
                session,
                harvest,
                [record(1), record(2), record(1), failure, failure],
                Checkpoint({}, 1, 1),
                clock=clock,
            )
        clock.advance(10)
        if _ == 0:
            before = everything()
    assert everything() == before


def test_records_are_new_changed_or_the_same(database: Database) -> None:
    store(database, [record(1), record(2)])
    again = store(database, [record(1), record(2, title="Λήκυθος"), record(3)], job_id="later")
    assert some(again) == {"new": 1, "changed": 1, "same": 1, "images": 3}
    with database.read() as session:
        found = {row.identifier: row for row in session.scalars(select(Record))}
    first, second, _ = (found[record(n).identifier] for n in (1, 2, 3))
    assert first.last_harvest_id == second.last_harvest_id == again.id
    assert first.first_harvest_id != again.id
    assert second.titles["el"] == ["Λήκυθος"]
    assert second.changed_at > first.changed_at


def test_a_deleted_record_that_is_back_is_changed(database: Database) -> None:
    store(database, [record(1)])
    with database.write() as session:
        session.scalars(select(Record)).one().state = "deleted"
    assert store(database, [record(1)], job_id="later").counts["changed"] == 1
    with database.read() as session:
        assert session.scalars(select(Record)).one().state == "active"


def test_only_pictures_that_are_fetched_from_elsewhere_are_fetched_again(
    database: Database,
) -> None:
    before = replace(record(1), images=tuple(picture(n, str(n)) for n in range(4)))
    store(database, [before])
    see_all(database)
    ready = {n: slot.current_version_id for n, slot in slots(database).items()}
    after = replace(
        before,
        images=(
            picture(0, "0"),
            replace(picture(1, "1"), service_id="https://images.example/moved"),
            replace(picture(2, "2"), canvas_id="https://example.org/canvas/other"),
        ),
    )
    store(database, [after], job_id="later")
    found = slots(database)
    assert [found[n].state for n in range(4)] == ["ready", "pending", "ready", "gone"]
    assert found[1].service_id == "https://images.example/moved"
    assert found[2].canvas_id == "https://example.org/canvas/other"
    assert {n: slot.current_version_id for n, slot in found.items()} == ready
    store(database, [before], job_id="last")
    assert [slots(database)[n].state for n in range(4)] == ["ready", "pending", "ready", "pending"]


@pytest.mark.parametrize("title", ["Κύλιξ", "changed"])
def test_what_failed_is_tried_again_when_it_may_pass_or_the_record_changed(
    database: Database, title: str
) -> None:
    store(database, [record(1, pictures=2)])
    reasons = (Reason.TIMED_OUT, Reason.NOT_AN_IMAGE)
    with database.write() as session:
        waiting = images.pending(session, "athens", limit=9)
        failed = [FailedImage(reason, "a sentence") for reason in reasons]
        images.store_results(session, list(zip(waiting, failed, strict=True)))
    assert [slot.state for slot in slots(database).values()] == ["failed", "failed"]
    store(database, [record(1, title=title, pictures=2)], job_id="later")
    found = slots(database)
    assert (found[0].state, found[0].reason, found[0].detail) == ("pending", None, None)
    assert found[1].state == ("failed" if title == "Κύλιξ" else "pending")


def test_hostile_values_are_stored_as_far_as_they_can(database: Database) -> None:
    bad = "a\x00\ud800"
    hostile = replace(
        record(1),
        identifier=bad * 5000,
        titles={bad: (bad,)},
        rights=bad,
        manifest_url="https://example.org/" + "".join(f"{n}é" for n in range(5000)),
        manifest={bad: [bad, 10**30, {"deep": {"er": None}}]},
        images=(replace(picture(), width=10**12, height=-1, canvas_id=bad),),
    )
    store(database, [hostile])
    store(database, [hostile], job_id="later")
    with database.read() as session:
        stored = records.find(session, "athens", bad * 5000)
        assert stored is not None
        assert stored.rights == "a?"
        assert hostile.manifest_url is not None
        assert records.find_by_manifest(session, hostile.manifest_url) == [stored]
        slot = session.scalars(select(Image)).one()
        assert (slot.width, slot.height, slot.canvas_id) == (None, None, "a?")


def test_harvests_are_listed_newest_first(database: Database) -> None:
    clock = FakeClock()
    with database.write() as session:
        for key in ("athens", "kavala"):
            add_source(session, key)
            for job_id in "abc":
                clock.advance(1)
                harvests.start(session, key, job_id, clock=clock)
    with database.read() as session:
        first = harvests.list_harvests(session, source_key="kavala", limit=2)
        rest = harvests.list_harvests(session, source_key="kavala", limit=2, cursor=first.next)
        assert [h.number for h in (*first.items, *rest.items)] == [3, 2, 1]
        assert len(harvests.list_harvests(session).items) == 6
        assert harvests.get(session, first.items[0].id) is first.items[0]
