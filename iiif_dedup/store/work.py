"""The kinds of jobs, with their arguments and what keeps two of them from doing the same."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.given_up import HARVEST_JOB
from iiif_dedup.store.jobs import Queue, enqueue
from iiif_dedup.store.models import Job
from iiif_dedup.types import Json


class Kind(StrEnum):
    """What a job does; `pipeline` has one function for each."""

    HARVEST = HARVEST_JOB
    """Arguments: source (key), and those of `enqueue_harvest` that are not the defaults."""
    PROCESS_IMAGES = "process_images"
    """Arguments: source (key)."""
    TRAIN_ENCODER = "train_encoder"
    """No arguments."""
    SEARCH = "search"
    """Arguments: record (id), image (position, or null for the first usable one), recipe."""


def enqueue_harvest(
    session: Session,
    source_key: str,
    *,
    only: str | None = None,
    anew: bool = False,
    moved: bool = False,
    clock: Clock = utc_now,
) -> Job:
    """Return the job that harvests a source, new or already active.

    Args:
        session: A write session.
        source_key: The source.
        only: A harvest, whose failures alone are read again; where the protocol cannot read
            single records, the source is harvested as always.
        anew: Whether to read everything, also what servers say has not changed.
        moved: Whether the source has got another address, so that new identifiers may be those
            of known records; see `pipeline.moving`.
        clock: Gives the time, aware.
    """
    asked: dict[str, Json] = {"only": only, "anew": anew or None, "moved": moved or None}
    special = {name: value for name, value in asked.items() if value is not None}
    return enqueue(
        session,
        Kind.HARVEST,
        {"source": source_key, **special},
        queue=Queue.BATCH,
        dedupe_key=f"{Kind.HARVEST}:{source_key}",
        clock=clock,
    )


def enqueue_process_images(session: Session, source_key: str, *, clock: Clock = utc_now) -> Job:
    """Return the job that processes a source's pending images, new or already active."""
    return enqueue(
        session,
        Kind.PROCESS_IMAGES,
        {"source": source_key},
        queue=Queue.BATCH,
        dedupe_key=f"{Kind.PROCESS_IMAGES}:{source_key}",
        clock=clock,
    )


def enqueue_train_encoder(session: Session, *, clock: Clock = utc_now) -> Job:
    """Return the job that trains the collection's encoder, new or already active."""
    return enqueue(
        session,
        Kind.TRAIN_ENCODER,
        {},
        queue=Queue.BATCH,
        dedupe_key=Kind.TRAIN_ENCODER,
        clock=clock,
    )


def enqueue_search(
    session: Session,
    record_id: str,
    *,
    position: int | None = None,
    recipe: str,
    clock: Clock = utc_now,
) -> Job:
    """Return the job that searches clones of one image of a record, new or already active.

    Args:
        session: A write session.
        record_id: The record.
        position: Of the image, 0-based; None for the record's first usable one.
        recipe: Name of the recipe.
        clock: Gives the time, aware.
    """
    return enqueue(
        session,
        Kind.SEARCH,
        {"record": record_id, "image": position, "recipe": recipe},
        queue=Queue.INTERACTIVE,
        dedupe_key=f"{Kind.SEARCH}:{record_id}:{position}:{recipe}",
        clock=clock,
    )
