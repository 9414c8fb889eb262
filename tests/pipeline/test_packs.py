from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.pipeline import Packs
from iiif_dedup.pipeline import packs as module
from iiif_dedup.pipeline.pool_view import PoolView
from iiif_dedup.process.fingerprints import phash
from iiif_dedup.search.tile_encoder import TileEncoder
from iiif_dedup.store import images, removal, same_records
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.models import Base, Record
from tests.pipeline.conftest import random_encoder
from tests.store.examples import record, see_all, seen, store, tile

CATCH_UP = """
import sys
from pathlib import Path
from iiif_dedup.pipeline import Packs, packs
from iiif_dedup.store.database import Database
packs.CHUNK = 7
with Database(sys.argv[1]) as database, database.read() as session:
    Packs(Path(sys.argv[2])).pool(session)
"""
FIRST = record_id("athens", record(0).identifier)


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path / "packs")


def view(packs: Packs, database: Database, encoder: TileEncoder | None = None) -> PoolView:
    with database.read() as session:
        return packs.view(session, FIRST, encoder)


def included(found: PoolView) -> set[bytes]:
    return set(found.pool.image_version_ids[~found.exclude].tolist())


def digests(found: PoolView) -> NDArray[np.bytes_]:
    assert found.pool.digests is not None
    return found.pool.digests


def fill(database: Database, count: int = 3, *, pictures: int = 1) -> None:
    store(database, [record(n, pictures=pictures) for n in range(count)])
    see_all(database)


def test_an_empty_database_has_an_empty_pool(database: Database, packs: Packs) -> None:
    found = view(packs, database)
    assert (len(found.pool.tiles), found.covered_sequence) == (0, 0)


def test_rows_hold_what_the_database_holds(
    database: Database, packs: Packs, encoder: TileEncoder
) -> None:
    fill(database, pictures=2)
    found = view(packs, database, encoder)
    pool = found.pool
    assert [one.tobytes() for one in pool.tiles] == [tile(n) for n in range(6)]
    assert [digest.hex() for digest in digests(found)] == [seen(n).sha256 for n in range(6)]
    assert [bits.tobytes().hex() for bits in pool.bits["phash"]] == [phash(t) for t in pool.tiles]
    assert pool.encoded is not None
    assert pool.encoded.version == encoder.version
    np.testing.assert_allclose(pool.encoded.vectors, encoder.encode(pool.tiles), atol=1e-3)
    assert found.covered_sequence == 6
    assert set(pool.record_ids[found.exclude]) == {FIRST.encode()}
    assert len(included(found)) == 4


def test_packs_that_grew_equal_those_that_were_made_at_once(
    database: Database, packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 3)
    for number in range(4):
        store(database, [record(number, pictures=2)], job_id=str(number))
        see_all(database, first_seed=10 * number)
        view(packs, database)
    monkeypatch.setattr(module, "CHUNK", 100)
    one, other = view(packs, database), view(Packs(tmp_path / "other"), database)
    assert np.array_equal(one.pool.tiles, other.pool.tiles)
    assert np.array_equal(one.pool.image_version_ids, other.pool.image_version_ids)
    assert np.array_equal(one.pool.record_ids, other.pool.record_ids)
    assert (one.covered_sequence, one.hash()) == (other.covered_sequence, other.hash())


def test_what_is_no_longer_current_is_excluded_and_may_come_back(
    database: Database, packs: Packs
) -> None:
    store(database, [record(0), record(1, pictures=2), record(2)])
    see_all(database)
    before = view(packs, database)
    assert len(included(before)) == 3
    store(database, [replace(record(1), images=record(1).images[:1])], job_id="later")
    shorter = view(packs, database)
    assert len(included(before) - included(shorter)) == 1
    assert shorter.covered_sequence == before.covered_sequence
    assert shorter.hash() != before.hash()
    (gone,) = included(before) - included(shorter)
    store(database, [record(1, pictures=2)], job_id="latest")
    digest = digests(before)[before.pool.image_version_ids == gone][0].hex()
    (seed,) = [n for n in range(4) if seen(n).sha256 == digest]
    with database.write() as session:
        (image,) = images.pending(session, "athens", limit=9)
        images.store_results(session, [(image, seen(seed))])
    assert included(view(packs, database)) == included(before)


def test_a_record_that_comes_back_is_included(database: Database, packs: Packs) -> None:
    fill(database)
    with database.write() as session:
        session.get_one(Record, record_id("athens", record(1).identifier)).state = "deleted"
    assert len(included(view(packs, database))) == 1
    store(database, [record(1)], job_id="later")
    assert len(included(view(packs, database))) == 2


