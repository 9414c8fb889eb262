from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from iiif_dedup import pipeline
from iiif_dedup.errors import LeaseLostError, SettingsError, StoreError
from iiif_dedup.pipeline import TilePools
from iiif_dedup.search import recipes
from iiif_dedup.settings import load_settings
from iiif_dedup.store import images, runs, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Base, Record
from tests.pipeline.rows import everything, job, take
from tests.store.examples import record, see_all, seen, store

ANCHOR = record_id("athens", record(0).identifier)

RECIPE = "cheap"
SETTINGS = load_settings({"IIIF_DEDUP_DEVICE": "cpu", "IIIF_DEDUP_CANDIDATES_KEPT": "5"})


@pytest.fixture(autouse=True)
def _recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    where = "tests.pipeline.cheap_recipe:CheapRecipe"
    monkeypatch.setattr(recipes, "RECIPES", {**recipes.RECIPES, RECIPE: where})


def search(
    claim: Claim, database: Database, position: int | None = None, recipe: str = RECIPE
) -> dict[str, Any]:
    pipeline.search_record(
        claim, database, TilePools(), SETTINGS, record_id=ANCHOR, position=position, recipe=recipe
    )
    done = job(database, claim.job_id)
    assert done.state == "succeeded"
    assert done.result is not None
    return done.result


def claimed(database: Database, position: int | None = None) -> Claim:
    with database.write() as session:
        job_id = work.enqueue_search(session, ANCHOR, position=position, recipe=RECIPE).id
    return take(database, job_id)


def fill(database: Database) -> None:
    store(database, [record(n, pictures=2) for n in range(4)])
    see_all(database)


def test_a_run_is_stored_and_named(database: Database) -> None:
    fill(database)
    result = search(claimed(database), database)
    with database.read() as session:
        run = runs.newest_run(session, ANCHOR, RECIPE)
        assert run is not None
        assert result == {"status": "found", "run": run.id}
        assert (run.pool_size, run.covered_sequence, len(run.candidates)) == (6, 8, 5)
        assert set(run.versions) == {"iiif_dedup", "torch", "preprocessing", "device"}
        norms = [candidate.norm for candidate in run.candidates]
        assert norms == sorted(norms)
        anchor = runs.anchors(session, ANCHOR, "tile32/1")[0]
        assert run.anchor_version_id == anchor.image_version_id
        assert len(run.pool_hash) == 64


def test_a_search_that_was_killed_and_repeated_leaves_the_same_rows(database: Database) -> None:
    fill(database)
    search(claimed(database), database)
    before = everything(database)
    search(claimed(database), database)
    assert everything(database) == before


def test_one_image_may_be_chosen(database: Database) -> None:
    fill(database)
    search(claimed(database, 1), database, 1)
    (run,) = everything(database)["search_run"]
    with database.read() as session:
        chosen = runs.anchors(session, ANCHOR, "tile32/1")[1]
    assert run["anchor_version_id"] == chosen.image_version_id


def test_the_first_image_that_shows_something_is_the_anchor(database: Database) -> None:
    store(database, [record(n, pictures=3) for n in range(4)])
    with database.write() as session:
        for number, image in enumerate(images.pending(session, "athens", limit=99)):
            blank = image.ref.position == 0
            images.store_results(session, [(image, seen(number, blank=blank))])
    search(claimed(database), database)
    (run,) = everything(database)["search_run"]
    with database.read() as session:
        second = runs.anchors(session, ANCHOR, "tile32/1")[1]
    assert run["anchor_version_id"] == second.image_version_id


def test_records_without_a_usable_image_are_not_searchable(database: Database) -> None:
    store(database, [record(0, pictures=2), record(1), record(2)])
    assert search(claimed(database), database)["reason"] == "no_usable_image"
    with database.write() as session:
        for number, image in enumerate(images.pending(session, "athens", limit=99)):
            images.store_results(session, [(image, seen(number, blank=True))])
    result = search(claimed(database), database)
    assert (result["status"], result["reason"]) == ("not_searchable", "blank_image")
    result = search(claimed(database, 7), database, 7)
    assert result["reason"] == "no_usable_image"
    assert "position 7" in result["detail"]
    assert everything(database)["search_run"] == []


def test_deleted_records_and_tiny_pools_are_not_searchable(database: Database) -> None:
    store(database, [record(0), record(1)])
    see_all(database)
    assert search(claimed(database), database)["reason"] == "pool_too_small"
    with database.write() as session:
        for row in session.scalars(select(Record)):
            row.state = "deleted"
    result = search(claimed(database), database)
    assert result["reason"] == "no_usable_image"
    assert "deleted" in result["detail"]


def test_unknown_records_and_recipes_are_errors(database: Database) -> None:
    with pytest.raises(StoreError, match="no record"):
        search(claimed(database), database)
    fill(database)
    with pytest.raises(SettingsError, match="Unknown recipe"):
        search(claimed(database), database, recipe="soup")


def test_who_lost_the_job_stores_no_run(database: Database) -> None:
    fill(database)
    late = claimed(database)
    take(database, late.job_id)
    with pytest.raises(LeaseLostError):
        search(late, database)
    assert everything(database)["search_run"] == []


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads that wait for each other burn the time of the tests beside this one."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_the_papers_recipe_trains_and_scores(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'one.sqlite3'}") as database:
        Base.metadata.create_all(database.engine)
        fill(database)
        result = search(claimed(database), database, recipe="paper")
        (run,) = everything(database)["search_run"]
        assert (run["id"], run["recipe"], run["pool_size"]) == (result["run"], "paper", 6)
        assert run["margin"] > 1


def test_importing_the_pipeline_loads_no_torch() -> None:
    code = "import sys, iiif_dedup.pipeline; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
