"""Steps 4 and 5: search the clones of one image, weigh what was found, and store the run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from iiif_dedup import __version__
from iiif_dedup.errors import NotSearchableError, Reason, StoreError
from iiif_dedup.evidence.fusion import shipped_fusion
from iiif_dedup.pipeline.encoders import EncoderInUse
from iiif_dedup.pipeline.packs import Packs
from iiif_dedup.pipeline.pictures import KeptPictures
from iiif_dedup.pipeline.pool_view import PoolView
from iiif_dedup.pipeline.weighing import weigh_candidates
from iiif_dedup.process.descriptors.parts import version_of_parts
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.search.budget import Background, BudgetTable, Scale
from iiif_dedup.search.candidates import CLONE
from iiif_dedup.search.pool import Query
from iiif_dedup.search.recipes import Recipe, get_recipe
from iiif_dedup.search.run import search, search_seed
from iiif_dedup.settings import Settings
from iiif_dedup.store import descriptors, encoders, records, runs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.runs import Anchor
from iiif_dedup.types import Json, SearchResult


def search_record(
    claim: Claim,
    database: Database,
    packs: Packs,
    encoder: EncoderInUse,
    settings: Settings,
    *,
    record_id: str,
    position: int | None,
    recipe: str,
) -> None:
    """Search clones of one image of a record among those of all others, weigh them, end the job.

    The job's result is `{"status": "found", "run": id}`; for a record that no search can start
    from, which is normal, `{"status": "not_searchable", "reason": code, "detail": sentence}`.

    Args:
        claim: Of a job of kind `search`.
        database: Where the claim is.
        packs: This worker's.
        encoder: This worker's.
        settings: The settings in force.
        record_id: The record.
        position: Of the image, 0-based; None for the first one that is ready and not blank.
        recipe: Name of the recipe.

    Raises:
        StoreError: There is no such record.
        SettingsError: There is no such recipe or device.
        LeaseLostError: Another attempt has the job.
        JobCancelledError: Somebody asked the job to stop.
    """
    try:
        with database.read() as session:
            anchor = _anchor(session, record_id, position)
            in_use = encoder.get(session)
            view = packs.view(session, record_id, in_use)
            calibration = encoders.calibration(session, in_use.version)
            parts = _parts(session, anchor, view)
        result = _search(
            view.query(anchor, parts),
            anchor,
            view,
            recipe=get_recipe(recipe, in_use),
            settings=settings,
        )
    except NotSearchableError as error:
        reason = {"reason": error.reason.value, "detail": str(error)}
        with claim.write() as session:
            claim.succeed(session, {"status": "not_searchable", **reason})
        return
    begun = time.perf_counter()
    evidence = weigh_candidates(
        database,
        anchor,
        result,
        pictures=KeptPictures(settings),
        fusion=shipped_fusion(),
        verified=settings.verified_candidates,
    )
    result = replace(result, timings={**result.timings, "evidence": time.perf_counter() - begun})
    with claim.write() as session:
        run_id = runs.store_run(
            session,
            anchor,
            result,
            covered_sequence=view.covered_sequence,
            pool_hash=view.hash(),
            versions=_versions(settings),
            generators=view.generators(),
            background=_background(result, calibration),
            evidence=evidence,
            clock=claim.clock,
        )
        claim.succeed(session, {"status": "found", "run": run_id})


def _parts(session: Session, anchor: Anchor, view: PoolView) -> dict[str, NDArray[np.float32]]:
    """Return by descriptor the vectors of the anchor's parts, where there are any."""
    found = {}
    for name, version in view.descriptor_versions.items():
        stored = descriptors.vectors_of(session, [anchor.sha256], version_of_parts(version))
        if anchor.sha256 in stored:
            values = np.frombuffer(stored[anchor.sha256], dtype="<f2").astype(np.float32)
            found[name] = values.reshape(-1, view.pool.vectors[name].shape[1])
    return found


def _search(
    query: Query, anchor: Anchor, view: PoolView, *, recipe: Recipe, settings: Settings
) -> SearchResult:
    return search(
        query,
        view.pool,
        recipe=recipe,
        seed=search_seed(anchor.record_id, anchor.sha256, recipe.name),
        per_generator=settings.candidates_per_generator,
        device=settings.device,
        exclude=view.exclude,
    )


def _background(
    result: SearchResult, calibration: Mapping[str, Any] | None
) -> Mapping[str, float] | None:
    """Return what turns a score of the encoder's calibration into a norm of this run.

    None where nothing was calibrated, or for another background than a result can tell: it holds
    as many of the nearest norms as are asked for at least (see `settings`), not all of them.
    """
    if calibration is None or "encoder" not in result.parameters:
        return None
    background = BudgetTable.from_json(calibration["table"]).background
    if background is Background.Z_SCORE:
        return None
    nearest = [one.norm for one in result.candidates if CLONE in one.generators]
    scale = Scale.of(np.array(nearest, dtype=np.float32), result.tau, background)
    return {"centre": scale.centre, "scale": scale.scale}


def _anchor(session: Session, record_id: str, position: int | None) -> Anchor:
    """Return the image that the search starts from.

    Raises:
        NotSearchableError: The record has no such image, or only blank ones, or was deleted.
        StoreError: There is no such record.
    """
    record = records.get(session, record_id)
    if record is None:
        raise StoreError(f"There is no record {record_id!r}. Look its id up by source or manifest.")
    if record.state != records.ACTIVE:
        raise NotSearchableError(
            Reason.NO_USABLE_IMAGE, "The partner has deleted this record; its images are not used."
        )
    found = runs.anchors(session, record_id, PREPROCESSING)
    if position is not None:
        found = [anchor for anchor in found if anchor.position == position]
    if not found:
        which = "image" if position is None else f"image at position {position}"
        raise NotSearchableError(
            Reason.NO_USABLE_IMAGE,
            f"This record has no {which} that was fetched and read; see the states of its images.",
        )
    return _first_not_blank(found)


def _first_not_blank(found: Sequence[Anchor]) -> Anchor:
    for anchor in found:
        if not anchor.blank:
            return anchor
    raise NotSearchableError(
        Reason.BLANK_IMAGE,
        "The image is of one colour, so that there is nothing to search for; choose another one.",
    )


def _versions(settings: Settings) -> Mapping[str, Json]:
    # Imported here, since a process that never searches never loads torch.
    import torch  # noqa: PLC0415

    from iiif_dedup.device import resolve_device  # noqa: PLC0415

    return {
        "iiif_dedup": __version__,
        "torch": torch.__version__,
        "preprocessing": PREPROCESSING,
        "device": str(resolve_device(settings.device)),
    }
