from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from iiif_dedup import pipeline
from iiif_dedup.errors import EncoderError, JobCancelledError, LeaseLostError
from iiif_dedup.pipeline import EncoderInUse, Packs, training
from iiif_dedup.search import calibration, instance_training
from iiif_dedup.search.budget import BudgetTable
from iiif_dedup.search.tile_encoder import TileEncoder
from iiif_dedup.settings import load_settings
from iiif_dedup.store import encoders, jobs, work
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Encoder
from tests.pipeline.conftest import put_in_use, random_encoder
from tests.pipeline.rows import job, take
from tests.store.examples import PREPROCESSING, record, see_all, store

SETTINGS = load_settings({"IIIF_DEDUP_DEVICE": "cpu"})
IMAGES = 80


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps of training instead of hundreds, and a dozen anchors."""

    class Plan(instance_training.TrainingPlan):
        def __init__(self, epochs: int = 1) -> None:
            super().__init__(epochs=1, least_steps=2, batch=64)

    monkeypatch.setattr(instance_training, "TrainingPlan", Plan)
    few = partial(calibration.calibrate, anchors=12)
    monkeypatch.setattr(calibration, "calibrate", few)


def fill(database: Database, count: int = IMAGES) -> None:
    store(database, [record(n) for n in range(count)])
    see_all(database)


def queued(database: Database) -> str:
    with database.write() as session:
        return work.enqueue_train_encoder(session).id


def train(claim: Claim, database: Database, folder: Path) -> None:
    pipeline.train_encoder(claim, database, Packs(folder / "packs"), EncoderInUse("cpu"), SETTINGS)


def test_an_encoder_is_trained_calibrated_and_put_in_use(
    database: Database, encoder: TileEncoder, tmp_path: Path
) -> None:
    put_in_use(database, encoder)
    fill(database)
    job_id = queued(database)
    train(take(database, job_id), database, tmp_path)
    done = job(database, job_id)
    assert done.state == jobs.JobState.SUCCEEDED
    with database.read() as session:
        active = encoders.active(session, PREPROCESSING)
        assert active is not None
        assert done.result == {"encoder": active.id}
        assert active.id != encoder.version
        assert (active.images, active.covered_sequence) == (IMAGES, IMAGES)
        assert active.description["parent"] == encoder.version
        assert active.calibration is not None
        assert BudgetTable.from_json(active.calibration["table"]).anchors > 1
        loaded = EncoderInUse("cpu").get(session)
        assert loaded.version == active.id
    # The pool was encoded before anybody could search with it.
    (column,) = tmp_path.rglob(f"encoded-{active.id}")
    assert column.stat().st_size == IMAGES * 256


def test_a_worker_takes_another_encoder_when_it_is_activated(
    database: Database, encoder: TileEncoder
) -> None:
    in_use = EncoderInUse("cpu")
    put_in_use(database, encoder)
    with database.read() as session:
        first = in_use.get(session)
        assert first.version == encoder.version
        assert in_use.get(session) is first
    other = random_encoder(2)
    put_in_use(database, other)
    with database.read() as session:
        assert in_use.get(session).version == other.version


def test_what_was_trained_is_not_trained_again_after_a_kill(
    database: Database, encoder: TileEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_use(database, encoder)
    fill(database)
    job_id = queued(database)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(encoders, "activate", killed)
        with pytest.raises(KeyboardInterrupt):
            train(take(database, job_id), database, tmp_path)
    with database.read() as session:
        built = encoders.built_by(session, job_id)
        assert built is not None
    monkeypatch.setattr(training, "_train", killed)
    train(take(database, job_id), database, tmp_path)
    with database.read() as session:
        active = encoders.active(session, PREPROCESSING)
        assert active is not None
        assert active.id == built.id


def test_who_lost_the_job_activates_nothing(
    database: Database, encoder: TileEncoder, tmp_path: Path
) -> None:
    put_in_use(database, encoder)
    fill(database)
    late = take(database, queued(database))
    take(database, late.job_id)
    with pytest.raises(LeaseLostError):
        train(late, database, tmp_path)
    with database.read() as session:
        assert [row.id for row in encoders.list_encoders(session).items] == [encoder.version]


def test_a_training_can_be_cancelled(
    database: Database, encoder: TileEncoder, tmp_path: Path
) -> None:
    put_in_use(database, encoder)
    fill(database)
    claim = take(database, queued(database))
    with database.write() as session:
        jobs.request_cancel(session, claim.job_id)
    with pytest.raises(JobCancelledError):
        train(claim, database, tmp_path)


def test_too_few_images_are_a_sentence(
    database: Database, encoder: TileEncoder, tmp_path: Path
) -> None:
    put_in_use(database, encoder)
    fill(database, 3)
    with pytest.raises(EncoderError, match="at least 64 tiles"):
        train(take(database, queued(database)), database, tmp_path)


def test_a_training_is_due_when_the_collection_has_grown(
    database: Database, encoder: TileEncoder
) -> None:
    settings = load_settings({}, encoder_min_images=64, encoder_refresh_growth=0.5)

    def due() -> bool:
        with database.write() as session:
            found = training.enqueue_training_if_due(session, settings, clock=utc_now)
            if found is not None:
                session.delete(found)
            return found is not None

    fill(database, 63)
    assert not due()
    fill(database, 70)
    assert due()
    put_in_use(database, encoder)
    for images, expected in ((10, True), (47, False), (46, True)):
        with database.write() as session:
            session.get_one(Encoder, encoder.version).images = images
        assert due() == expected


def test_large_collections_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MAX_TILES", 10)
    eligible = np.ones(50, dtype=np.bool_)
    eligible[::2] = False
    drawn = training._drawn(eligible, 7)
    assert len(set(drawn.tolist())) == 10
    assert eligible[drawn].all()
    assert drawn.tolist() == sorted(drawn.tolist()) == training._drawn(eligible, 7).tolist()
