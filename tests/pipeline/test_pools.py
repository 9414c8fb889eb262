from __future__ import annotations

from dataclasses import replace

import numpy as np

from iiif_dedup.pipeline import TilePools
from iiif_dedup.pipeline.pools import PoolView
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from tests.store.examples import record, see_all, store

FIRST = record_id("athens", record(0).identifier)


def view(pools: TilePools, database: Database) -> PoolView:
    with database.read() as session:
        return pools.view(session, FIRST)


def included(found: PoolView) -> set[str]:
    ids = found.pool.image_version_ids
    return {ids[n] for n in np.flatnonzero(~found.exclude).tolist()}


def test_an_empty_database_has_an_empty_pool(database: Database) -> None:
    found = view(TilePools(), database)
    assert (len(found.pool.tiles), found.covered_sequence) == (0, 0)


def test_the_record_that_is_searched_is_excluded(database: Database) -> None:
    store(database, [record(n, pictures=2) for n in range(3)])
    see_all(database)
    found = view(TilePools(), database)
    assert found.pool.tiles.shape == (6, 32, 32, 3)
    assert found.covered_sequence == 6
    assert len(included(found)) == 4
    records = np.array(found.pool.record_ids)
    assert set(records[found.exclude]) == {FIRST}


def test_a_pool_that_grew_equals_one_that_was_read_at_once(database: Database) -> None:
    grown = TilePools()
    for number in range(4):
        store(database, [record(number)], job_id=str(number))
        see_all(database, first_seed=number)
        view(grown, database)
    one, other = view(grown, database), view(TilePools(), database)
    assert np.array_equal(one.pool.tiles, other.pool.tiles)
    assert one.pool.image_version_ids == other.pool.image_version_ids
    assert list(one.pool.image_version_ids) == sorted(one.pool.image_version_ids)
    assert one.pool.record_ids == other.pool.record_ids
    assert (one.covered_sequence, one.hash()) == (other.covered_sequence, other.hash())


def test_what_is_no_longer_current_is_excluded(database: Database) -> None:
    pools = TilePools()
    store(database, [record(0), record(1, pictures=2), record(2)])
    see_all(database)
    before = view(pools, database)
    store(database, [replace(record(1), images=record(1).images[:1])], job_id="later")
    after = view(pools, database)
    assert len(included(before) - included(after)) == 1
    assert after.covered_sequence == before.covered_sequence
    assert after.hash() != before.hash()


def test_nothing_is_read_twice(database: Database) -> None:
    pools = TilePools()
    store(database, [record(0), record(1)])
    see_all(database)
    assert view(pools, database).pool is view(pools, database).pool
