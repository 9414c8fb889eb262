from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from iiif_dedup.errors import Reason
from iiif_dedup.store import images, pool
from iiif_dedup.store.database import Database
from iiif_dedup.store.images import FailedImage, ImageState, PendingImage, SeenImage
from iiif_dedup.store.models import Image, ImageVersion, Record, Tile
from tests.store.examples import PREPROCESSING, record, see_all, seen, store


def waiting(database: Database, *, limit: int = 100) -> list[PendingImage]:
    with database.read() as session:
        return images.pending(session, "athens", limit=limit)


def store_results(
    database: Database, *results: tuple[PendingImage, SeenImage | FailedImage]
) -> None:
    with database.write() as session:
        images.store_results(session, results)


def versions(database: Database) -> list[tuple[int, str]]:
    with database.read() as session:
        statement = select(ImageVersion.sequence, ImageVersion.sha256)
        return [(n, sha) for n, sha in session.execute(statement.order_by(ImageVersion.sequence))]


def slot(database: Database, image_id: str) -> Image:
    with database.read() as session:
        return session.get_one(Image, image_id)


def test_pending_slots_come_in_a_stable_order(database: Database) -> None:
    store(database, [record(n, pictures=2) for n in (3, 1, 2)])
    store(database, [record(4)], key="kavala")
    found = waiting(database)
    keys = [(slot(database, image.image_id).record_id, image.ref.position) for image in found]
    assert keys == sorted(keys)
    assert len(keys) == 6
    assert waiting(database, limit=2) == found[:2]


def test_pictures_of_deleted_records_wait_in_vain(database: Database) -> None:
    store(database, [record(1)])
    with database.write() as session:
        session.scalars(select(Record)).one().state = "deleted"
    assert waiting(database) == []


def test_what_was_seen_is_stored_and_numbered(database: Database) -> None:
    store(database, [record(1, pictures=3)])
    first, second, third = waiting(database)
    store_results(
        database,
        (first, seen(1)),
        (second, FailedImage(Reason.TIMED_OUT, "Slow.\x00")),
        (third, seen(3, blank=True)),
    )
    assert versions(database) == [(1, seen(1).sha256), (2, seen(3).sha256)]
    assert slot(database, first.image_id).state == ImageState.READY
    failed = slot(database, second.image_id)
    assert (failed.state, failed.reason, failed.detail) == ("failed", "timed_out", "Slow.")
    with database.read() as session:
        tile = session.get_one(Tile, (seen(1).sha256, PREPROCESSING))
        assert (tile.pixels, tile.phash, tile.blank) == (seen(1).pixels, seen(1).phash, False)
        assert images.counts(session, "athens") == {
            ImageState.PENDING: 0,
            ImageState.READY: 2,
            ImageState.FAILED: 1,
            ImageState.GONE: 0,
        }
        assert images.counts(session)[ImageState.READY] == 2
        assert images.count_pending(session, "athens") == 0


def again(database: Database) -> PendingImage:
    """Make the only slot pending once more, as a harvest would."""
    with database.write() as session:
        session.scalars(select(Image)).one().state = ImageState.PENDING.value
    return waiting(database)[0]


def test_the_same_bytes_make_no_new_version(database: Database) -> None:
    store(database, [record(1)])
    store_results(database, (waiting(database)[0], seen(1)))
    first = versions(database)
    store_results(database, (again(database), seen(1)))
    assert versions(database) == first
    assert waiting(database) == []


def test_bytes_that_come_back_are_current_again(database: Database) -> None:
    store(database, [record(1)])
    for seed in (1, 2, 1):
        store_results(database, (again(database), seen(seed)))
    assert versions(database) == [(1, seen(1).sha256), (2, seen(2).sha256)]
    with database.read() as session:
        current = session.scalars(select(Image)).one().current_version_id
        assert session.get_one(ImageVersion, current).sha256 == seen(1).sha256


def test_one_tile_for_the_same_bytes_in_two_slots(database: Database) -> None:
    store(database, [record(1), record(2)])
    store_results(database, *((image, seen(7)) for image in waiting(database)))
    assert [number for number, _ in versions(database)] == [1, 2]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Tile)) == 1


def test_a_repeat_after_a_kill_changes_nothing(database: Database) -> None:
    store(database, [record(1, pictures=2)])
    results = [(image, seen(n)) for n, image in enumerate(waiting(database))]
    store_results(database, *results)
    before = versions(database)
    store_results(database, *results)
    assert versions(database) == before


def test_what_is_out_of_date_is_not_stored(database: Database) -> None:
    """A harvest that comes between fetching and storing wins."""
    store(database, [record(1, pictures=2)])
    moved, gone = waiting(database)
    elsewhere = replace(moved.ref, service_id="https://images.example/elsewhere")
    store(database, [replace(record(1), images=(elsewhere,))], job_id="later")
    store_results(database, (moved, seen(1)), (gone, seen(2)))
    assert versions(database) == []
    assert waiting(database) == [PendingImage(moved.image_id, moved.record_id, elsewhere)]
    assert slot(database, gone.image_id).state == ImageState.GONE


def test_nothing_to_store_is_fine(database: Database) -> None:
    store_results(database)
    assert versions(database) == []


def test_four_writers_leave_no_gap_and_a_reader_misses_nothing(database: Database) -> None:
    store(database, [record(n, pictures=4) for n in range(20)])
    every = waiting(database)
    shares = [every[n::4] for n in range(4)]
    ended = threading.Event()

    def write(share: list[PendingImage]) -> None:
        for start in range(0, len(share), 2):
            chunk = share[start : start + 2]
            store_results(database, *((image, seen(every.index(image))) for image in chunk))

    def read() -> list[int]:
        found: list[int] = []
        last_round = False
        while not last_round:
            last_round = ended.is_set()
            with database.read() as session:
                behind = found[-1] if found else 0
                rows = pool.versions_after(session, behind, PREPROCESSING, limit=1000)
            found += [row.sequence for row in rows]
        return found

    with ThreadPoolExecutor(5) as threads:
        reader = threads.submit(read)
        for writer in [threads.submit(write, share) for share in shares]:
            writer.result()
        ended.set()
        assert reader.result() == list(range(1, 81))


@pytest.mark.parametrize("state", [ImageState.READY, ImageState.FAILED])
def test_another_picture_makes_the_next_version(database: Database, state: ImageState) -> None:
    store(database, [record(1)])
    see_all(database, first_seed=1)
    with database.write() as session:
        session.scalars(select(Image)).one().state = state.value
    store_results(database, (again(database), seen(2)))
    assert versions(database)[-1] == (2, seen(2).sha256)
