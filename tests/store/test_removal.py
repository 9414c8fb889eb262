from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from iiif_dedup.errors import StoreError
from iiif_dedup.store import changes, images, jobs, pool, removal, sources, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.models import Image, ImageVersion, Job, Record, Tile
from tests.store.examples import PREPROCESSING, record, see_all, seen, store


@pytest.fixture
def two_sources(database: Database) -> Database:
    """Athens with the contents 0, 1, 2; Kavala with 2, 3."""
    store(database, [record(n) for n in range(3)])
    see_all(database)
    store(database, [record(n) for n in range(2)], key="kavala")
    see_all(database, key="kavala", first_seed=2)
    return database


def contents(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(Tile.sha256)))


def test_the_preview_counts_and_changes_nothing(two_sources: Database) -> None:
    with two_sources.read() as session:
        counts = removal.preview(session, "athens")
        assert session.scalars(select(Record).where(Record.state != "active")).all() == []
    assert counts == removal.RemovalCounts(3, 3, contents=2, shared=1, runs=0, suggestions=0)
    with two_sources.read() as session, pytest.raises(StoreError, match="no source"):
        removal.preview(session, "nowhere")


def test_a_removed_source_leaves_the_pool_and_keeps_its_pixels(two_sources: Database) -> None:
    with two_sources.write() as session:
        job_id = work.enqueue_harvest(session, "athens").id
        before = changes.count(session)
        removal.remove(session, "athens")
    with two_sources.read() as session:
        assert changes.count(session) > before
        assert session.get_one(Job, job_id).state == jobs.JobState.CANCELLED
        assert not sources.get_one(session, "athens").enabled
        assert len(pool.retired_sequences(session)) == 3
    assert len(contents(two_sources)) == 4
    store(two_sources, [record(n) for n in range(3)], job_id="later")
    with two_sources.read() as session:
        assert pool.retired_sequences(session) == []
        assert images.count_pending(session, "athens") == 0


def test_a_purge_deletes_the_pixels_that_nobody_else_has(
    two_sources: Database, tmp_path: Path
) -> None:
    kept = Derivatives(tmp_path / "derivatives")
    for number in range(4):
        kept.write(seen(number).sha256, b"jpeg")
    with two_sources.write() as session:
        removal.remove(session, "athens", purge=True, derivatives=kept)
        assert changes.count_purges(session) == 1
    left = {seen(number).sha256 for number in (2, 3)}
    assert contents(two_sources) == left
    assert {n for n in range(4) if kept.has(seen(n).sha256)} == {2, 3}
    with two_sources.read() as session:
        assert len(pool.versions_after(session, 0, PREPROCESSING, limit=9)) == 2
        assert len(session.scalars(select(ImageVersion)).all()) == 2
        slots = session.scalars(select(Image).join(Record).where(Record.source_key == "athens"))
        assert {slot.state for slot in slots} == {ImageState.GONE}
    store(two_sources, [record(n) for n in range(3)], job_id="later")
    with two_sources.read() as session:
        assert images.count_pending(session, "athens") == 3


def test_a_withdrawn_record_stays_down_until_it_is_restored(two_sources: Database) -> None:
    with two_sources.write() as session:
        record_id = session.scalars(select(Record.id).where(Record.source_key == "kavala")).first()
        assert record_id is not None
        removal.withdraw(session, record_id)
        with pytest.raises(StoreError, match="no record"):
            removal.withdraw(session, "unknown")
    again = [record(n, title="Changed") for n in range(2)]
    counts = store(two_sources, again, key="kavala", job_id="later").counts
    assert (counts["changed"], counts["same"]) == (1, 0)
    with two_sources.read() as session:
        withdrawn = session.get_one(Record, record_id)
        assert (withdrawn.state, withdrawn.titles["el"]) == ("withdrawn", ["Κύλιξ"])
        assert len(pool.retired_sequences(session)) == 1
    with two_sources.write() as session:
        removal.restore(session, record_id)
        with pytest.raises(StoreError, match="not withdrawn"):
            removal.restore(session, record_id)
    with two_sources.read() as session:
        assert pool.retired_sequences(session) == []
    store(two_sources, again, key="kavala", job_id="last")
    with two_sources.read() as session:
        assert session.get_one(Record, record_id).titles["el"] == ["Changed"]
