from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from iiif_dedup.store import images, pool, runs
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.models import Candidate, SearchRun
from iiif_dedup.store.runs import Anchor
from iiif_dedup.types import Candidate as Found
from iiif_dedup.types import SearchResult
from tests.store.examples import PREPROCESSING, FakeClock, record, see_all, seen, store, tile

ANCHOR = record_id("athens", record(0).identifier)


def prepare(database: Database) -> tuple[Anchor, SearchResult]:
    store(database, [record(n) for n in range(3)])
    see_all(database)
    with database.read() as session:
        anchor = runs.anchors(session, ANCHOR, PREPROCESSING)[0]
        others = pool.version_ids(session, [2, 3])
    found = tuple(
        Found(name, norm=0.5 + n, rank=n + 1, generators={"clone": n + 1})
        for n, name in enumerate(others)
    )
    return anchor, SearchResult(
        recipe="paper",
        parameters={"views": 128, "margin": None, "encoder": "e1"},
        seed=2**62,
        mu=0.1,
        margin=1.3,
        accepted=1,
        pool_size=2,
        candidates=found,
        timings={"train": 0.5},
    )


def keep(
    database: Database, anchor: Anchor, result: SearchResult, clock: FakeClock, pool_hash: str = "p"
) -> str:
    with database.write() as session:
        return runs.store_run(
            session,
            anchor,
            result,
            covered_sequence=3,
            pool_hash=pool_hash,
            versions={"torch": "2"},
            generators={"phash": "1"},
            clock=clock,
        )


def test_a_run_is_stored_with_its_candidates(database: Database) -> None:
    anchor, result = prepare(database)
    run_id = keep(database, anchor, result, FakeClock())
    with database.read() as session:
        run = runs.newest_run(session, ANCHOR, "paper")
        assert run is not None
        assert (run.id, run.seed, run.mu, run.margin) == (run_id, 2**62, 0.1, 1.3)
        assert run.parameters == {"views": 128, "margin": None, "encoder": "e1"}
        assert (run.encoder_version, run.generators) == ("e1", {"phash": "1"})
        assert run.candidates[1].generators == {"clone": 2}
        assert (run.covered_sequence, run.pool_size, run.pool_hash) == (3, 2, "p")
        assert run.versions == {"torch": "2"}
        assert [(c.norm, c.rank) for c in run.candidates] == [(0.5, 1), (1.5, 2)]
        assert runs.newest_run(session, ANCHOR, "other") is None
        assert runs.newest_run(session, ANCHOR, "paper", anchor_version_id="none") is None


def test_a_repeat_is_the_same_run(database: Database) -> None:
    anchor, result = prepare(database)
    clock = FakeClock()
    run_id = keep(database, anchor, result, clock)
    clock.advance(60)
    again = replace(
        result, candidates=tuple(replace(c, norm=c.norm + 1e-6) for c in result.candidates[:1])
    )
    assert keep(database, anchor, again, clock) == run_id
    with database.read() as session:
        assert session.scalars(select(SearchRun)).one().finished_at == clock.now
        norms = session.scalars(select(Candidate.norm).order_by(Candidate.rank)).all()
        assert norms == [0.5, 1.5]


def test_other_parameters_or_another_pool_make_another_run(database: Database) -> None:
    anchor, result = prepare(database)
    clock = FakeClock()
    first = keep(database, anchor, result, clock)
    clock.advance(1)
    second = keep(database, anchor, replace(result, parameters={"views": 64}), clock)
    clock.advance(1)
    third = keep(database, anchor, result, clock, pool_hash="q")
    assert len({first, second, third}) == 3
    with database.read() as session:
        newest = runs.newest_run(
            session, ANCHOR, "paper", anchor_version_id=anchor.image_version_id
        )
        assert newest is not None
        assert newest.id == third
    clock.advance(1)
    keep(database, anchor, result, clock)
    with database.read() as session:
        newest = runs.newest_run(session, ANCHOR, "paper")
        assert newest is not None
        assert newest.id == first


def test_anchors_are_ready_images_in_order(database: Database) -> None:
    store(database, [record(0, pictures=3)])
    with database.write() as session:
        first, second, _ = images.pending(session, "athens", limit=9)
        images.store_results(session, [(first, seen(1, blank=True)), (second, seen(2))])
    with database.read() as session:
        found = runs.anchors(session, ANCHOR, PREPROCESSING)
        assert [(a.position, a.blank) for a in found] == [(0, True), (1, False)]
        assert found[1].pixels == tile(2)
        assert found[1].sha256 == seen(2).sha256
        assert runs.anchors(session, "none", PREPROCESSING) == []