def test_another_process_may_be_ahead_of_what_a_session_sees(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    fill(database)
    with database.read() as early:
        assert len(packs.view(early, FIRST).pool.tiles) == 3
        store(database, [record(3)], job_id="later")
        see_all(database, first_seed=50)
        assert len(view(Packs(tmp_path / "packs"), database).pool.tiles) == 4
        assert len(packs.view(early, FIRST).pool.tiles) == 3
    assert len(view(packs, database).pool.tiles) == 4


def test_nothing_is_read_twice(
    database: Database, packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    first = view(packs, database)
    monkeypatch.setattr(module, "_rows", _must_not_be_called)
    second = view(packs, database)
    assert second.pool.tiles.base is first.pool.tiles.base


def test_another_encoder_has_its_own_vectors_until_they_are_dropped(
    database: Database, packs: Packs, encoder: TileEncoder, tmp_path: Path
) -> None:
    fill(database)
    other = random_encoder(1)
    for one in (encoder, other, encoder):
        found = view(packs, database, one).pool.encoded
        assert found is not None
        np.testing.assert_allclose(
            found.vectors, one.encode(view(packs, database).pool.tiles), atol=1e-3
        )
    assert len(list(tmp_path.rglob("encoded-*"))) == 2
    packs.drop_encoded([other.version])
    assert [path.name for path in tmp_path.rglob("encoded-*")] == [f"encoded-{other.version}"]


def _cut_tiles(folder: Path) -> None:
    (file,) = folder.rglob("tiles")
    with file.open("r+b") as opened:
        opened.truncate(5000)


def _remove_a_column(folder: Path) -> None:
    (file,) = folder.rglob("digests")
    file.unlink()


def _garble_the_head(folder: Path) -> None:
    (folder / "head.json").write_text('{"kind": ')


def _another_layout(folder: Path) -> None:
    head = folder / "head.json"
    head.write_text(head.read_text().replace('"layout": 1', '"layout": 0'))


@pytest.mark.parametrize(
    "harm", [_cut_tiles, _remove_a_column, _garble_the_head, _another_layout, shutil.rmtree]
)
def test_broken_packs_are_made_anew(
    database: Database, packs: Packs, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    fill(database)
    before = view(packs, database)
    # A copy: what is mapped can no longer be read when its file is cut.
    tiles, name = before.pool.tiles.copy(), before.hash()
    harm(tmp_path / "packs")
    for again in (packs, Packs(tmp_path / "packs")):
        after = view(again, database)
        assert after.hash() == name
        assert np.array_equal(after.pool.tiles, tiles)


def test_packs_of_another_database_are_made_anew(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    with Database(f"sqlite:///{tmp_path / 'other.sqlite3'}") as other:
        Base.metadata.create_all(other.engine)
        store(other, [record(n, pictures=2) for n in range(9)])
        see_all(other, first_seed=100)
        assert len(view(packs, other).pool.tiles) == 18
        fill(database)
        found = view(packs, database)
        assert [one.tobytes() for one in found.pool.tiles] == [tile(n) for n in range(3)]


def test_packs_ahead_of_a_restored_database_are_made_anew(database: Database, packs: Packs) -> None:
    fill(database, 6)
    assert len(view(packs, database).pool.tiles) == 6
    with database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    fill(database, 3)
    assert len(view(packs, database).pool.tiles) == 3
    store(database, [record(n) for n in range(10, 14)], job_id="later")
    see_all(database, first_seed=200)
    found = view(packs, database)
    expected = [tile(n) for n in (0, 1, 2, 200, 201, 202, 203)]
    assert [one.tobytes() for one in found.pool.tiles] == expected


def test_processes_fill_the_same_packs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    with Database(url) as database:
        Base.metadata.create_all(database.engine)
        fill(database, 40, pictures=5)
        processes = [
            subprocess.Popen([sys.executable, "-c", CATCH_UP, url, str(tmp_path / "packs")])
            for _ in range(3)
        ]
        assert [process.wait() for process in processes] == [0, 0, 0]
        found = view(Packs(tmp_path / "packs"), database).pool
        assert [one.tobytes() for one in found.tiles] == [tile(n) for n in range(200)]


def _must_not_be_called(*_: object) -> None:
    raise AssertionError


def test_the_same_record_by_another_route_is_excluded(database: Database, packs: Packs) -> None:
    fill(database)
    other = record_id("athens", record(1).identifier)
    pair = (min(FIRST, other), max(FIRST, other))
    with database.write() as session:
        same_records.store(session, "athens", {pair: "manifest"})
    found = view(packs, database)
    assert set(found.pool.record_ids[found.exclude]) == {FIRST.encode(), other.encode()}
    with database.write() as session:
        same_records.undo(session, *pair)
    assert set(view(packs, database).pool.record_ids[found.exclude]) >= {FIRST.encode()}
    assert len(included(view(packs, database))) == 2


def test_purged_pixels_leave_the_packs(database: Database, packs: Packs) -> None:
    fill(database)
    store(database, [record(9)], key="kavala")
    see_all(database, key="kavala", first_seed=9)
    assert len(view(packs, database).pool.tiles) == 4
    for _ in range(2):
        with database.write() as session:
            removal.remove(session, "kavala", purge=True)
        found = view(packs, database)
        assert [one.tobytes() for one in found.pool.tiles] == [tile(n) for n in range(3)]
        assert len(view(packs, database).pool.tiles) == 3
