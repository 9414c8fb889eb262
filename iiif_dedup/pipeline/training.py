"""Step 3: train the collection's encoder on its own tiles, and put it in use."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from iiif_dedup.pipeline.encoders import EncoderInUse
from iiif_dedup.pipeline.packs import Packs
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.search.pool import Pool
from iiif_dedup.settings import Settings
from iiif_dedup.store import encoders, images, work
from iiif_dedup.store.clock import Clock
from iiif_dedup.store.database import Database
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Job

if TYPE_CHECKING:
    from iiif_dedup.search.tile_encoder import TileEncoder

MAX_TILES = 50_000
"""Most tiles of one training, drawn at random: it takes time in proportion."""
_REPORT_S = 1.0
"""Seconds between two reports of progress."""


def enqueue_training_if_due(session: Session, settings: Settings, *, clock: Clock) -> Job | None:
    """Queue a training if the collection is large enough and has grown enough since the last one.

    Args:
        session: A write session.
        settings: The settings in force.
        clock: Gives the time, aware.

    Returns:
        The job, new or already active, to be woken; None when no training is due.
    """
    ready = images.counts(session)[ImageState.READY]
    active = encoders.active(session, PREPROCESSING)
    known = 0 if active is None else active.images
    if ready < max(settings.encoder_min_images, known * (1 + settings.encoder_refresh_growth)):
        return None
    return work.enqueue_train_encoder(session, clock=clock)


def train_encoder(
    claim: Claim, database: Database, packs: Packs, encoder: EncoderInUse, settings: Settings
) -> None:
    """Train an encoder, calibrate it, encode the pool with it, activate it, and end the job.

    It goes on from the encoder in use. Once trained it is stored, so that a later attempt of the
    job does not train again. The pool is encoded before the encoder is activated, so that the
    next search on this machine is as fast as the one before.

    Args:
        claim: Of a job of kind `train_encoder`.
        database: Where the claim is.
        packs: This worker's.
        encoder: This worker's.
        settings: The settings in force.

    Raises:
        EncoderError: There are too few tiles.
        SettingsError: There is no such device.
        LeaseLostError: Another attempt has the job.
        JobCancelledError: Somebody asked the job to stop.
    """
    # Imported here, since a process that never trains never loads torch.
    from iiif_dedup.search.calibration import calibrate  # noqa: PLC0415
    from iiif_dedup.search.tile_encoder import TileEncoder  # noqa: PLC0415

    with database.read() as session:
        before = encoder.get(session)
        grown = encoders.active(session, PREPROCESSING) is not None
        built = encoders.built_by(session, claim.job_id)
    if built is not None and built.weights is not None:
        trained = TileEncoder.from_bytes(built.weights, settings.device)
    else:
        trained = _train(claim, database, packs, before, settings, refresh=grown)
    with database.read() as session:
        pool, _ = packs.pool(session, trained)
        eligible = ~packs.retired(session)[: len(pool.tiles)]
    calibration = calibrate(
        trained,
        pool,
        eligible,
        seed=_seed(pool, eligible),
        progress=_reporter(claim, "Calibrating the encoder"),
    )
    with claim.write() as session:
        encoders.activate(session, trained.version, calibration.to_json(), clock=claim.clock)
        claim.succeed(session, {"encoder": trained.version})
    packs.drop_encoded([trained.version, before.version])


def _train(
    claim: Claim,
    database: Database,
    packs: Packs,
    start: TileEncoder,
    settings: Settings,
    *,
    refresh: bool,
) -> TileEncoder:
    """Return an encoder that is trained and stored; a refresh takes less than a first training."""
    from iiif_dedup.search.instance_training import (  # noqa: PLC0415
        REFRESH_PLAN,
        TrainingPlan,
        train_collection_encoder,
    )

    with database.read() as session:
        pool, covered = packs.pool(session)
        eligible = ~packs.retired(session)[: len(pool.tiles)]
    seed = _seed(pool, eligible)
    trained = train_collection_encoder(
        pool.tiles[_drawn(eligible, seed)],
        seed=seed,
        plan=REFRESH_PLAN if refresh else TrainingPlan(),
        start=start,
        device=settings.device,
        progress=_reporter(claim, "Training the encoder"),
    )
    with claim.write() as session:
        encoders.store_built(
            session,
            trained.version,
            trained.to_bytes(),
            preprocessing=PREPROCESSING,
            description=trained.description,
            images=int(np.count_nonzero(eligible)),
            covered_sequence=covered,
            job_id=claim.job_id,
            clock=claim.clock,
        )
    return trained


def _drawn(eligible: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Return the places of the tiles to train on, in the order of the pool."""
    places = np.flatnonzero(eligible)
    if len(places) > MAX_TILES:
        places = np.random.default_rng(seed).choice(places, MAX_TILES, replace=False)
    return np.sort(places)


def _seed(pool: Pool, eligible: NDArray[np.bool_]) -> int:
    """Return a seed, 0 ≤ seed < 2⁶³, from what is trained on, never from a clock."""
    digest = hashlib.sha256(pool.image_version_ids[eligible].tobytes()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _reporter(claim: Claim, text: str) -> Callable[[int, int], None]:
    """Return what is told every step, and writes some of them into the job's row."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < _REPORT_S and done < total:
            return
        last = time.monotonic()
        with claim.write() as session:
            claim.progress(session, done, total, text, stored=False)

    return report
