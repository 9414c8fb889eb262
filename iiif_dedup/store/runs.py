"""Search runs: the image one starts from, and what it found, stored once however often repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from iiif_dedup.store import ids
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.database import upsert
from iiif_dedup.store.evidence import as_json
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.models import Candidate, Image, ImageVersion, SearchRun, Tile
from iiif_dedup.types import Evidence, Json, SearchResult


@dataclass(frozen=True, slots=True)
class Anchor:
    """A picture of a record that a search may start from.

    Attributes:
        record_id: The record.
        position: Of the slot, 0-based.
        image_version_id: What is in the slot now.
        sha256: Of the bytes, as 64 hexadecimal digits.
        pixels: The tile, row-major RGB.
        blank: Whether the picture shows nothing; such a one cannot start a search.
    """

    record_id: str
    position: int
    image_version_id: str
    sha256: str
    pixels: bytes
    blank: bool


def anchors(session: Session, record_id: str, preprocessing: str) -> list[Anchor]:
    """Return the ready pictures of a record in their order, blank ones included."""
    statement = (
        select(Image.position, ImageVersion.id, Tile.sha256, Tile.pixels, Tile.blank)
        .join(ImageVersion, ImageVersion.id == Image.current_version_id)
        .join(Tile, Tile.sha256 == ImageVersion.sha256)
        .where(Image.record_id == record_id, Image.state == ImageState.READY)
        .where(Tile.preprocessing == preprocessing)
        .order_by(Image.position)
    )
    return [Anchor(record_id, *row) for row in session.execute(statement)]


def store_run(
    session: Session,
    anchor: Anchor,
    result: SearchResult,
    *,
    covered_sequence: int,
    pool_hash: str,
    versions: Mapping[str, Json],
    generators: Mapping[str, str],
    background: Mapping[str, float] | None = None,
    evidence: Mapping[str, Evidence] | None = None,
    clock: Clock = utc_now,
) -> str:
    """Store a run with its candidates, and return its id.

    A repeat with the same anchor, recipe, parameters, generators and pool is the same run: it
    counts as finished now, and its candidates stay.

    Args:
        session: A write session.
        anchor: What was searched.
        result: What was found.
        covered_sequence: Highest image sequence that was in the pool.
        pool_hash: SHA-256 over the ids of the images that were scored, in order.
        versions: Of the package, the libraries and the preprocessing, and the device.
        generators: What proposed candidates, each with its version.
        background: As in `models.SearchRun`.
        evidence: Image version id → what speaks for and against that candidate.
        clock: Gives the time, aware.
    """
    parameters = dict(result.parameters)
    canonical = json.dumps(parameters, sort_keys=True, default=dict)
    pool = f"{covered_sequence} {pool_hash}"
    proposed_by = json.dumps(dict(generators), sort_keys=True)
    run_id = ids.stable_id(anchor.image_version_id, result.recipe, canonical, proposed_by, pool)
    row = {
        "id": run_id,
        "record_id": anchor.record_id,
        "anchor_version_id": anchor.image_version_id,
        "recipe": result.recipe,
        "parameters": parameters,
        "seed": result.seed,
        "versions": dict(versions),
        "encoder_version": result.parameters.get("encoder"),
        "generators": dict(generators),
        "background": None if background is None else dict(background),
        "covered_sequence": covered_sequence,
        "pool_size": result.pool_size,
        "pool_hash": pool_hash,
        "mu": result.mu,
        "margin": result.margin,
        "accepted": result.accepted,
        "timings": dict(result.timings),
        "finished_at": clock(),
    }
    upsert(session, SearchRun, [row], key=["id"], update=["finished_at"])
    candidates = [
        {
            "run_id": run_id,
            "image_version_id": candidate.image_version_id,
            "norm": candidate.norm,
            "rank": candidate.rank,
            "generators": dict(candidate.generators),
            **_weighed((evidence or {}).get(candidate.image_version_id)),
        }
        for candidate in result.candidates
    ]
    # All or none: a repeat whose norms differ in the last digits must not mix two rankings.
    if not session.scalar(select(func.count()).where(Candidate.run_id == run_id)):
        upsert(session, Candidate, candidates, key=["run_id", "image_version_id"])
    return run_id


def _weighed(evidence: Evidence | None) -> dict[str, Any]:
    if evidence is None:
        return {"probability": None, "evidence": None}
    return {"probability": evidence.probability, "evidence": as_json(evidence)}


def newest_run(
    session: Session, record_id: str, recipe: str, *, anchor_version_id: str | None = None
) -> SearchRun | None:
    """Return the run of a record that finished last, of one anchor image if given, or None."""
    statement = select(SearchRun).where(
        SearchRun.record_id == record_id, SearchRun.recipe == recipe
    )
    if anchor_version_id is not None:
        statement = statement.where(SearchRun.anchor_version_id == anchor_version_id)
    order = (SearchRun.finished_at.desc(), SearchRun.id)
    return session.scalar(statement.order_by(*order).limit(1))
