"""The read model of suggestions: a record, its newest run, and what that run proposes.

A handful of queries whatever the number of candidates; rows become the frozen values that the
API and IIIF show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from iiif_dedup.store import runs, same_records
from iiif_dedup.store.encoders import EncoderState
from iiif_dedup.store.evidence import from_json
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.jobs import JobState, Queue
from iiif_dedup.store.models import (
    Candidate,
    Encoder,
    Image,
    ImageVersion,
    Job,
    Record,
    SearchRun,
    Source,
    Tile,
    UtcDateTime,
)
from iiif_dedup.store.records import ACTIVE
from iiif_dedup.store.work import Kind
from iiif_dedup.types import ImageView, Json, RecordView, RunView, ScoredImage, Suggestion

_LONGEST_SEARCH = timedelta(hours=1)
"""Jobs are looked up by when they were queued; one that waited longer is not found."""
_RECORD_COLUMNS = (
    Record.id,
    Record.source_key,
    Source.title.label("source_title"),
    Record.identifier,
    Record.titles,
    Record.facets,
    Record.rights,
    Record.provider,
    Record.landing_page,
    Record.manifest_url,
    Record.state,
    Record.changed_at,
)
_IMAGE_COLUMNS = (
    Image.id,
    Image.position,
    Image.url,
    Image.service_id,
    Image.service_version,
    Image.service_level,
    Image.width,
    Image.height,
    Image.format,
    Image.canvas_id,
    Image.canvas_width,
    Image.canvas_height,
    Image.state,
    Image.reason,
    Image.detail,
    Image.current_version_id.label("version_id"),
    ImageVersion.width.label("pixel_width"),
    ImageVersion.height.label("pixel_height"),
    ImageVersion.sha256,
)


def load_record(session: Session, record_id: str) -> RecordView | None:
    """Return a record with its manifest and images, deleted ones too; None when unknown."""
    statement = (
        select(*_RECORD_COLUMNS, Record.manifest)
        .join(Source, Source.key == Record.source_key)
        .where(Record.id == record_id)
    )
    row = session.execute(statement).mappings().one_or_none()
    if row is None:
        return None
    return RecordView(**row, images=_images(session, [record_id]).get(record_id, ()))


def load_records(session: Session, record_ids: Sequence[str]) -> list[RecordView]:
    """Return records with images but without manifests, in the order of the ids."""
    images = _images(session, record_ids)
    found = {
        row["id"]: RecordView(**row, manifest=None, images=images.get(row["id"], ()))
        for row in _records(session, record_ids)
    }
    return [found[record_id] for record_id in record_ids if record_id in found]


def searchable_image(session: Session, record_id: str) -> ImageView | None:
    """Return the first picture that a search can start from: fetched, and not blank."""
    usable = exists().where(Tile.sha256 == ImageVersion.sha256, Tile.blank.is_(False))
    statement = (
        select(*_IMAGE_COLUMNS)
        .join(ImageVersion, ImageVersion.id == Image.current_version_id)
        .where(Image.record_id == record_id, Image.state == ImageState.READY, usable)
        .order_by(Image.position)
        .limit(1)
    )
    row = session.execute(statement).mappings().first()
    return None if row is None else _image(row)


def newest_run(session: Session, record_id: str, anchor: ImageView, recipe: str) -> RunView | None:
    """Return the newest finished run from what is in an image slot now, None without one."""
    if anchor.version_id is None:
        return None
    run = runs.newest_run(session, record_id, recipe, anchor_version_id=anchor.version_id)
    return None if run is None else _run(session, run)


def load_run(session: Session, run_id: str) -> RunView | None:
    """Return a finished run, None when it is gone."""
    run = session.get(SearchRun, run_id)
    return None if run is None else _run(session, run)


def suggestions(session: Session, run: RunView) -> list[Suggestion]:
    """Return the records that a run proposes, the most probable first, whatever their norms.

    Where nothing was weighed the best rank comes first. The best picture of a record counts. Left
    out are records that are deleted or withdrawn,
    pictures that are gone since the run, and what is the same record by another route.
    """
    scored_version = aliased(ImageVersion)
    statement = (
        select(
            *_IMAGE_COLUMNS,
            Image.record_id,
            Candidate.norm,
            Candidate.rank,
            Candidate.generators,
            Candidate.probability,
            Candidate.evidence,
        )
        .join(scored_version, scored_version.id == Candidate.image_version_id)
        .join(Image, Image.id == scored_version.image_id)
        .outerjoin(ImageVersion, ImageVersion.id == Image.current_version_id)
        .where(Candidate.run_id == run.id, Image.state != ImageState.GONE)
        .order_by(Candidate.probability.desc().nulls_last(), Candidate.rank)
    )
    scored: dict[str, list[ScoredImage]] = {}
    for row in session.execute(statement).mappings():
        found = ScoredImage(
            _image(row),
            row["norm"],
            row["rank"],
            row["generators"],
            from_json(row["probability"], row["evidence"]),
        )
        scored.setdefault(row["record_id"], []).append(found)
    first_seen = _first_seen(session, run)
    own = {run.record_id, *same_records.of(session, run.record_id)}
    records = {
        row["id"]: RecordView(**row, manifest=None)
        for row in _records(session, list(scored))
        if row["state"] == ACTIVE and row["id"] not in own
    }
    return [
        Suggestion(
            records[record_id],
            images[0],
            tuple(images[1:]),
            first_seen.get(record_id, run.finished_at),
        )
        for record_id, images in scored.items()
        if record_id in records
    ]


def ever_suggested(session: Session, record_id: str) -> set[tuple[str, str]]:
    """Return (anchor image id, candidate record id) of all that any run of a record proposed."""
    proposed = aliased(ImageVersion)
    statement = (
        select(ImageVersion.image_id, Image.record_id)
        .select_from(SearchRun)
        .join(ImageVersion, ImageVersion.id == SearchRun.anchor_version_id)
        .join(Candidate, Candidate.run_id == SearchRun.id)
        .join(proposed, proposed.id == Candidate.image_version_id)
        .join(Image, Image.id == proposed.image_id)
        .where(SearchRun.record_id == record_id)
        .distinct()
    )
    return {(anchor, candidate) for anchor, candidate in session.execute(statement)}


def last_search(session: Session, record_id: str, since: datetime) -> Job | None:
    """Return the search of a record that ended last, well or not, if that was after `since`.

    Only searches from the record's first usable picture count.
    """
    statement = (
        select(Job)
        .where(Job.state.in_((JobState.SUCCEEDED, JobState.FAILED)))
        .where(Job.queue == Queue.INTERACTIVE, Job.created_at > since - _LONGEST_SEARCH)
        .where(Job.finished_at > since)
        .where(Job.dedupe_key.startswith(f"{Kind.SEARCH}:{record_id}:None:"))
        .order_by(Job.finished_at.desc())
        .limit(1)
    )
    return session.scalar(statement)


def records_with_runs(session: Session, limit: int) -> list[RecordView]:
    """Return the records that were searched last, newest first, without manifests."""
    newest = func.max(SearchRun.finished_at)
    statement = (
        select(SearchRun.record_id)
        .join(Record, Record.id == SearchRun.record_id)
        .where(Record.state == ACTIVE)
        .group_by(SearchRun.record_id)
        .order_by(newest.desc(), SearchRun.record_id)
        .limit(limit)
    )
    return load_records(session, session.scalars(statement).all())


def _records(session: Session, record_ids: Sequence[str]) -> Iterable[Mapping[str, Any]]:
    statement = (
        select(*_RECORD_COLUMNS)
        .join(Source, Source.key == Record.source_key)
        .where(Record.id.in_(record_ids))
    )
    return [dict(row) for row in session.execute(statement).mappings()]


def _images(session: Session, record_ids: Sequence[str]) -> dict[str, tuple[ImageView, ...]]:
    """Return record id → its pictures in order, without those that are gone."""
    statement = (
        select(*_IMAGE_COLUMNS, Image.record_id)
        .outerjoin(ImageVersion, ImageVersion.id == Image.current_version_id)
        .where(Image.record_id.in_(record_ids), Image.state != ImageState.GONE)
        .order_by(Image.record_id, Image.position)
    )
    images: dict[str, list[ImageView]] = {}
    for row in session.execute(statement).mappings():
        images.setdefault(row["record_id"], []).append(_image(row))
    return {record_id: tuple(found) for record_id, found in images.items()}


def _image(row: RowMapping) -> ImageView:
    return ImageView(**{field.name: row[field.name] for field in fields(ImageView)})


def _run(session: Session, run: SearchRun) -> RunView:
    anchor = (
        select(*_IMAGE_COLUMNS)
        .join(ImageVersion, ImageVersion.image_id == Image.id)
        .where(ImageVersion.id == run.anchor_version_id)
    )
    newer = (
        select(func.count())
        .select_from(ImageVersion)
        .join(Image, Image.current_version_id == ImageVersion.id)
        .join(Record, Record.id == Image.record_id)
        .where(ImageVersion.sequence > run.covered_sequence, Image.record_id != run.record_id)
        .where(Image.state == ImageState.READY, Record.state == ACTIVE)
    )
    used = select(Encoder.id, Encoder.state, Encoder.calibration).where(
        or_(Encoder.id == run.encoder_version, Encoder.state == EncoderState.ACTIVE)
    )
    calibrations: dict[str, Mapping[str, Json] | None] = {}
    in_use = None
    for row in session.execute(used):
        calibrations[row.id] = row.calibration
        in_use = row.id if row.state == EncoderState.ACTIVE else in_use
    return RunView(
        id=run.id,
        record_id=run.record_id,
        anchor=_image(session.execute(anchor).mappings().one()),
        anchor_version_id=run.anchor_version_id,
        recipe=run.recipe,
        parameters=run.parameters,
        seed=run.seed,
        versions=run.versions,
        mu=run.mu,
        margin=run.margin,
        pool_size=run.pool_size,
        accepted=run.accepted,
        covered_sequence=run.covered_sequence,
        new_images_since=session.scalar(newer) or 0,
        generators=run.generators,
        encoder_version=run.encoder_version,
        # Without an active one the starting encoder is in use, which has no row.
        encoder_active=in_use is None or run.encoder_version in {None, in_use},
        calibration=calibrations.get(run.encoder_version or ""),
        background=run.background,
        timings=run.timings,
        finished_at=run.finished_at,
    )


def _first_seen(session: Session, run: RunView) -> dict[str, datetime]:
    """Return candidate record id → when a run from the same picture proposed it first."""
    proposed = aliased(ImageVersion)
    statement = (
        select(Image.record_id, func.min(SearchRun.finished_at, type_=UtcDateTime()))
        .select_from(SearchRun)
        .join(ImageVersion, ImageVersion.id == SearchRun.anchor_version_id)
        .join(Candidate, Candidate.run_id == SearchRun.id)
        .join(proposed, proposed.id == Candidate.image_version_id)
        .join(Image, Image.id == proposed.image_id)
        .where(ImageVersion.image_id == run.anchor.id, SearchRun.recipe == run.recipe)
        .group_by(Image.record_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}
