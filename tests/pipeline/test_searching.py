from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, select

from iiif_dedup import pipeline
from iiif_dedup.errors import LeaseLostError, SettingsError, StoreError
from iiif_dedup.pipeline import EncoderInUse, Packs
from iiif_dedup.search import recipes
from iiif_dedup.search.budget import Background, pooled
from iiif_dedup.search.tile_encoder import TileEncoder
from iiif_dedup.settings import load_settings
from iiif_dedup.store import images, runs, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Candidate, Record, SearchRun
from tests.pipeline.conftest import put_in_use, random_encoder
from tests.pipeline.rows import everything, job, take
from tests.store.examples import PREPROCESSING, record, see_all, seen, store

ANCHOR = record_id("athens", record(0).identifier)

RECIPE = "cheap"
SETTINGS = load_settings({"IIIF_DEDUP_DEVICE": "cpu"})


@pytest.fixture(autouse=True)
def _recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    where = "tests.pipeline.cheap_recipe:CheapRecipe"
    monkeypatch.setattr(recipes, "RECIPES", {**recipes.RECIPES, RECIPE: where})


@pytest.fixture(autouse=True)
def _encoder(database: Database, encoder: TileEncoder) -> None:
    put_in_use(database, encoder)


def search(
    claim: Claim, database: Database, position: int | None = None, recipe: str = RECIPE
) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        pipeline.search_record(
            claim,
            database,
            Packs(Path(folder)),
            EncoderInUse("cpu"),
            SETTINGS,
            record_id=ANCHOR,
            position=position,
            recipe=recipe,
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
        assert (run.pool_size, run.covered_sequence, len(run.candidates)) == (6, 8, 6)
        assert set(run.versions) == {"iiif_dedup", "torch", "preprocessing", "device"}
        assert [candidate.rank for candidate in run.candidates] == [1, 2, 3, 4, 5, 6]
        by_clone_rank = sorted(
            (candidate.generators["clone"], candidate.norm)
            for candidate in run.candidates
            if "clone" in candidate.generators
        )
        assert [rank for rank, _ in by_clone_rank] == [1, 2, 3, 4, 5, 6]
        assert by_clone_rank == sorted(by_clone_rank, key=itemgetter(1))
        assert (run.encoder_version, run.background) == (None, None)
        assert set(run.generators) == {"sha256", "phash", "block_mean"}
        anchor = runs.anchors(session, ANCHOR, PREPROCESSING)[0]
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
        chosen = runs.anchors(session, ANCHOR, PREPROCESSING)[1]
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
        second = runs.anchors(session, ANCHOR, PREPROCESSING)[1]
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
@pytest.mark.parametrize("recipe", ["paper", "collection"])
def test_recipes_run_with_and_without_the_encoder(
    database: Database, encoder: TileEncoder, recipe: str
) -> None:
    fill(database)
    result = search(claimed(database), database, recipe=recipe)
    (run,) = everything(database)["search_run"]
    assert (run["id"], run["recipe"], run["pool_size"]) == (result["run"], recipe, 6)
    assert run["margin"] > 0
    expected = None if recipe == "paper" else encoder.version
    assert run["encoder_version"] == expected


def test_a_run_keeps_what_its_budget_is_seen_from(database: Database) -> None:
    fill(database)
    norms = np.linspace(0.5, 1.5, 60, dtype=np.float32)
    for background in (Background.RAW, Background.NEIGHBOURS):
        calibration = {"table": pooled([(norms, 0.4)], background).to_json()}
        put_in_use(database, random_encoder(3), calibration)
        search(claimed(database), database, recipe="collection")
        with database.read() as session:
            run = runs.newest_run(session, ANCHOR, "collection")
            assert run is not None
            found = [candidate.norm for candidate in run.candidates]
        # The pool is small: every image is among the nearest.
        assert run.background is not None
        expected = run.mu + run.margin if background is Background.RAW else np.mean(found)
        assert run.background["centre"] == pytest.approx(expected, rel=1e-5)
        with database.write() as session:
            session.execute(delete(Candidate))
            session.execute(delete(SearchRun))


def test_importing_the_pipeline_loads_no_torch() -> None:
    code = "import sys, iiif_dedup.pipeline; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
