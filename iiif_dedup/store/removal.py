"""Taking down: whole sources, with their pixels if that is wanted, and single records.

What is taken down leaves searches and lists at once. Ids, runs and candidates stay, since
verdicts cite them; they hold numbers and no pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from iiif_dedup.errors import StoreError
from iiif_dedup.store import changes, jobs, sources
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.models import (
    JOB_IS_ACTIVE,
    Candidate,
    Descriptor,
    Image,
    ImageVersion,
    Job,
    Record,
    SearchRun,
    Tile,
)
from iiif_dedup.store.records import ACTIVE, DELETED, WITHDRAWN
from iiif_dedup.store.work import Kind

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class RemovalCounts:
    """What the removal of a source concerns.

    Attributes:
        records: Active records that leave searches and lists.
        images: Image slots of all its records.
        contents: Different contents, whose tiles, vectors and derivatives a purge deletes.
        shared: Further contents, which records of other sources have too, and which stay.
        runs: Searches from its images, which stay.
        suggestions: Times that runs of other sources propose one of its images; hidden, not lost.
    """

    records: int
    images: int
    contents: int
    shared: int
    runs: int
    suggestions: int


def preview(session: Session, source_key: str) -> RemovalCounts:
    """Return what `remove` would concern.

    Raises:
        StoreError: There is no such source.
    """
    sources.get_one(session, source_key)
    of_source = Record.source_key == source_key
    own = _contents(source_key)
    all_contents = _count(session, own)
    alone = _count(session, own.where(_is_alone(source_key)))
    anchored = select(SearchRun.id).join(Record, Record.id == SearchRun.record_id)
    anchor = aliased(Record)
    proposed = (
        select(Candidate.run_id, Candidate.image_version_id)
        .join(ImageVersion, ImageVersion.id == Candidate.image_version_id)
        .join(Image, Image.id == ImageVersion.image_id)
        .join(Record, Record.id == Image.record_id)
        .join(SearchRun, SearchRun.id == Candidate.run_id)
        .join(anchor, anchor.id == SearchRun.record_id)
        .where(of_source, anchor.source_key != source_key)
    )
    return RemovalCounts(
        records=_count(session, select(Record.id).where(of_source, Record.state == ACTIVE)),
        images=_count(session, select(Image.id).join(Record).where(of_source)),
        contents=alone,
        shared=all_contents - alone,
        runs=_count(session, anchored.where(of_source)),
        suggestions=_count(session, proposed),
    )


def remove(
    session: Session,
    source_key: str,
    *,
    purge: bool = False,
    derivatives: Derivatives | None = None,
    clock: Clock = utc_now,
) -> RemovalCounts:
    """Disable a source, delete its records, stop its jobs; return what was concerned.

    Enabled and harvested again it is as before, but that purged images are fetched again.

    Args:
        session: A write session.
        source_key: The source.
        purge: Whether to delete the pixels that no other source has: tiles, vectors and
            derivatives, and image versions that no run cites. Packs on other machines drop them
            before their next search.
        derivatives: Of which files are deleted by a purge.
        clock: Gives the time, aware.

    Raises:
        StoreError: There is no such source.
    """
    counts = preview(session, source_key)
    source = sources.get_one(session, source_key, lock=True)
    source.enabled, source.next_run_at, source.bookmark = False, None, None
    keys = (f"{kind}:{source_key}" for kind in (Kind.HARVEST, Kind.PROCESS_IMAGES))
    active = select(Job.id).where(Job.dedupe_key.in_(list(keys)), JOB_IS_ACTIVE)
    for job_id in session.scalars(active).all():
        jobs.request_cancel(session, job_id, clock=clock)
    session.execute(
        update(Record)
        .where(Record.source_key == source_key, Record.state == ACTIVE)
        .values(state=DELETED)
    )
    if purge:
        _purge(session, source_key, derivatives)
    changes.note(session)
    return counts


def withdraw(session: Session, record_id: str) -> Record:
    """Take a record down until `restore`, whatever its partner does; return it.

    Raises:
        StoreError: There is no such record.
    """
    record = _record(session, record_id)
    record.state = WITHDRAWN
    changes.note(session)
    return record


def restore(session: Session, record_id: str) -> Record:
    """Bring a withdrawn record back, and return it; the next harvest reads it anew.

    Raises:
        StoreError: There is no such record, or it is not withdrawn.
    """
    record = _record(session, record_id)
    if record.state != WITHDRAWN:
        raise StoreError(f"Record {record_id} is {record.state}, not withdrawn.")
    record.state = ACTIVE
    # What the partner changed meanwhile was not read.
    record.content_hash, record.etag, record.last_modified = "", None, None
    changes.note(session)
    return record


def _record(session: Session, record_id: str) -> Record:
    record = session.get(Record, record_id, with_for_update=True)
    if record is None:
        raise StoreError(f"There is no record {record_id!r}. Look its id up by source or manifest.")
    return record


def _purge(session: Session, source_key: str, derivatives: Derivatives | None) -> None:
    for chunk in _chunks(session, _contents(source_key).where(_is_alone(source_key))):
        session.execute(delete(Tile).where(Tile.sha256.in_(chunk)))
        session.execute(delete(Descriptor).where(Descriptor.sha256.in_(chunk)))
        if derivatives is not None:
            derivatives.delete(chunk)
    slots = select(Image.id).join(Record).where(Record.source_key == source_key)
    session.execute(
        update(Image)
        .where(Image.id.in_(slots))
        .values(
            state=ImageState.GONE,
            current_version_id=None,
            recheck=False,
            etag=None,
            last_modified=None,
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(ImageVersion)
        .where(ImageVersion.image_id.in_(slots))
        .where(~exists().where(SearchRun.anchor_version_id == ImageVersion.id))
        .where(~exists().where(Candidate.image_version_id == ImageVersion.id))
        .execution_options(synchronize_session=False)
    )
    changes.note_purge(session)


def _contents(source_key: str) -> Select[str]:
    """Select the contents that images of a source have or had, each once."""
    return (
        select(ImageVersion.sha256)
        .join(Image, Image.id == ImageVersion.image_id)
        .join(Record, Record.id == Image.record_id)
        .where(Record.source_key == source_key)
        .distinct()
    )


def _is_alone(source_key: str) -> ColumnElement[bool]:
    """Return the condition that no other source's image has or had the content."""
    version, image, record = aliased(ImageVersion), aliased(Image), aliased(Record)
    return ~(
        exists()
        .where(version.sha256 == ImageVersion.sha256)
        .where(image.id == version.image_id, record.id == image.record_id)
        .where(record.source_key != source_key)
    )


def _count(session: Session, statement: Select[*tuple[object, ...]]) -> int:
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def _chunks(session: Session, statement: Select[str]) -> Iterator[Sequence[str]]:
    found = session.scalars(statement).all()
    for start in range(0, len(found), _CHUNK):
        yield found[start : start + _CHUNK]
