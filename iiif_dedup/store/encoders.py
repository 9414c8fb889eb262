"""Encoders trained on this collection: stored while they are built, activated in one transaction.

Weights lie in the database, so that every machine gets them from where it gets its tiles. Those of
the active encoder and of the one before it are kept, and of every other one that a run cites; rows
are kept always, since runs name them and read their calibration.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, undefer

from iiif_dedup.errors import StoreError
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.database import upsert
from iiif_dedup.store.models import Counter, Encoder, SearchRun
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.types import Json

ACTIVATIONS = "encoder_activations"
"""Name of the counter under whose lock encoders are activated."""


class EncoderState(StrEnum):
    """Where an encoder stands."""

    BUILDING = "building"
    """Trained; its job is calibrating it and encoding the pool."""
    ACTIVE = "active"
    RETIRED = "retired"


def store_built(
    session: Session,
    version: str,
    weights: bytes,
    *,
    preprocessing: str,
    description: Mapping[str, Json],
    images: int,
    covered_sequence: int,
    job_id: str,
    clock: Clock = utc_now,
) -> Encoder:
    """Store a trained encoder that is not yet in use; others that were never activated go.

    The same training gives the same weights, so the encoder may be known already; then it is
    built again, unless it is active.

    Args:
        session: A write session.
        version: Made of the weights.
        weights: Safetensors.
        preprocessing: Of the tiles that it takes.
        description: How it was trained.
        images: How many images it was trained on.
        covered_sequence: Highest image sequence among them.
        job_id: The job that trained it and goes on with it.
        clock: Gives the time, aware.
    """
    given_up = delete(Encoder).where(Encoder.state == EncoderState.BUILDING)
    session.execute(given_up.where(Encoder.id != version))
    encoder = session.get(Encoder, version)
    if encoder is None:
        encoder = Encoder(id=version, created_at=clock())
        session.add(encoder)
    if encoder.state != EncoderState.ACTIVE:
        encoder.state = EncoderState.BUILDING.value
    encoder.weights = weights
    encoder.preprocessing = preprocessing
    encoder.description = dict(description)
    encoder.images = images
    encoder.covered_sequence = covered_sequence
    encoder.job_id = job_id
    session.flush()
    return encoder


def activate(
    session: Session,
    version: str,
    calibration: Mapping[str, Json],
    *,
    clock: Clock = utc_now,
) -> Encoder:
    """Put an encoder in use instead of the one that is, and return it.

    Raises:
        StoreError: It was not built, or given up since.
    """
    # One activation at a time: two at once could not both find the active one.
    upsert(session, Counter, [{"name": ACTIVATIONS, "value": 0}], key=["name"])
    activations = session.get_one(Counter, ACTIVATIONS, with_for_update=True)
    encoder = session.get(Encoder, version, with_for_update=True)
    if encoder is None or encoder.state == EncoderState.RETIRED:
        raise StoreError(f"There is no encoder {version!r} being built; train one.")
    retire = update(Encoder).where(Encoder.state == EncoderState.ACTIVE, Encoder.id != version)
    session.execute(retire.values(state=EncoderState.RETIRED, retired_at=clock()))
    encoder.state, encoder.activated_at = EncoderState.ACTIVE.value, clock()
    encoder.calibration, encoder.retired_at = dict(calibration), None
    activations.value += 1
    session.flush()
    _drop_old_weights(session)
    return encoder


def active(session: Session, preprocessing: str) -> Encoder | None:
    """Return the encoder in use, without its weights; None for the starting encoder.

    One that was trained on tiles of another preprocessing is of no use.
    """
    statement = select(Encoder).where(Encoder.state == EncoderState.ACTIVE)
    return session.scalar(statement.where(Encoder.preprocessing == preprocessing))


def built_by(session: Session, job_id: str) -> Encoder | None:
    """Return the encoder with its weights that a job has trained and not yet activated, or None."""
    statement = select(Encoder).options(undefer(Encoder.weights))
    return session.scalar(
        statement.where(Encoder.job_id == job_id, Encoder.state == EncoderState.BUILDING)
    )


def calibration(session: Session, version: str) -> Mapping[str, Any] | None:
    """Return an encoder's calibration, None where there is none; the starting encoder has none."""
    return session.scalar(select(Encoder.calibration).where(Encoder.id == version))


def weights(session: Session, version: str) -> bytes:
    """Return an encoder's weights.

    Raises:
        StoreError: There is no such encoder, or its weights were dropped.
    """
    found = session.scalar(select(Encoder.weights).where(Encoder.id == version))
    if found is None:
        raise StoreError(f"There are no weights of an encoder {version!r} any more; train one.")
    return found


def list_encoders(session: Session, *, cursor: str | None = None, limit: int = 50) -> Page[Encoder]:
    """Return encoders without weights, newest first. Raises CursorError as `paginate`."""
    keys = (Encoder.created_at, Encoder.id)
    return paginate(session, select(Encoder), keys, cursor=cursor, limit=limit, descending=True)


def _drop_old_weights(session: Session) -> None:
    before = (
        select(Encoder.id)
        .where(Encoder.state == EncoderState.RETIRED)
        .order_by(Encoder.retired_at.desc(), Encoder.id)
        .limit(1)
    )
    cited = exists().where(SearchRun.encoder_version == Encoder.id)
    session.execute(
        update(Encoder)
        .where(Encoder.state == EncoderState.RETIRED, Encoder.id != session.scalar(before), ~cited)
        .values(weights=None)
        .execution_options(synchronize_session=False)
    )
